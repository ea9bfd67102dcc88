"""The fields of a flat JSON object, as they were written.

A number stays text: a board's float would turn 39.904211 into 39.904209. Anything but an object of strings,
numbers, true, false and null is a ValueError, and so is a name that comes twice (RFC 8259 lets each reader choose
another one of the two).
"""

_SPACE = " \t\r\n"
_DIGITS = "0123456789"
_HEX = "0123456789abcdefABCDEF"


def parse(text):
    """{name: token} of a JSON object; a token is the value's own text, quotes included."""
    fields = {}
    at = _expect(text, _blank(text, 0), "{")
    while text[at : at + 1] != "}":
        if fields:
            at = _blank(text, _expect(text, at, ","))
        name, at = _string(text, at)
        at = _blank(text, _expect(text, _blank(text, at), ":"))
        token, at = _value(text, at)
        if name in fields:
            raise ValueError(name)
        fields[name] = token
        at = _blank(text, at)
    if _blank(text, at + 1) != len(text):
        raise ValueError("text behind the object")
    return fields


def plain(token):
    """What a string token says, or any other token itself. ValueError for escapes: no name or number needs them."""
    if token[:1] != '"':
        return token
    if "\\" in token:
        raise ValueError("escape")
    return token[1:-1]


def _blank(text, at):
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _expect(text, at, mark):
    if text[at : at + 1] != mark:
        raise ValueError("expected " + mark)
    return _blank(text, at + 1)


def _string(text, at):
    token, at = _quoted(text, at)
    return plain(token), at


def _quoted(text, at):
    start = at
    if text[at : at + 1] != '"':
        raise ValueError("expected a string")
    at += 1
    while at < len(text) and text[at] != '"':
        if text[at] < " ":
            raise ValueError("control character")
        at += 1 if text[at] != "\\" else _escape(text, at)
    if at >= len(text):
        raise ValueError("unfinished string")
    return text[start : at + 1], at + 1


def _escape(text, at):
    """The length of the escape sequence at `at`."""
    mark = text[at + 1 : at + 2]
    if mark == "u":
        for k in range(at + 2, at + 6):
            if k >= len(text) or text[k] not in _HEX:
                raise ValueError("escape")
        return 6
    if not mark or mark not in '"\\/bfnrt':
        raise ValueError("escape")
    return 2


def _value(text, at):
    if text[at : at + 1] == '"':
        return _quoted(text, at)
    for word in ("true", "false", "null"):
        if text[at : at + len(word)] == word:
            return word, at + len(word)
    end = _number(text, at)
    return text[at:end], end


def _number(text, at):
    """The offset behind a number (RFC 8259, 6)."""
    at += text[at : at + 1] == "-"
    start, at = at, _digits(text, at)
    if text[start] == "0" and at > start + 1:
        raise ValueError("leading zero")
    if text[at : at + 1] == ".":
        at = _digits(text, at + 1)
    if text[at : at + 1] in ("e", "E"):
        at += 1
        at = _digits(text, at + (text[at : at + 1] in ("+", "-")))
    return at


def _digits(text, at):
    start = at
    while at < len(text) and text[at] in _DIGITS:
        at += 1
    if at == start:
        raise ValueError("expected a value")
    return at
