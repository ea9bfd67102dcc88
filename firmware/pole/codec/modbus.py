"""Modbus as a master speaks it: frames built and taken apart in buffers of the caller's, without allocating.

Source: MODBUS Application Protocol V1.1b3 (functions, exceptions), MODBUS over Serial Line V1.02 (RTU).

A PDU is the function code and its data, at most 253 bytes. An RTU frame is address, PDU, CRC low byte
first. The other end is protocol/modbus_server.py, which takes only numbers from here.
"""

from pole.codec import crc

READ_COILS = 1
READ_DISCRETE_INPUTS = 2
READ_HOLDING_REGISTERS = 3
READ_INPUT_REGISTERS = 4
WRITE_COIL = 5
WRITE_REGISTER = 6
WRITE_COILS = 15
WRITE_REGISTERS = 16
MASK_WRITE = 22
READ_WRITE_REGISTERS = 23
ENCAPSULATED = 43  # with type 14: read device identification

ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3
DEVICE_FAILURE = 4
ACKNOWLEDGE = 5
BUSY = 6
NO_PATH = 10  # a gateway that knows no way to this unit
NO_RESPONSE = 11  # ... that had no answer from it

MOST_REGISTERS = 125  # of one read; V1.1b3, 6.3
MOST_BITS = 2000  # of one read; 6.1
MOST_PDU = 253
MOST_RTU = 256


def word(buf, at):
    """The big-endian 16-bit word at buf[at]."""
    return buf[at] << 8 | buf[at + 1]


def put_word(buf, at, value):
    """Lay down the low 16 bits of `value`, big-endian; returns the place behind."""
    buf[at] = value >> 8 & 0xFF
    buf[at + 1] = value & 0xFF
    return at + 2


def put_read(pdu, function, start, count):
    """A request of functions 1 to 4, or of 5 and 6 with the value as `count`. Returns its length, 5."""
    pdu[0] = function
    put_word(pdu, 1, start)
    return put_word(pdu, 3, count)


def put_write_coil(pdu, coil, on):
    """A request of function 5. Returns its length, 5."""
    return put_read(pdu, WRITE_COIL, coil, 0xFF00 if on else 0)


def put_write_registers(pdu, start, words):
    """A request of function 16 with a sequence of 1 to 123 words. Returns its length."""
    at = put_read(pdu, WRITE_REGISTERS, start, len(words))
    pdu[at] = 2 * len(words)
    at += 1
    for value in words:
        at = put_word(pdu, at, value)
    return at


def reply_length(pdu, n):
    """Length of the good reply PDU to the request pdu[:n]; 0 where only the silence behind it tells."""
    function = pdu[0]
    if function == READ_COILS or function == READ_DISCRETE_INPUTS:
        return 2 + (word(pdu, 3) + 7 >> 3)
    if function in (READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS, READ_WRITE_REGISTERS):
        return 2 + 2 * word(pdu, 3)
    if function in (WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS):
        return 5
    return n if function == MASK_WRITE else 0


def seal(frame, n):
    """Append the CRC to the address and PDU in frame[:n]. Returns the length with it."""
    check = crc.modbus(frame, 0, n)
    frame[n] = check & 0xFF
    frame[n + 1] = check >> 8
    return n + 2


def sealed(frame, start, end):
    """True if frame[start:end] is at least a shortest RTU frame (4 bytes) and ends with its CRC."""
    return end - start >= 4 and crc.modbus(frame, start, end) == 0


def find_reply(frame, n, address, pdu, length):
    """Where the reply to `pdu` from `address` starts in frame[:n], or -1.

    `length` is that of a good reply's PDU (0: it reaches to the end). Whatever stands before it is skipped:
    the glitch of a driver switching on, another slave's late reply. A reply counts only whole, with
    its CRC, from this address, to this function and, where the request tells it, of this length.
    """
    for at in range(n - 4):
        if frame[at] == address and frame[at + 1] & 0x7F == pdu[0]:
            end = reply_end(frame, at, n, length)
            if end <= n and _answers(frame, at, pdu) and sealed(frame, at, end):
                return at
    return -1


def reply_end(frame, at, n, length):
    """Where the reply that starts at frame[at] ends, CRC included. It may not all be there yet."""
    if frame[at + 1] & 0x80:
        return at + 5
    return at + length + 3 if length else n


def _answers(frame, at, pdu):
    """Do the bytes behind the function code fit the request: the byte count, or the echoed address?"""
    function = frame[at + 1]
    if function & 0x80:
        return True
    if function <= READ_INPUT_REGISTERS or function == READ_WRITE_REGISTERS:
        return frame[at + 2] == reply_length(pdu, 5) - 2
    if function in (WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS, MASK_WRITE):
        return frame[at + 2] == pdu[1] and frame[at + 3] == pdu[2]
    return True
