# `tls` of a board, where a session costs 30 KB: two record buffers of 16 KB and 4 KB, and the handshake's state.
import io as _io
import select as _select
import tls as _tls
from micropython import const
from tls import *  # noqa: F403

_SESSION = const(30 * 1024)
_POLL = const(3)
_CLOSE = const(4)
_FILENO = const(10)
del globals()["const"]


class _Socket(_io.IOBase):
    """A session that poll can wait for by its file descriptor; the VM's own is asked every millisecond."""

    def __init__(self, session, plain):
        self._t = session
        self._plain = plain
        self._ballast = bytearray(_SESSION)
        self._talks = False  # after the handshake, in which reading may wait for writing
        self._poll = _select.poll()
        self._poll.register(session, _select.POLLIN)

    def __getattr__(self, name):
        return getattr(self._t, name)

    def readinto(self, buf):
        n = self._t.readinto(buf)
        self._talks = self._talks or bool(n)
        return n

    def read(self, n=-1):
        data = self._t.read(n)
        self._talks = self._talks or bool(data)
        return data

    def readline(self):
        return self._t.readline()

    def write(self, data):
        n = self._t.write(data)
        self._talks = self._talks or bool(n)
        return n

    def close(self):
        self._ballast = None
        self._t.close()
        self._plain.close()

    def ioctl(self, request, arg):
        if request == _FILENO:
            # What is decrypted already shows at no descriptor.
            return self._plain.fileno() if self._talks and not self._poll.poll(0) else -22
        if request == _POLL:
            self._poll.modify(self._t, arg)
            ready = self._poll.poll(0)
            self._poll.modify(self._t, _select.POLLIN)
            return ready[0][1] if ready else 0
        if request == _CLOSE:
            self.close()
        return 0


class SSLContext:
    def __init__(self, protocol):
        self._c = _tls.SSLContext(protocol)

    def __getattr__(self, name):
        return getattr(self._c, name)

    @property
    def verify_mode(self):
        return self._c.verify_mode

    @verify_mode.setter
    def verify_mode(self, mode):
        self._c.verify_mode = mode

    def wrap_socket(self, sock, **kw):
        return _Socket(self._c.wrap_socket(sock._s, **kw), sock)
