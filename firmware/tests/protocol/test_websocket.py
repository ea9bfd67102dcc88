"""WebSocket frames: what goes out is masked, what comes in is taken apart wherever the wire cut it."""

import asyncio
import unittest

from pole.errors import AuthError, ProtocolError
from pole.protocol import websocket, websocket_hello

ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
)
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455, 1.3


class Under:
    """A connection that takes `room` bytes and gives what `comes` holds, `piece` at a time."""

    peer = ready = None

    def __init__(self, comes=b"", piece=99, room=1000000):
        self.comes, self.piece, self.room, self.got, self.closed = comes, piece, room, b"", False

    def take(self, buf):
        if not self.comes:
            return None
        data = self.comes[: min(len(buf), self.piece)]
        self.comes = self.comes[len(data) :]
        buf[: len(data)] = data
        return len(data)

    def give(self, buf):
        n = min(len(buf), self.room)
        self.room -= n
        self.got += bytes(buf[:n])
        return n

    async def readinto(self, buf):
        return self.take(buf) or 0

    async def write(self, buf):
        self.give(buf)

    def close(self):
        self.closed = True


async def here(under):
    return under


def taken(stream, size=50):
    """All that comes; it ends with None for nothing more, or with 0 for the end."""
    data, buf = b"", memoryview(bytearray(size))
    while True:
        n = stream.take(buf)
        if not n:
            return data, n
        data += bytes(buf[:n])


def unmasked(data):
    """[(first byte, payload)] of frames of ours."""
    found = []
    while data:
        n, at = data[1] & 127, 2
        if not data[1] & 128:
            raise AssertionError("not masked")
        if n == 126:
            n, at = data[2] << 8 | data[3], 4
        mask, body = data[at : at + 4], data[at + 4 : at + 4 + n]
        found.append((data[0], bytes([b ^ mask[k & 3] for k, b in enumerate(body)])))
        data = data[at + 4 + n :]
    return found


class Outgoing(unittest.TestCase):
    def test_masked(self):
        for n in (1, 125, 126, 300):
            under = Under()
            data = bytes([k & 255 for k in range(n)])
            self.assertEqual(websocket.Stream(under).give(data), n)
            self.assertEqual(unmasked(under.got), [(0x82, data)])

    def test_a_long_one_in_pieces(self):
        under, stream, data = Under(), None, bytes(1000)
        stream, sent = websocket.Stream(under), 0
        while sent < 1000:
            sent += stream.give(data[sent:])
        self.assertEqual(b"".join([body for _, body in unmasked(under.got)]), data)

    def test_a_socket_that_takes_a_byte_at_a_time(self):
        under = Under(room=0)
        stream = websocket.Stream(under)
        turns, n = 0, 0
        while not n:
            under.room = 1
            n = stream.give(b"hello")
            turns += 1
        self.assertEqual((n, turns, unmasked(under.got)), (5, 11, [(0x82, b"hello")]))
        under.room = 100
        stream.give(b"x")
        self.assertEqual(unmasked(under.got)[1], (0x82, b"x"))


class Incoming(unittest.TestCase):
    def test_wherever_it_is_cut(self):
        frames = (
            b"\x02\x03abc"
            + b"\x80\x00"
            + b"\x82\x7e\x00\x80"
            + b"x" * 128
            + b"\x82\x7f"
            + bytes(7)
            + b"\x02de"
        )
        for piece in (1, 2, 3, 7, 500):
            for size in (1, 13, 500):
                self.assertEqual(
                    taken(websocket.Stream(Under(frames, piece)), size), (b"abc" + b"x" * 128 + b"de", None)
                )

    def test_ping_is_answered(self):
        under = Under(b"\x82\x01a\x89\x03hey\x82\x01b\x89\x00\x8a\x01z", 1)
        self.assertEqual(taken(websocket.Stream(under)), (b"ab", None))
        self.assertEqual(unmasked(under.got), [(0x8A, b"hey"), (0x8A, b"")])

    def test_ping_while_a_frame_is_half_sent(self):
        under = Under(b"\x89\x03hey", room=4)
        stream = websocket.Stream(under)
        self.assertEqual(stream.give(b"hello"), 0)
        taken(stream)
        under.room = 100
        self.assertEqual(stream.give(b"hello"), 5)
        self.assertEqual(unmasked(under.got), [(0x82, b"hello")])

    def test_close(self):
        self.assertEqual(taken(websocket.Stream(Under(b"\x82\x01a\x88\x02\x03\xe8\x82\x01b", 2))), (b"a", 0))

    def test_hostile(self):
        for frame in (b"\x82\x81aaaab", b"\xc2\x01a", b"\x81\x01a", b"\x89\x7e\x00\x80", b"\x09\x00", b"\x8b\x00",
                      b"\x82\x7f\xff" + bytes(7), b"\x82\x7f" + bytes(4) + b"\xff" + bytes(3)):  # fmt: skip
            self.assertRaises(ProtocolError, taken, websocket.Stream(Under(frame)))


class Hello(unittest.TestCase):
    def test_vector(self):
        websocket_hello.check(ANSWER, KEY)
        said = websocket_hello.request("fe80::1", 80, "/mqtt", KEY)
        self.assertTrue(said.startswith(b"GET /mqtt HTTP/1.1\r\nHost: [fe80::1]:80\r\n"))
        self.assertTrue(b"\r\nSec-WebSocket-Protocol: mqtt\r\n" in said)

    def test_refused(self):
        for said, error in (
            (ANSWER.replace(b"s3p", b"s4p"), ProtocolError),
            (ANSWER.replace(b"101", b"401"), AuthError),
            (ANSWER.replace(b"101", b"404"), ProtocolError),
            (ANSWER.replace(b": mqtt", b": chat"), ProtocolError),
            (ANSWER.replace(b"Upgrade: websocket", b"Upgrade: h2c"), ProtocolError),
            (b"SSH-2.0-x\r\n\r\n", ProtocolError),
            (b"\r\n\r\n", ProtocolError),
        ):
            self.assertRaises(error, websocket_hello.check, said, KEY)

    def test_hangs_up(self):
        for comes, error in (
            (b"HTTP/1.1 200 OK\r\n\r\n", ProtocolError),
            (b"x" * 3000, ProtocolError),
            (b"HTTP", OSError),
        ):
            under = Under(comes)
            self.assertRaises(error, asyncio.run, websocket_hello.connect(here(under), "h", 80, "/"))
            self.assertTrue(under.closed)


NEEDS = ("sockets",)  # asyncio

if __name__ == "__main__":
    unittest.main()
