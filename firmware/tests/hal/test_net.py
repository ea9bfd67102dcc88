import asyncio
import sys
import unittest

NEEDS = ("sockets",)

if sys.implementation.name == "micropython":
    from pole.hal import net
else:
    from pole.hal import net_linux as net

_PORT = 18700


async def _echo(stream):
    buf = bytearray(512)
    while True:
        n = await stream.readinto(buf)
        if not n:
            return
        await stream.write(memoryview(buf)[:n])


class NetTest(unittest.TestCase):
    def test_bytes_come_back_in_order_however_many(self):
        async def story():
            server = await net.serve(_echo, _PORT, "127.0.0.1")
            stream = await net.connect("127.0.0.1", _PORT)
            sent = bytes(k * 7 & 255 for k in range(50000))
            asyncio.create_task(stream.write(sent))
            got, buf = b"", bytearray(1000)
            while len(got) < len(sent):
                n = await stream.readinto(buf)
                self.assertTrue(n > 0)
                got += bytes(buf[:n])
            self.assertEqual(got, sent)
            stream.close()
            server.close()

        asyncio.run(story())

    def peers(self, host, ways, port):
        """Who a server on `host` sees when it is called by each of `ways`."""
        seen = []

        async def note(stream):
            seen.append(stream.peer)
            await stream.write(b"x")

        async def story():
            server = await net.serve(note, port, host)
            for way in ways:
                stream = await net.connect(way, port)
                self.assertEqual(await stream.readinto(bytearray(1)), 1)
                stream.close()
            server.close()

        asyncio.run(story())
        return seen

    def test_ipv6(self):
        seen = self.peers("::1", ("::1",), _PORT + 7)
        self.assertEqual(seen, ["0:0:0:0:0:0:0:1"])

    def test_ipv4_clients_keep_their_name(self):
        self.assertEqual(self.peers("127.0.0.1", ("127.0.0.1",), _PORT + 8), ["127.0.0.1"])
        if sys.implementation.name == "micropython":  # one socket for both families; asyncio's server has two
            self.assertEqual(self.peers("::", ("127.0.0.1",), _PORT + 9), ["127.0.0.1"])

    def test_both_families_at_one_port(self):
        """As a server listens where an interface has IPv6: without a host."""
        if sys.implementation.name == "micropython":
            net.ANY[0] = "::"
        try:
            seen = self.peers("", ("127.0.0.1", "::1"), _PORT + 10)
        finally:
            if sys.implementation.name == "micropython":
                net.ANY[0] = "0.0.0.0"
        self.assertEqual(seen, ["127.0.0.1", "0:0:0:0:0:0:0:1"])

    def test_a_closed_peer_reads_as_zero_bytes(self):
        async def hang_up(stream):
            await stream.write(b"bye")

        async def story():
            server = await net.serve(hang_up, _PORT + 1, "127.0.0.1")
            stream = await net.connect("127.0.0.1", _PORT + 1)
            buf = bytearray(8)
            self.assertEqual(await stream.readinto(buf), 3)
            self.assertEqual(await stream.readinto(buf), 0)
            stream.close()
            server.close()

        asyncio.run(story())

    def test_nobody_there_is_an_oserror(self):
        async def story():
            try:
                stream = await net.connect("127.0.0.1", _PORT + 2)
                await stream.readinto(bytearray(1))
                self.fail("connected to nobody")
            except OSError:
                pass

        asyncio.run(story())

    def test_a_taken_port_is_refused(self):
        async def story():
            server = await net.serve(_echo, _PORT + 3, "127.0.0.1")
            try:
                await net.serve(_echo, _PORT + 3, "127.0.0.1")
                self.fail("served twice")
            except OSError:
                pass
            server.close()

        asyncio.run(story())

    def test_closing_wakes_who_waits(self):
        async def wait(stream, box):
            try:
                box.append(await stream.readinto(bytearray(4)))
            except OSError:
                box.append(-1)

        async def story():
            server = await net.serve(_echo, _PORT + 4, "127.0.0.1")
            stream = await net.connect("127.0.0.1", _PORT + 4)
            box = []
            asyncio.create_task(wait(stream, box))
            await asyncio.sleep(0.05)
            stream.close()
            await asyncio.sleep(0.05)
            self.assertTrue(box in ([-1], [0]))
            server.close()

        asyncio.run(story())


if __name__ == "__main__":
    unittest.main()
