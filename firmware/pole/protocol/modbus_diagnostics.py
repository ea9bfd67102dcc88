"""What a serial-line Modbus server says of the line: functions 8 and 11.

Source: MODBUS Application Protocol V1.1b3, 6.8 (diagnostics, sub-functions 0, 10 to 15 and 18) and 6.9 (event counter).
Loaded when a master asks for it.
"""

from pole.codec.modbus import ILLEGAL_FUNCTION, ILLEGAL_VALUE, put_word, word

_EVENT_COUNTER = 11
_ECHO = 0
_CLEAR = 10
_MESSAGES = 11
_OVERRUNS = 18


def answer(line, rx, at, n, tx, to):
    """The reply to the PDU rx[at:at+n], laid into tx[to:]; its length.

    line: has the counts `heard`, `bad`, `ours`, `unanswered` and `server`, whose `refused` counts exceptions.
    """
    function = tx[to] = rx[at]
    if function == _EVENT_COUNTER:
        if n != 1:
            return _refuse(line, tx, to, ILLEGAL_VALUE)
        put_word(tx, to + 1, 0)  # never busy
        return put_word(tx, to + 3, line.ours - line.server.refused) - to
    if n < 5:
        return _refuse(line, tx, to, ILLEGAL_VALUE)
    wanted = word(rx, at + 1)
    if wanted == _ECHO:
        tx[to : to + n] = rx[at : at + n]
        return n
    if n != 5 or word(rx, at + 3):
        return _refuse(line, tx, to, ILLEGAL_VALUE)
    put_word(tx, to + 1, wanted)
    if wanted == _CLEAR:
        line.heard = line.bad = line.ours = line.unanswered = line.server.refused = 0
        return put_word(tx, to + 3, 0) - to
    counts = (line.heard, line.bad, line.server.refused, line.ours, line.unanswered)
    if _MESSAGES <= wanted < _MESSAGES + len(counts):
        return put_word(tx, to + 3, counts[wanted - _MESSAGES]) - to
    if wanted == _OVERRUNS:
        return put_word(tx, to + 3, 0) - to  # no port tells
    return _refuse(line, tx, to, ILLEGAL_FUNCTION)


def _refuse(line, tx, to, code):
    line.server.refused += 1
    tx[to] |= 0x80
    tx[to + 1] = code
    return 2
