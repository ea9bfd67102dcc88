"""TCP and TLS streams on CPython: the same face as hal/net.py."""

import asyncio
import socket
import ssl


_PIECE = 4096
_BACKLOG = 65536


class _Ready:
    """Await it to wait until there is something to read."""

    def __init__(self, stream):
        self._stream = stream

    def __await__(self):
        return self._stream._wait().__await__()


class Stream:
    """One connection; see hal/net.py."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self._here = None  # read and not yet taken; b"" when the peer closed
        self.ready = _Ready(self)
        self.peer = _plain((writer.get_extra_info("peername") or ("",))[0])

    async def _wait(self):
        if not self._here:
            self._here = await self._reader.read(_PIECE)

    def take(self, buf):
        if self._here is None:
            return None
        data = self._here[: len(buf)]
        buf[: len(data)] = data
        self._here = self._here[len(data) :] or (None if data else b"")
        return len(data)

    def give(self, buf):
        if self._writer.transport.get_write_buffer_size() > _BACKLOG:
            return 0
        self._writer.write(bytes(buf))
        return len(buf)

    async def readinto(self, buf):
        if not self._here:
            data = await self._reader.read(len(buf))
            buf[: len(data)] = data
            return len(data)
        return self.take(buf)

    async def write(self, buf):
        self._writer.write(bytes(buf))
        await self._writer.drain()

    def close(self):
        self._writer.close()


def _context(tls):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if tls.get("cadata"):
        context.load_verify_locations(cadata=tls["cadata"])
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.get("cert"):
        _load_chain(context, tls["cert"], tls["key"])
    return context


def _load_chain(context, cert, key):
    """OpenSSL reads a client's chain from PEM files only; a board gets the same in DER or PEM bytes."""
    import os
    import tempfile

    paths = []
    try:
        for data, kind in ((cert, "CERTIFICATE"), (key, "PRIVATE KEY")):
            if not data.startswith(b"-----"):
                data = ssl.DER_cert_to_PEM_cert(data).replace("CERTIFICATE", kind).encode()
            handle, path = tempfile.mkstemp()
            os.write(handle, data)
            os.close(handle)
            paths.append(path)
        context.load_cert_chain(*paths)
    finally:
        for path in paths:
            os.unlink(path)


async def connect(host, port, tls=None):
    """A Stream to host:port; see hal/net.py."""
    if tls is None:
        return Stream(*await asyncio.open_connection(host, port))
    name = tls.get("server_hostname") or host
    return Stream(*await asyncio.open_connection(host, port, ssl=_context(tls), server_hostname=name))


def _plain(address):
    """As hal/net.py has it: eight words of an IPv6 address, without the interface's name."""
    if ":" not in address:
        return address
    ip = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    return ":".join(["%x" % (ip[k] << 8 | ip[k + 1]) for k in range(0, 16, 2)])


class Server:
    """A listening socket; `close()` ends it and its clients."""

    def __init__(self):
        self._server = None
        self._tasks = set()

    async def _client(self, handler, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        stream = Stream(reader, writer)
        try:
            await handler(stream)
        except (OSError, EOFError):
            pass
        except asyncio.CancelledError:  # the server closes: not an error of this task
            pass
        finally:
            self._tasks.discard(task)
            stream.close()

    def close(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()


def _shown(stream):
    secured = stream._writer.get_extra_info("ssl_object")
    return secured.getpeercert(True) if secured else None


def _server_context(tls):
    tls["shown"] = _shown
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load_chain(context, tls["cert"], tls["key"])
    if tls.get("cadata"):
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=tls["cadata"])
    return context


async def serve(handler, port, host="", backlog=4, tls=None):
    """Run `await handler(stream)` for each client of host:port; see hal/net.py. Without a host: by IPv4, and by IPv6 where
    the system has it."""
    server = Server()

    async def client(reader, writer):
        await server._client(handler, reader, writer)

    more = {"backlog": backlog, "reuse_address": True, "ssl": _server_context(tls) if tls else None}
    try:
        server._server = await asyncio.start_server(client, host or ("0.0.0.0", "::"), port, **more)
    except OSError:
        if host:
            raise
        server._server = await asyncio.start_server(client, "0.0.0.0", port, **more)
    return server
