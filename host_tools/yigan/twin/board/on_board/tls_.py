# `tls` of a board, where a session costs 30 KB: two record buffers of 16 KB and 4 KB, and the handshake's state.
from micropython import const
import tls as _tls
from tls import *  # noqa: F403

_SESSION = const(30 * 1024)


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
        sock._ballast = bytearray(_SESSION)
        return self._c.wrap_socket(sock, **kw)
