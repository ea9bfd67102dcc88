"""Frames that live on a line of text, beside a REPL and whatever prints: `#y0 <json>*<crc>` and a line feed.

The check is CRC-16/MODBUS over the JSON's bytes, as four hex digits. No control character is ever needed, so a
frame cannot interrupt a program. What stands before `#y0 ` on the line is a stranger's and is skipped. This is
the console service protocol, version 0; the host's side is host_tools/yigan/link/service.py.
"""

from pole.codec import crc

_HEX = b"0123456789abcdef"
_MOST = 216  # a request has at most 200 bytes of JSON


def put(stream, body):
    """Write the frame that carries `body` (bytes): it begins and ends with a line feed. In pieces, for the heap's sake."""
    stream.write(b"\n#y0 ")
    stream.write(body)
    stream.write(b"*%04x\n" % crc.modbus(body))


class LineReader:
    """Finds frames in a stream, byte by byte, in one buffer.

    `strangers`: lines that were no frame; `overlong`: lines that did not fit; `bad_crc`: frames that broke.
    """

    def __init__(self, most=_MOST):
        self.buf = bytearray(most)
        self.start = 0  # of the JSON in `buf`, once `feed` said True
        self.end = 0
        self._n = 0
        self._skip = False
        self.strangers = 0
        self.overlong = 0
        self.bad_crc = 0

    def feed(self, byte):
        """True when `byte` ended a good frame: its JSON is buf[start:end] until the next call."""
        if byte == 10:
            return self._line()
        if self._n < len(self.buf):
            self.buf[self._n] = byte
            self._n += 1
        elif not self._skip:
            self._skip = True
            self.overlong += 1
        return False

    def body(self):
        """A copy of the JSON of the frame that has just ended."""
        return bytes(memoryview(self.buf)[self.start : self.end])

    def _line(self):
        n, skip = self._n, self._skip
        self._n, self._skip = 0, False
        if n and self.buf[n - 1] == 13:  # a terminal that sends CR LF
            n -= 1
        if skip or n == 0:
            return False
        at = self._find(n)
        if at < 0:
            self.strangers += 1
            return False
        self.start, self.end = at + 4, n - 5
        if self.end < self.start or not self._sound(n):
            self.bad_crc += 1
            return False
        return True

    def _find(self, n):
        """Where the last mark of the line begins, or -1. Two on a line: the first one lost its end."""
        buf = self.buf
        for at in range(n - 4, -1, -1):
            if buf[at] == 0x23 and buf[at + 1] == 0x79 and buf[at + 2] == 0x30 and buf[at + 3] == 0x20:
                return at
        return -1

    def _sound(self, n):
        if self.buf[n - 5] != 0x2A:
            return False
        check = crc.modbus(self.buf, self.start, self.end)
        for k in range(4):
            if self.buf[n - 1 - k] != _HEX[check >> 4 * k & 15]:
                return False
        return True
