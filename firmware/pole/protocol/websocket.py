"""A stream through WebSocket frames: the same face as a Stream of hal/net.py. Loaded for an uplink with a `path`.

Source: RFC 6455, clause numbers below are its own; MQTT 3.1.1 and 5.0, 6 (binary frames, cut anywhere).
"""

import random

from pole.errors import ProtocolError

_PIECE = 384  # bytes of a frame of ours; one message of a pole
_PONG, _CLOSE = 0x8A, 0x88


class Stream:
    """`under`: the connection below, after the handshake. Allocates slices only."""

    def __init__(self, under):
        self.under = under
        self.peer = under.peer
        self.ready = under.ready
        self._out = memoryview(bytearray(_PIECE + 8))
        self._at = self._end = 0  # what of it the socket has still to take
        self._framed = 0  # bytes of the caller's in it
        self._head = memoryview(bytearray(14))
        self._have = 0  # bytes of a head, or of a control frame's payload behind it
        self._left = 0  # bytes of a frame's payload still to come
        self._ping = memoryview(bytearray(125))
        self._control = 0  # the first byte of a control frame under way

    def give(self, buf):
        """As of hal/net.py. What it says that it took the socket has; till then the caller offers the same again."""
        if self._at == self._end:
            self._framed = min(len(buf), _PIECE)
            self._frame(0x82, buf, self._framed)
        if not self._flush():
            return 0
        n, self._framed = self._framed, 0
        return n

    def take(self, buf):
        """As of hal/net.py: bytes of the frames' payload."""
        if not self._framed:
            self._flush()
        while True:
            if self._left and not self._control:
                n = self.under.take(buf[: self._left] if self._left < len(buf) else buf)
                self._left -= n or 0
                return n
            n = self._more()
            if n is None or n == 0:
                return n

    def close(self):
        self.under.close()

    def _more(self):
        """Read on in a head or in a control frame; 0 when the peer closed, None when there is nothing now."""
        if self._control:
            size = self._head[1]
            n = self.under.take(self._ping[size - self._left : size]) if self._left else 1
            if n:
                self._left -= n if self._left else 0
                if not self._left:
                    return self._answer()
            return n
        n = self.under.take(self._head[self._have : self._need()])
        if n:
            self._have += n
            if self._have == self._need():
                self._begin()
        return n

    def _need(self):
        """Bytes of the head, as far as that is known."""
        if self._have < 2:
            return 2
        size = self._head[1]
        return 4 if size == 126 else 10 if size == 127 else 2

    def _begin(self):
        """A head is complete (5.2)."""
        head, size = self._head, self._head[1]
        first, n, self._have = head[0], size, 0
        if size == 126:
            n = head[2] << 8 | head[3]
        elif size == 127:
            n = head[6] << 24 | head[7] << 16 | head[8] << 8 | head[9]
            if head[2] | head[3] | head[4] | head[5] or head[6] > 31:
                raise ProtocolError("WebSocket frame too long")
        if size > 127 or first & 0x70:  # masked by a server, or an extension that nobody agreed on
            raise ProtocolError("WebSocket frame")
        kind = first & 15
        if kind > 7:
            if n > 125 or first < 128 or kind > 10:  # 5.5
                raise ProtocolError("WebSocket frame")
            self._control = first
        elif kind != 2 and kind:  # MQTT is never text
            raise ProtocolError("WebSocket text")
        self._left = n

    def _answer(self):
        """A control frame is complete. 0: the peer closes."""
        first, self._control = self._control, 0
        if first == _CLOSE:
            return 0
        if (
            first == 0x89 and self._at == self._end
        ):  # a ping that comes while we write is answered by the next (5.5.3)
            self._frame(_PONG, self._ping, self._head[1])
            self._flush()
        return 1

    def _frame(self, first, data, n):
        """A masked frame of data[:n] into `_out` (5.3)."""
        out, at = self._out, 6 if n < 126 else 8
        out[0] = first
        if n < 126:
            out[1] = 128 | n
        else:
            out[1], out[2], out[3] = 254, n >> 8, n & 255
        for k in range(at - 4, at):
            out[k] = random.getrandbits(8)
        for k in range(n):
            out[at + k] = data[k] ^ out[at - 4 + (k & 3)]
        self._at, self._end = 0, at + n

    def _flush(self):
        """True once the socket took the frame."""
        while self._at < self._end:
            n = self.under.give(self._out[self._at : self._end])
            if not n:
                return False
            self._at += n
        return True
