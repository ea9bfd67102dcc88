# `socket` of a board (lwip): addresses are tuples; nothing but what the board process allows leaves.
import io as _io

import _hub
import socket as _os
from socket import (  # noqa: F401
    AF_INET,
    AF_INET6,
    IP_ADD_MEMBERSHIP,
    SO_BROADCAST,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_STREAM,
    SOL_SOCKET,
)

IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP = 0, 6, 17
TCP_NODELAY = 1
_CLOSE = 4
_FILENO = 10


def _native(host, port):
    return _os.getaddrinfo(host, port)[0][-1]


def _tuple(address):
    _, ip, port = _os.sockaddr(address)[:3]
    return ("%d.%d.%d.%d" % tuple(ip), port)


def getaddrinfo(host, port, af=0, type=0, proto=0, flags=0):
    try:
        ip = "::" if host == "::" else "0.0.0.0" if host in ("0.0.0.0", "") else _hub.ask("resolve", host)
    except OSError as error:
        raise OSError(-error.errno)
    return [(AF_INET, type or SOCK_STREAM, proto, "", (ip, port))]


class socket(_io.IOBase):
    def __init__(self, af=AF_INET, type=SOCK_STREAM, proto=0, fileno=None):
        self._s = fileno or _os.socket(af, type, proto)
        self._type = type
        self._bound = 0

    def __getattr__(self, name):  # kept by each socket its methods would be 400 bytes that a board's does not have
        return getattr(self._s, name)

    def read(self, n=-1):
        return self._s.read(n)

    def readinto(self, buf):
        return self._s.readinto(buf)

    def readline(self):
        return self._s.readline()

    def write(self, data):
        return self._s.write(data)

    def bind(self, address):
        kind = "tcp" if self._type == SOCK_STREAM else "udp"
        self._bound = _hub.ask("bind", address[1], kind)
        self._s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self._s.bind(_native("127.0.0.1", self._bound))

    def listen(self, backlog=2):
        self._s.listen(backlog)

    def accept(self):
        s, address = self._s.accept()
        return socket(AF_INET, SOCK_STREAM, 0, s), _tuple(address)

    def _way(self, address):
        return _native("127.0.0.1", _hub.ask("route", address[0], address[1]))

    def connect(self, address):
        self._s.connect(self._way(address))

    def sendto(self, data, address):
        return self._s.sendto(data, self._way(address))

    def recvfrom(self, n):
        data, address = self._s.recvfrom(n)
        return data, _tuple(address)

    def sendall(self, data):
        self._s.sendall(data)

    def setsockopt(self, level, option, value):
        if level == SOL_SOCKET:
            self._s.setsockopt(level, option, value)

    def makefile(self, *mode):
        return self

    def close(self):
        if self._bound:
            _hub.ask("unbind", self._bound)
            self._bound = 0
        self._s.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def ioctl(self, request, arg):
        if request == _FILENO:
            return self._s.fileno()
        if request == _CLOSE:
            self.close()
        return 0
