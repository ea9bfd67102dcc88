"""A row of bits in bytes, the lowest bit of each byte first, the lowest bit of each value first."""


class Bits:
    """Written one behind the other into `buf`, `n` of them so far; nothing is allocated below 30 bits a value."""

    def __init__(self, buf):
        self.buf = buf
        self.n = 0

    def start(self):
        self.n = 0

    def put(self, value, width):
        """The low `width` bits of an integer >= 0."""
        buf, n = self.buf, self.n
        while width > 0:
            here = min(8 - (n & 7), width)
            if not n & 7:
                buf[n >> 3] = 0
            buf[n >> 3] |= (value & ((1 << here) - 1)) << (n & 7)
            value >>= here
            width -= here
            n += here
        self.n = n

    def length(self):
        """Bytes, the last one filled up with zeros."""
        return (self.n + 7) >> 3


def width(span):
    """Bits that 0..span need, at least 1."""
    found = 1
    while span >> found:
        found += 1
    return found
