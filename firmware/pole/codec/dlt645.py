"""DL/T 645-2007 frames of electricity meters, built and taken apart in buffers of the caller's, without allocating.

Source: DL/T 645-2007, 5.2 (frame), 7 (services), annex A (data identifiers).

A frame is `[FE x 0..4] 68 address(6) 68 C L data(L) CS 16`. Numbers travel lowest byte first, the address too. Each
data byte has 0x33 added on the wire; CS is the sum of all bytes from the first 68 on, modulo 256.
"""

BROADCAST_TIME = 0x08
READ = 0x11
READ_MORE = 0x12
READ_ADDRESS = 0x13
WRITE = 0x14
RELAY = 0x1C

REPLY = 0x80  # bit 7 of C: from the meter
REFUSED = 0x40  # bit 6: the data is one byte that says why
MORE = 0x20  # bit 5: more frames follow

TRIP = 0x1A
CLOSE = 0x1B  # permitted: some meters then want their button pressed
CLOSE_DIRECT = 0x1C  # from memory, unconfirmed

MOST = 216  # bytes: four FE, twelve of frame, 200 of data in a reply (5.2.5)
_PREAMBLE = 0xFE
_START, _END = 0x68, 0x16
_SHIFT = 0x33
_ANY = 0xAA  # stands for any byte of an address
# Bits of the byte in a refusal. 3 to 6 from memory, unconfirmed.
_WHY = ("other error", "no such data", "password refused", "baud", "year zones", "day periods", "tariffs")


def address(text):
    """The six wire bytes of an address as it is printed on the meter: twelve digits, `A` for any. ValueError."""
    if len(text) != 12 or not all(c in "0123456789Aa" for c in text):
        raise ValueError(text)
    return bytes(int(text[at : at + 2], 16) for at in range(10, -2, -2))


def text(buf, at):
    """The printed form of the six address bytes at buf[at]."""
    return "".join("%02x" % buf[at + k] for k in range(5, -1, -1))


def put(buf, preamble, wanted, control, data, n):
    """A frame of data[:n] (without the 0x33) to the address `wanted`; returns its length."""
    for k in range(preamble):
        buf[k] = _PREAMBLE
    at = preamble
    buf[at] = buf[at + 7] = _START
    for k in range(6):
        buf[at + 1 + k] = wanted[k]
    buf[at + 8] = control
    buf[at + 9] = n
    for k in range(n):
        buf[at + 10 + k] = data[k] + _SHIFT & 0xFF
    end = at + 10 + n
    buf[end] = checksum(buf, at, end)
    buf[end + 1] = _END
    return end + 2


def checksum(buf, start, end):
    total = 0
    for k in range(start, end):
        total += buf[k]
    return total & 0xFF


def find(buf, n, start=0):
    """Where the first whole frame with a right sum begins in buf[start:n], its first 68; -1 for none yet."""
    for at in range(start, n - 11):
        if buf[at] == _START and buf[at + 7] == _START:
            end = at + 10 + buf[at + 9]
            if end + 2 <= n and buf[end + 1] == _END and buf[end] == checksum(buf, at, end):
                return at
    return -1


def answers(buf, at, asked, start):
    """Is the frame at buf[at] a reply to the question at asked[start]: from its meter, to its service, about its data?

    AA in the question's address matches any byte. A refusal names no data.
    """
    control = asked[start + 8]
    if buf[at + 8] & 0x9F != control | REPLY:
        return False
    for k in range(1, 7):
        if asked[start + k] != _ANY and asked[start + k] != buf[at + k]:
            return False
    if control > READ_MORE or buf[at + 8] & REFUSED:
        return True
    for k in range(10, 14):
        if asked[start + k] != buf[at + k]:
            return False
    return buf[at + 9] >= 4


def why(byte):
    """The words of a refusal's byte (0x33 taken off)."""
    return ", ".join(word for bit, word in enumerate(_WHY) if byte >> bit & 1) or "error %d" % byte


def bcd(data, at, n, signed=False):
    """The decimal number of n bytes, lowest first; its top bit is a sign where `signed`. None: no number.

    A meter sends FF for what it has not: the phases of a single-phase meter.
    """
    value = 0
    for k in range(at + n - 1, at - 1, -1):
        byte = data[k]
        if signed and k == at + n - 1:
            byte &= 0x7F
        if byte >> 4 > 9 or byte & 15 > 9:
            return None
        value = value * 100 + (byte >> 4) * 10 + (byte & 15)
    return -value if signed and data[at + n - 1] & 0x80 else value


def put_bcd(data, at, n, value):
    """Lay down `value` in n bytes, lowest first; returns the place behind."""
    for k in range(at, at + n):
        data[k] = value // 10 % 10 << 4 | value % 10
        value //= 100
    return at + n
