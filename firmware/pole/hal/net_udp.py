"""Datagrams to one peer, on MicroPython and CPython. Loaded by who needs it."""

import socket

from pole import clock

_LOOK_MS = 10


class Datagrams:
    """One socket to one peer; what comes from others never arrives (a connected UDP socket)."""

    def __init__(self, host, port):
        """The look-up of a name blocks. OSError when there is no such name, or no network."""
        info = socket.getaddrinfo(host, port, 0, socket.SOCK_DGRAM)[0]
        self._socket = socket.socket(info[0], socket.SOCK_DGRAM)
        self._socket.connect(info[-1])
        self._socket.setblocking(False)
        self._take = getattr(self._socket, "recv_into", None) or self._socket.readinto  # CPython's, MicroPython's

    def send(self, buf):
        """Hand it to the network; OSError when that takes none now."""
        self._socket.send(buf)

    def take(self, buf):
        """A datagram that is there now into `buf`: its length, None when there is none."""
        try:
            return self._take(buf)
        except OSError as error:
            if error.errno in (11, 35, 10035):  # EAGAIN, as CPython says it
                return None
            raise

    async def readinto(self, buf, timeout_ms):
        """The next datagram into `buf`: its length, 0 after `timeout_ms`. OSError when the peer's machine refuses."""
        end = clock.ticks_add(clock.ticks_ms(), timeout_ms)
        while True:
            n = self.take(buf)
            if n is not None:
                return n
            if clock.ticks_diff(end, clock.ticks_ms()) <= 0:
                return 0
            await clock.sleep_ms(_LOOK_MS)

    def close(self):
        self._socket.close()
