import random
import unittest

from pole.codec import mqtt
from pole.errors import ProtocolError


def packet(size=64):
    return mqtt.Packet(size)


def written(p, head=0x30):
    p.finish(head)
    return bytes(p.view[p.start : p.at]).hex()


def publish(p, topic, payload, ident=0, head=0x30):
    p.begin(ident, topic, b"", 0, 0)
    p.raw(payload)
    return written(p, head)


def compact(text):
    return text.replace(" ", "").lower()


def packets(data, size=64, step=64):
    """What a Reader makes of `data` that comes in pieces of `step` bytes: [(first byte, body)]."""
    reader, found = mqtt.Reader(size), []
    at = 0
    while at < len(data):
        space = reader.space()
        n = min(step, len(space), len(data) - at)
        space[:n] = data[at : at + n]
        reader.fed(n)
        at += n
        kind = reader.next()
        while kind:
            found.append((kind, bytes(reader.buf[reader.start : reader.end])))
            kind = reader.next()
    return found


def reader_of(text, size=64):
    """A Reader that has just read the packet in hexadecimal."""
    reader, data = mqtt.Reader(size), bytes.fromhex(compact(text))
    reader.space()[: len(data)] = data
    reader.fed(len(data))
    assert reader.next()
    return reader


class Write(unittest.TestCase):
    """Vectors of the OASIS standard's formats, checked by a second decoder."""

    def test_publish(self):
        p = packet()
        self.assertEqual(publish(p, b"a/b", b"hello"), compact("30 0A 00 03 61 2F 62 68 65 6C 6C 6F"))
        self.assertEqual(
            publish(p, b"a/b", b"hello", head=0x31), compact("31 0A 00 03 61 2F 62 68 65 6C 6C 6F")
        )
        self.assertEqual(
            publish(p, b"a/b", b"hello", 10, 0x32), compact("32 0C 00 03 61 2F 62 00 0A 68 65 6C 6C 6F")
        )

    def test_publish_in_pieces(self):
        p, q = packet(), packet()
        p.begin(10, b"a/", b"x.b.cx", 2, 5)  # a dot becomes a slash
        p.raw(b"hel")
        p.raw(b"lo")
        self.assertEqual(written(p), publish(q, b"a/b/c", b"hello", 10))

    def test_remaining_length(self):
        p = packet(17000)
        for n, wanted in ((0, "03"), (124, "7f"), (125, "8001"), (16380, "ff7f")):
            text = publish(p, b"a", bytes(n))
            self.assertEqual(text[2 : 2 + len(wanted)], wanted)
            self.assertEqual(len(text) // 2, 1 + len(wanted) // 2 + 3 + n)

    def test_numbers(self):
        p = packet(140)
        p.begin(0, b"", b"", 0, 0)
        for raw, decimals in (
            (0, 0),
            (7, 0),
            (1234567, 0),
            (1073741823, 0),
            (0, 2),
            (-5, 2),
            (505, 1),
            (-39904211, 6),
            (7, -2),
            (4294967295, 3),
            (-1, 0),
        ):
            p.number(raw, decimals)
            p.raw(b" ")
        self.assertEqual(
            bytes(p.view[5 : p.at]),
            b"0 7 1234567 1073741823 0.00 -0.05 50.5 -39.904211 700 4294967.295 -1 ",
        )

    def test_it_never_grows(self):
        refused = 0
        for size in range(5, 60):
            p = packet(size)
            try:
                p.begin(7, b"yigan/", b"lamp.level", 0, 10)
                p.raw(b"value")
                p.number(-123456, 3)
                p.raw(b"}")
                self.assertTrue(p.at <= size)
            except ProtocolError:
                refused += 1
            self.assertEqual(len(p.view), size)
        self.assertEqual(refused, 37 - 5)  # 37 bytes is what it takes


class Read(unittest.TestCase):
    def test_publish(self):
        for text, qos, ident, retain, dup in (
            ("30 0A 00 03 61 2F 62 68 65 6C 6C 6F", 0, 0, 0, 0),
            ("31 0A 00 03 61 2F 62 68 65 6C 6C 6F", 0, 0, 1, 0),
            ("32 0C 00 03 61 2F 62 00 0A 68 65 6C 6C 6F", 1, 10, 0, 0),
            ("3A 0C 00 03 61 2F 62 00 0A 68 65 6C 6C 6F", 1, 10, 0, 8),
            ("34 0C 00 03 61 2F 62 00 0A 68 65 6C 6C 6F", 2, 10, 0, 0),
        ):
            r = reader_of(text)
            self.assertTrue(r.split_publish())
            self.assertEqual(bytes(r.buf[r.topic : r.topic_end]), b"a/b")
            self.assertEqual(bytes(r.buf[r.payload : r.end]), b"hello")
            self.assertEqual(
                (r.head >> 1 & 3, r.ident if qos else 0, r.head & mqtt.RETAIN, r.head & mqtt.DUP),
                (qos, ident, retain, dup),
            )

    def test_bad_publish(self):
        # no topic; topic behind the end; no identifier; identifier 0; nothing at all; half a length
        for text in (
            "30 02 00 00",
            "30 03 00 03 61",
            "32 05 00 03 61 2F 62",
            "32 05 00 01 61 00 00",
            "30 00",
            "30 01 00",
        ):
            self.assertRaises(ProtocolError, reader_of(text).split_publish)

    def test_empty_payload(self):
        r = reader_of("30 03 00 01 61")
        self.assertTrue(r.split_publish())
        self.assertEqual(r.payload, r.end)

    def test_flags_each_type_must_carry(self):
        for head in range(256):
            flags = head & 15
            if head >> 4 == 3:
                good = flags >> 1 & 3 != 3 and not (flags & 8 and not flags & 6)
            else:  # what a broker says, with the flags of table 2.2
                good = head in (0x20, 0x40, 0x50, 0x62, 0x70, 0x90, 0xB0, 0xD0)
            reader = mqtt.Reader(16)
            reader.space()[:1] = bytes((head,))
            reader.fed(1)
            if good:
                self.assertEqual(reader.next(), 0)
            else:
                self.assertRaises(ProtocolError, reader.next)

    def test_length_of_five_bytes(self):
        reader = mqtt.Reader(16)
        reader.space()[:5] = b"\x30\x80\x80\x80\x80"
        reader.fed(5)
        self.assertRaises(ProtocolError, reader.next)

    def test_in_any_pieces(self):
        data = bytes.fromhex(
            "2002000090030 00a01".replace(" ", "") + "d000" + "320c0003612f62000a68656c6c6f" + "4002000a"
        )
        whole = packets(data)
        self.assertEqual([head for head, _ in whole], [0x20, 0x90, 0xD0, 0x32, 0x40])
        for step in range(1, 20):
            self.assertEqual(packets(data, step=step), whole)
            self.assertEqual(packets(data, size=16, step=step), whole)

    def test_long_publish_is_cut_and_the_next_packet_found(self):
        for n in (40, 100, 127, 128, 5000, 65000):
            data = bytes.fromhex(publish(packet(n + 20), b"a/b", bytes(n), 10, 0x32)) if n < 16000 else b""
            if n >= 16000:  # longer than our own writer goes: 65000 + 7 = 0x3FBEF
                data = b"\x32" + bytes((0xEF, 0xFB, 0x03)) + b"\x00\x03a/b\x00\x0a" + bytes(n)
            for step in (1, 7, 64) if n < 200 else (64,):
                found = packets(data + b"\xd0\x00" + data + b"\xd0\x00", size=32, step=step)
                self.assertEqual([head for head, _ in found], [0x32, 0xD0, 0x32, 0xD0])
                self.assertTrue(found[0][1].startswith(b"\x00\x03a/b\x00\x0a"))

    def test_cut_within_its_topic(self):
        reader = mqtt.Reader(16)
        data = b"\x32\x40\x00\x30" + b"t" * 12
        reader.space()[:16] = data
        reader.fed(16)
        self.assertEqual(reader.next(), 0x32)
        self.assertTrue(reader.cut)
        self.assertFalse(reader.split_publish())

    def test_oversized(self):
        for head in (b"\x20\x7f", b"\x30\x80\x80\x80\x01", b"\x90\xff\x7f"):
            reader = mqtt.Reader(16)
            reader.space()[: len(head)] = head
            reader.fed(len(head))
            self.assertRaises(ProtocolError, reader.next)


class Fuzz(unittest.TestCase):
    VALID = (
        "20020000", "9003000a01", "d000", "320c0003612f62000a68656c6c6f", "300a0003612f6268656c6c6f", "4002000a",
        "6202000a", "5002000a", "b002000b",
    )  # fmt: skip

    def _feed(self, reader, data):
        """Feed as a socket would; how many packets came. The buffer must never grow or fill for good."""
        at = count = 0
        while at < len(data):
            space = reader.space()
            self.assertTrue(len(space) > 0)
            n = min(len(space), len(data) - at, 1 + random.getrandbits(4))
            space[:n] = data[at : at + n]
            reader.fed(n)
            at += n
            while reader.next():
                count += 1
                self.assertTrue(0 <= reader.start <= reader.end <= reader.n <= len(reader.buf))
                self._split(reader)
        return count

    def _split(self, reader):
        if reader.head >> 4 == 3:
            try:
                if reader.split_publish():
                    self.assertTrue(
                        reader.start < reader.topic < reader.topic_end <= reader.payload <= reader.end
                    )
            except ProtocolError:
                pass

    def test_mutated_packets(self):
        random.seed(3111)
        reader, refused, read = mqtt.Reader(48), 0, 0
        for _ in range(1500):
            data = bytearray(b"".join(bytes.fromhex(self.VALID[random.getrandbits(8) % 9]) for _ in range(3)))
            for _ in range(random.getrandbits(2)):
                data[random.getrandbits(8) % len(data)] = random.getrandbits(8)
            reader.n = reader.at = reader.skip = 0
            try:
                read += self._feed(reader, bytes(data[: random.getrandbits(7)]))
            except ProtocolError:
                refused += 1
            self.assertEqual(len(reader.buf), 48)
        self.assertTrue(refused > 100 and read > 1000, (refused, read))

    def test_noise(self):
        random.seed(41)
        reader = mqtt.Reader(32)
        for _ in range(1500):
            reader.n = reader.at = reader.skip = 0
            try:
                self._feed(reader, bytes([random.getrandbits(8) for _ in range(60)]))
            except ProtocolError:
                pass
            self.assertEqual(len(reader.buf), 32)

    def test_what_we_write_we_read(self):
        random.seed(5)
        p = packet(400)
        for _ in range(200):
            topic = bytes([97 + random.getrandbits(4) for _ in range(1 + random.getrandbits(5))])
            payload = bytes([random.getrandbits(8) for _ in range(random.getrandbits(8))])
            qos = random.getrandbits(1)
            ident = 1 + random.getrandbits(15) if qos else 0
            r = reader_of(publish(p, topic, payload, ident, 0x30 | qos << 1), 400)
            r.split_publish()
            self.assertEqual(bytes(r.buf[r.topic : r.topic_end]), topic)
            self.assertEqual(bytes(r.buf[r.payload : r.end]), payload)
            self.assertEqual((r.head >> 1 & 3, r.ident if qos else 0), (qos, ident))


if __name__ == "__main__":
    unittest.main()
