"""What a board sends, made harmless to the technician's terminal.

A board (or whoever got at it) may send sequences that rename a window, fill a clipboard, or type commands for the
technician; characters that reverse text do quieter mischief. All of them are shown instead of obeyed.
"""

import unicodedata


def text(data: bytes) -> str:
    """UTF-8 as text that can be printed: controls as ^X, bytes that are no UTF-8 as \\xNN, others as \\uNNNN."""
    return clean(data.decode("utf-8", "surrogateescape"))


def clean(found: str) -> str:
    """The same for text that was decoded already."""
    if found.isprintable():
        return found
    return "".join(map(char, found))


def lines(data: bytes) -> str:
    """The same for several lines, which stay lines: a traceback, a board's last words."""
    return "\n".join(text(line) for line in data.splitlines())


def char(c: str) -> str:
    if c.isprintable() or c == "\t" or unicodedata.category(c) == "Zs":
        return c
    number = ord(c)
    if number < 0x20 or number == 0x7F:
        return "^" + chr(number ^ 0x40)
    if 0xDC80 <= number <= 0xDCFF:  # surrogateescape: a byte that is no UTF-8
        return f"\\x{number - 0xDC00:02x}"
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def cleaned(value: object, depth: int = 8) -> object:
    """A JSON value with every text in it clean."""
    if isinstance(value, str):
        return clean(value)
    if depth and isinstance(value, dict):
        return {clean(str(key)): cleaned(each, depth - 1) for key, each in value.items()}
    if depth and isinstance(value, list):
        return [cleaned(each, depth - 1) for each in value]
    return value if value is None or isinstance(value, int | float) else clean(str(value))
