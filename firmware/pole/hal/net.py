"""TCP and TLS streams on MicroPython, without the buffers asyncio's own streams allocate.

A stream reads into the caller's buffer and writes at once what the socket takes. hal/net_linux.py is the same
for CPython.
"""

import asyncio
import socket
from asyncio import core

from pole import seldom

ANY = ["0.0.0.0"]  # where servers listen; `::` for both families (hal/ipv6.py)


class _Ready:
    """Await it to wait until there is something to read. One per stream, used again: it allocates nothing."""

    def __init__(self, sock):
        self._socket = sock
        self._asked = False

    def __iter__(self):
        self._asked = False
        return self

    def __next__(self):
        if self._asked:
            raise StopIteration
        self._asked = True
        core._io_queue.queue_read(self._socket)


class Stream:
    """One connection. Every method raises OSError when the connection is broken.

    `readinto` and `write` make a generator each, 170 bytes on a 64-bit VM. Where that counts:
    `await s.ready`, then `take` and `give`, which never wait.
    """

    def __init__(self, sock, peer):
        self._socket = sock
        self.peer = peer
        self.ready = _Ready(sock)

    def take(self, buf):
        """What is there now into `buf`: the count, 0 when the peer closed, None when there is nothing."""
        return self._socket.readinto(buf)

    def give(self, buf):
        """Hand over what the socket takes of `buf` at once: the count, perhaps 0."""
        return self._socket.write(buf) or 0

    def readinto(self, buf):
        """Await this: at least one byte into `buf`, the count; 0 when the peer closed."""
        while True:
            yield core._io_queue.queue_read(self._socket)
            n = self._socket.readinto(buf)
            if n is not None:
                return n

    def write(self, buf):
        """Await this: all of `buf` is handed to the socket; waits only while the socket is full."""
        n = self._socket.write(buf) or 0
        if n < len(buf):
            view = memoryview(buf)
            while n < len(buf):
                yield core._io_queue.queue_write(self._socket)
                n += self._socket.write(view[n:]) or 0

    def close(self):
        # The poller must forget the socket first; who waits on it wakes, and gets its OSError from the read.
        waiting = core._io_queue.map.get(id(self._socket))
        if waiting:
            core._io_queue._dequeue(self._socket)
            for task in waiting[:2]:
                if task:
                    core._task_queue.push(task)
        self._socket.close()


async def connect(host, port, tls=None):
    """A Stream to host:port. `tls`: None or {cadata, cert, key: bytes, server_hostname}; no cadata: not verified.

    The look-up of a name blocks (MicroPython has no other), the connection does not.
    """
    info = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    sock = socket.socket(info[0], info[1], info[2])
    sock.setblocking(False)
    try:
        try:
            sock.connect(info[-1])
        except OSError as error:
            if error.errno not in (115, 119, 11):  # EINPROGRESS on each port
                raise
        await _writable(sock)
        if tls is not None:
            from pole.hal import net_tls  # a pole that does not encrypt has no room for it

            sock = net_tls.secure(sock, tls, host)
            seldom.forget(net_tls)
            sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return Stream(sock, host)


def _writable(sock):
    yield core._io_queue.queue_write(sock)


class Server:
    """A listening socket; `close()` ends it and its clients."""

    def __init__(self, sock):
        self._socket = sock
        self._tasks = []
        self._accepting = None
        self._secure = None  # fn(socket) -> socket

    def _accept(self):
        yield core._io_queue.queue_read(self._socket)

    async def _run(self, handler):
        while True:
            await self._accept()
            try:
                sock, address = self._socket.accept()
            except OSError:  # gone again before we looked
                continue
            try:
                sock.setblocking(False)
                if self._secure:
                    sock = self._secure(sock)
                self._tasks = [task for task in self._tasks if not task.done()]
                self._tasks.append(asyncio.create_task(_serve(handler, Stream(sock, _peer(address)))))
            except (MemoryError, OSError):  # this client must wait; the server goes on
                sock.close()

    def close(self):
        for task in self._tasks:
            task.cancel()
        self._accepting.cancel()
        core._io_queue.remove(self._accepting)
        self._socket.close()


async def _serve(handler, stream):
    try:
        await handler(stream)
    except (OSError, EOFError):
        pass
    finally:
        stream.close()


def _peer(address):
    """The text form of an accepted address; the unix port hands out packed sockaddr bytes.

    An IPv4 client of a server on `::` has its IPv4 address (RFC 4291, 2.5.5.2): lists of clients name it so.
    """
    if isinstance(address, tuple):
        text = address[0]
        if ":" in text and "." not in text:
            from pole.hal import ipv6

            return ipv6.whole(text)
        return text[7:] if text[:7].upper() == "::FFFF:" else text
    ip = bytes(address[8:24]) if len(address) > 16 else address[4:8]
    if len(ip) == 16 and ip[:12] != b"\0" * 10 + b"\xff\xff":
        return ":".join(["%x" % (ip[k] << 8 | ip[k + 1]) for k in range(0, 16, 2)])
    return "%d.%d.%d.%d" % tuple(ip[-4:])


async def serve(handler, port, host="", backlog=4, tls=None):
    """Run `await handler(stream)` for each client of host:port, or of `ANY`. OSError when the port is taken.

    `tls`: None or {cert, key, cadata: bytes}; with cadata clients must show a certificate of that authority. It gets
    `shown`, fn(stream): the certificate of who called, DER, once the handshake is over; None where the port hides it.
    """
    info = socket.getaddrinfo(host or ANY[0], port)[0]
    sock = socket.socket(info[0])
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(info[-1])
        sock.listen(backlog)
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    server = Server(sock)
    if tls is not None:
        from pole.hal import net_tls_server

        made = net_tls_server.context(tls)
        server._secure = lambda sock: net_tls_server.secure(made, sock)
    server._accepting = asyncio.create_task(server._run(handler))
    return server
