"""The handshake of a WebSocket (RFC 6455, 4). Loaded for a connection's beginning only."""

import binascii
import hashlib
import random

from pole.errors import AuthError, ProtocolError
from pole.protocol import websocket

_MOST = 1024  # bytes of an answer
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def connect(way, host, port, path):
    """A websocket.Stream over the Stream that `way` makes. ProtocolError: what answers is none; AuthError: who are we?"""
    under = await way
    try:
        key = binascii.b2a_base64(bytes([random.getrandbits(8) for _ in range(16)])).strip()
        await under.write(request(host, port, path, key))
        check(await _answer(under), key)
        return websocket.Stream(under)
    except BaseException:
        under.close()
        raise


def request(host, port, path, key):
    name = "[%s]" % host if ":" in host else host
    lines = ("GET %s HTTP/1.1" % path, "Host: %s:%d" % (name, port), "Upgrade: websocket", "Connection: Upgrade",
             "Sec-WebSocket-Key: " + key.decode(), "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: mqtt", "", "")  # fmt: skip
    return "\r\n".join(lines).encode()


async def _answer(under):
    """All up to the empty line, and not a byte of what comes behind it."""
    said, one = b"", bytearray(1)
    while not said.endswith(b"\r\n\r\n"):
        if len(said) == _MOST:
            raise ProtocolError("no WebSocket")
        if not await under.readinto(one):
            raise OSError("closed by the broker")
        said += one
    return said


def check(said, key):
    """Whether this answer agrees (4.1); its head as bytes."""
    lines = said.split(b"\r\n")
    status = lines[0].split(b" ")
    if len(status) < 2 or not status[0].startswith(b"HTTP/1."):
        raise ProtocolError("no WebSocket")
    if status[1] != b"101":
        error = AuthError if status[1] in (b"401", b"403") else ProtocolError
        raise error("WebSocket refused: HTTP " + str(status[1])[2:-1])
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip()
    accept = binascii.b2a_base64(hashlib.sha1(key + _GUID).digest()).strip()
    if fields.get(b"sec-websocket-accept") != accept or fields.get(b"upgrade", b"").lower() != b"websocket":
        raise ProtocolError("no WebSocket")
    if fields.get(b"sec-websocket-protocol", b"mqtt") != b"mqtt" or b"sec-websocket-extensions" in fields:
        raise ProtocolError("WebSocket without MQTT")
