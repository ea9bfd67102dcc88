"""The QoS 1 messages a broker has not acknowledged yet, in the order they were written (MQTT 3.1.1, 4.3.2, 4.4, 4.6)."""

from array import array

from pole.codec import mqtt


class Window:
    """`n` slots of `size` bytes, a ring. Messages stay over connections until they are `taken`."""

    def __init__(self, n, size):
        self.n = n
        self.size = size
        self.writer = mqtt.Packet(bytearray(n * size))
        self._idents = array("H", bytes(2 * n))  # 0: the slot is free, or its message was taken
        self._lengths = array("H", bytes(2 * n))
        self._head = 0
        self.used = 0  # slots head..head+used-1
        self.sent = 0  # so many of them, from the head on, went to the wire of this connection

    def room(self):
        return self.n - self.used

    def place(self):
        """The writer, pointed at the next free slot; there must be one. `add` makes what it wrote a message."""
        self.writer.base = self._slot(self.used) * self.size
        self.writer.limit = self.writer.base + self.size
        return self.writer

    def add(self, ident):
        slot = self._slot(self.used)
        self._lengths[slot] = self.writer.end() - self.writer.base
        self._idents[slot] = ident
        self.used += 1

    def holds(self, ident):
        for k in range(self.n):
            if self._idents[k] == ident:
                return True
        return False

    def rewind(self):
        """The connection is gone: nothing of this was sent to the next one."""
        self.sent = 0

    def unsent(self):
        """Bytes of the next message to send, 0 for none."""
        while self.sent < self.used:
            slot = self._slot(self.sent)
            if self._idents[slot]:
                return self._lengths[slot]
            self.sent += 1
        return 0

    def send(self):
        """The next message to send, as a view of its bytes."""
        slot = self._slot(self.sent)
        self.sent += 1
        return self.writer.view[slot * self.size : slot * self.size + self._lengths[slot]]

    def taken(self, ident):
        """The broker has this message: free its slot and those it held up. False if it was never sent."""
        for k in range(self.sent):
            slot = self._slot(k)
            if self._idents[slot] == ident:
                self._idents[slot] = 0
                self._collect()
                return True
        return False

    def renew(self, known):
        """A new connection stands: make the messages ready to go out again.

        `known`: the broker still has our session, so these may be duplicates. To another broker the events are
        news, and what is retained is dropped: it is a state of long ago, and who keeps it tells it as it is now.
        """
        for k in range(self.used):
            slot = self._slot(k)
            at = slot * self.size
            if known:
                self.writer.buf[at] |= mqtt.DUP
            elif self.writer.buf[at] & mqtt.RETAIN:
                self._idents[slot] = 0
            else:
                self.writer.buf[at] &= 255 - mqtt.DUP
        self._collect()

    def _slot(self, k):
        return (self._head + k) % self.n

    def _collect(self):
        while self.used and not self._idents[self._head]:
            self._head = (self._head + 1) % self.n
            self.used -= 1
            self.sent = max(self.sent - 1, 0)
