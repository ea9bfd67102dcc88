import random
import unittest

from pole.codec import mqtt
from pole.errors import ProtocolError


def packet(size=64):
    return mqtt.Packet(bytearray(size))


def written(p, end):
    return bytes(p.buf[:end]).hex()


def compact(text):
    return text.replace(" ", "").lower()


def packets(data, size=64, step=64):
    """What a Reader makes of `data` that comes in pieces of `step` bytes: [(kind, flags, body)]."""
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
            found.append((kind, reader.flags, bytes(reader.buf[reader.start : reader.end])))
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

    def test_connect(self):
        p = packet()
        self.assertEqual(
            written(p, p.connect(b"dev1", 60)),
            compact("10 10 00 04 4D 51 54 54 04 02 00 3C 00 04 64 65 76 31"),
        )

    def test_connect_with_will_and_user(self):
        p = packet()
        end = p.connect(b"d", 60, True, b"u", b"p", (b"w", b"off", 1, True))
        vector = "10 1B 00 04 4D 51 54 54 04 EE 00 3C 00 01 64 00 01 77 00 03 6F 66 66 00 01 75 00 01 70"
        self.assertEqual(written(p, end), compact(vector))

    def test_connect_keeps_its_session(self):
        p = packet()
        p.connect(b"d", 1, clean=False)
        self.assertEqual(p.buf[9], 0)

    def test_publish(self):
        p = packet()
        self.assertEqual(
            written(p, p.publish(b"a/b", b"hello")), compact("30 0A 00 03 61 2F 62 68 65 6C 6C 6F")
        )
        self.assertEqual(
            written(p, p.publish(b"a/b", b"hello", retain=True)),
            compact("31 0A 00 03 61 2F 62 68 65 6C 6C 6F"),
        )
        self.assertEqual(
            written(p, p.publish(b"a/b", b"hello", 1, 10)),
            compact("32 0C 00 03 61 2F 62 00 0A 68 65 6C 6C 6F"),
        )

    def test_publish_in_pieces(self):
        p, q = packet(), packet()
        p.publish_head(1, 10, False, b"a/", b"b")
        p.raw(b"hel")
        p.raw(b"lo")
        self.assertEqual(written(p, p.end()), written(q, q.publish(b"a/b", b"hello", 1, 10)))

    def test_subscribe(self):
        p = packet()
        self.assertEqual(written(p, p.subscribe(10, [b"a/b"], 1)), compact("82 08 00 0A 00 03 61 2F 62 01"))
        self.assertEqual(written(p, p.unsubscribe(11, [b"a/b"])), compact("A2 07 00 0B 00 03 61 2F 62"))

    def test_answers(self):
        p = packet()
        for kind, head in (
            (mqtt.PUBACK, "40"),
            (mqtt.PUBREC, "50"),
            (mqtt.PUBREL, "62"),
            (mqtt.PUBCOMP, "70"),
        ):
            self.assertEqual(written(p, p.answer(kind, 10)), head + "02000a")

    def test_bare(self):
        p = packet()
        self.assertEqual(written(p, p.bare(mqtt.PINGREQ)), "c000")
        self.assertEqual(written(p, p.bare(mqtt.DISCONNECT)), "e000")

    def test_remaining_length(self):
        p = packet(17000)
        for n, wanted in ((0, "00"), (127, "7f"), (128, "8001"), (16383, "ff7f")):
            p.begin(0x30)
            p.raw(bytes(n))
            end = p.end()
            self.assertEqual(written(p, 1 + len(wanted) // 2)[2:], wanted)
            self.assertEqual(end, 1 + len(wanted) // 2 + n)

    def test_too_long_for_us(self):
        p = packet(17000)
        p.begin(0x30)
        p.raw(bytes(16384))
        self.assertRaises(ProtocolError, p.end)

    def test_digits(self):
        p = packet()
        p.begin(0x30)
        for value, width in ((0, 1), (7, 2), (59, 2), (1234567, 1), (1073741823, 1)):
            p.digits(value, width)
            p.raw(b" ")
        self.assertEqual(bytes(p.buf[3 : p.at]), b"0 07 59 1234567 1073741823 ")

    def test_decimal(self):
        p = packet(100)
        p.begin(0x30)
        for raw, decimals in (
            (0, 0),
            (0, 2),
            (-5, 2),
            (505, 1),
            (-39904211, 6),
            (7, -2),
            (4294967295, 3),
            (-1, 0),
        ):
            p.decimal(raw, decimals)
            p.raw(b" ")
        self.assertEqual(bytes(p.buf[3 : p.at]), b"0 0.00 -0.05 50.5 -39.904211 700 4294967.295 -1 ")

    def test_nothing_outside_its_limits(self):
        for limit in range(10, 40):
            p = packet(60)
            p.base, p.limit = 5, limit
            try:
                end = p.connect(b"dev1", 60, True, b"u", b"p", (b"w", b"off", 1, True))
                self.assertTrue(5 < end <= limit)
            except ProtocolError:
                pass
            self.assertEqual(bytes(p.buf[:5]) + bytes(p.buf[limit:]), bytes(65 - limit))


class Read(unittest.TestCase):
    def test_connack(self):
        self.assertEqual(reader_of("20 02 00 00").split_connack(), 0)
        self.assertEqual(reader_of("20 02 01 00").split_connack(), 256)
        self.assertEqual(reader_of("20 02 00 04").split_connack(), 4)
        for bad in ("20 02 02 00", "20 03 00 00 00", "20 01 00"):
            self.assertRaises(ProtocolError, reader_of(bad).split_connack)

    def test_suback(self):
        reader = reader_of("90 03 00 0A 01")
        self.assertEqual(reader.split_suback(), 10)
        self.assertEqual(bytes(reader.buf[reader.start + 2 : reader.end]), b"\x01")
        self.assertRaises(ProtocolError, reader_of("90 02 00 0A").split_suback)

    def test_acknowledgements(self):
        for text in ("40 02 00 0A", "50 02 00 0A", "62 02 00 0A", "70 02 00 0A", "B0 02 00 0A"):
            self.assertEqual(reader_of(text).split_ident(), 10)
        for bad in ("40 03 00 0A 10", "40 01 00", "40 02 00 00"):
            self.assertRaises(ProtocolError, reader_of(bad).split_ident)

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
                (r.qos, r.ident, r.flags & mqtt.RETAIN, r.flags & mqtt.DUP), (qos, ident, retain, dup)
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
            kind, flags = head >> 4, head & 15
            reader = mqtt.Reader(16)
            reader.space()[:1] = bytes((head,))
            reader.fed(1)
            if kind == mqtt.PUBLISH:
                good = flags >> 1 & 3 != 3 and not (flags & 8 and not flags & 6)
            else:
                good = 1 <= kind <= 14 and flags == (2 if kind in (6, 8, 10) else 0)
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
        self.assertEqual([kind for kind, _, _ in whole], [2, 9, 13, 3, 4])
        for step in range(1, 20):
            self.assertEqual(packets(data, step=step), whole)
            self.assertEqual(packets(data, size=16, step=step), whole)

    def test_long_publish_is_cut_and_the_next_packet_found(self):
        for n in (40, 100, 127, 128, 5000, 65000):
            p = packet(n + 20) if n < 16000 else None
            data = bytes(p.buf[: p.publish(b"a/b", bytes(n), 1, 10)]) if p else b""
            if n >= 16000:  # longer than our own writer goes: 65000 + 7 = 0x3FBEF
                data = b"\x32" + bytes((0xEF, 0xFB, 0x03)) + b"\x00\x03a/b\x00\x0a" + bytes(n)
            for step in (1, 7, 64) if n < 200 else (64,):
                found = packets(data + b"\xd0\x00" + data + b"\xd0\x00", size=32, step=step)
                self.assertEqual([kind for kind, _, _ in found], [3, 13, 3, 13])
                self.assertTrue(found[0][2].startswith(b"\x00\x03a/b\x00\x0a"))

    def test_cut_within_its_topic(self):
        reader = mqtt.Reader(16)
        data = b"\x32\x40\x00\x30" + b"t" * 12
        reader.space()[:16] = data
        reader.fed(16)
        self.assertEqual(reader.next(), mqtt.PUBLISH)
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
        for split in (reader.split_connack, reader.split_ident, reader.split_suback, reader.split_publish):
            try:
                split()
            except ProtocolError:
                pass
        if reader.kind == mqtt.PUBLISH:
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
            reader.reset()
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
            reader.reset()
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
            r = reader_of(written(p, p.publish(topic, payload, qos, ident)), 400)
            r.split_publish()
            self.assertEqual(bytes(r.buf[r.topic : r.topic_end]), topic)
            self.assertEqual(bytes(r.buf[r.payload : r.end]), payload)
            self.assertEqual((r.qos, r.ident), (qos, ident))


if __name__ == "__main__":
    unittest.main()
