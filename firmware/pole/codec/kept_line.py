"""The line that pole/keep.py writes, read again. Loaded at a start only."""

from pole.codec import crc


def newest(lines):
    """(turn, {name: value}, whether there were two files and both unreadable) of the bytes of two, None for no file."""
    newest, found = 0, {}
    for data in lines:
        turn, values = parse(data or b"")
        if turn > newest:
            newest, found = turn, values
    return newest, found, None not in lines and not newest  # a first write that was cut loses nothing


def parse(data):
    """(turn, {name: value}) of a line's bytes; (0, {}) when it is not whole."""
    body, _, check = data.rpartition(b" *")
    try:
        if int(check, 16) != crc.modbus(body) or body[:2] != b"1 ":
            return 0, {}
        words = body.decode().split(" ")
        pairs = [word.split("=") for word in words[2:]]
        return int(words[1]), {name: value if "," in value else int(value) for name, value in pairs}
    except ValueError:  # UnicodeError too
        return 0, {}
