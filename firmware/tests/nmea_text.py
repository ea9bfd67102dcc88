"""Sentences for tests of the NMEA codec."""


def line(body, end="\r\n"):
    """`$body*XX` as bytes."""
    total = 0
    for c in body.encode():
        total ^= c
    return ("$%s*%02X%s" % (body, total, end)).encode()


def feed(lines, data, chunk=1000):
    """Bytes into `lines` as a UART brings them; drained after every piece. How often a drain was ended."""
    ended = 0
    for at in range(0, len(data), chunk):
        piece = data[at : at + chunk]
        while piece:
            view = lines.space()
            n = min(len(view), len(piece))
            view[:n] = piece[:n]
            piece = piece[n:]
            while lines.drain(n):
                ended += 1
                n = 0
    return ended


class Chance:
    """A linear congruential generator (Numerical Recipes): the same numbers on every interpreter."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self.state >> 8) % n
