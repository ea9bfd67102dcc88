"""Who is this Modbus server? Loaded when somebody asks: read device identification, function 43.

Source: MODBUS Application Protocol V1.1b3, 6.21.
"""

from pole.codec.modbus import ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ILLEGAL_VALUE, MOST_PDU

_DEVICE_IDENTIFICATION = 14  # the MEI type of function 43
_REGULAR = 0x82  # conformity level: regular objects, as a stream and one by one
_MOST_TEXT = 244  # of one identification object: with 9 bytes before it, it must fit a PDU


def answer(identity, rx, at, n, tx, to):
    """The reply to the PDU rx[at:at+n] into tx[to:]: its length, or minus the exception code.

    Objects as far as they fit; the next one is named when there are more.
    """
    if n < 2 or rx[at + 1] != _DEVICE_IDENTIFICATION:
        return -ILLEGAL_FUNCTION
    if n != 4 or not 1 <= rx[at + 2] <= 4:
        return -ILLEGAL_VALUE
    access, number = rx[at + 2], rx[at + 3]
    last = 3 if access == 1 else len(identity)
    if access == 4:
        if number >= last:
            return -ILLEGAL_ADDRESS
        last = number + 1
    elif number >= last:
        number = 0  # an unknown object restarts the stream (6.21)
    tx[to + 1] = _DEVICE_IDENTIFICATION
    tx[to + 2] = access
    tx[to + 3] = _REGULAR
    first, end = number, to + 7
    while number < last:
        text = identity[number].encode()[:_MOST_TEXT]
        if end + 2 + len(text) > to + MOST_PDU:
            break
        tx[end] = number
        tx[end + 1] = len(text)
        tx[end + 2 : end + 2 + len(text)] = text
        end += 2 + len(text)
        number += 1
    tx[to + 4] = 0xFF if number < last else 0  # more follows
    tx[to + 5] = number if number < last else 0
    tx[to + 6] = number - first
    return end - to
