import random
import unittest

from modbus_points import BLOCKS, store

from pole.protocol.modbus_server import ModbusServer, mbap
from pole.protocol.register_image import RegisterImage

IDENTITY = ("yigan", "pole", "1.0", "", "yigan smart pole", "esp32-devkit", "demo-0001")


class Case(unittest.TestCase):
    identity = IDENTITY

    def setUp(self):
        self.store = store()
        self.server = ModbusServer(RegisterImage(self.store, BLOCKS), self.identity)

    def ask(self, pdu, writer=True):
        """The reply to a PDU, both as hex; what stands before and behind must not matter."""
        data = bytes.fromhex(pdu.replace(" ", ""))
        rx = b"\xaa\xaa\xaa" + data + b"\x55" * 8
        tx = bytearray(300)
        n = self.server.answer(rx, 3, len(data), tx, 7, writer)
        self.assertEqual(bytes(tx[:7]), bytes(7))
        self.assertEqual(bytes(tx[7 + 253 :]), bytes(40))
        return bytes(tx[7 : 7 + n]).hex()


class Reading(Case):
    def test_registers(self):
        self.store.put(self.store.index("air.pm2_5"), 123)
        self.assertEqual(self.ask("04 0200 0002"), "04040000007b")
        self.assertEqual(self.ask("04 0200 0002", False), "04040000007b")
        self.assertEqual(self.ask("03 0100 0002"), "0304ffffffff")

    def test_counts(self):
        self.assertEqual(self.ask("04 0200 0000"), "8403")
        self.assertEqual(self.ask("04 0200 007E"), "8403")
        self.assertEqual(len(self.ask("04 0200 007D")), 2 * 252)
        self.assertEqual(self.ask("01 0100 0000"), "8103")
        self.assertEqual(self.ask("02 0100 07D1"), "8203")

    def test_lengths(self):
        for pdu in ("04", "0402", "04 0200 00", "04 0200 0001 00", "02 01", "01 0100 0001 00"):
            self.assertEqual(self.ask(pdu)[2:], "03")

    def test_addresses(self):
        self.assertEqual(self.ask("04 0000 0002"), "8402")
        self.assertEqual(self.ask("01 0000 0002"), "8102")
        self.assertEqual(self.ask("04 FFFF 007D"), "8402")

    def test_bits(self):
        self.store.put(self.store.index("air.temperature"), 1)
        self.store.put(self.store.index("lamp.relay"), 1)
        self.assertEqual(self.ask("02 0100 0003"), "020102")
        self.assertEqual(self.ask("01 0081 0001"), "010101")

    def test_counters(self):
        self.ask("04 0200 0002")
        self.ask("04 0000 0002")
        self.assertEqual((self.server.requests, self.server.refused), (2, 1))


class Writing(Case):
    def test_registers(self):
        self.assertEqual(self.ask("10 0100 0002 04 000001F4"), "1001000002")
        self.assertEqual(self.ask("03 0100 0002"), "0304000001f4")

    def test_coils(self):
        self.assertEqual(self.ask("05 0081 FF00"), "050081ff00")
        self.assertEqual(self.ask("01 0081 0001"), "010101")
        self.assertEqual(self.ask("0F 0081 0001 01 00"), "0f00810001")
        self.assertEqual(self.ask("01 0081 0001"), "010100")
        self.assertEqual(self.ask("05 0081 0100"), "8503")
        self.assertEqual(self.ask("05 0081 FF01"), "8503")
        self.assertEqual(self.ask("05 0080 FF00"), "8502")

    def test_half_a_pair(self):
        self.assertEqual(self.ask("06 0100 0001"), "8602")
        self.assertEqual(self.ask("10 0100 0001 02 0001"), "9002")
        self.assertEqual(self.ask("10 0101 0002 04 00000001"), "9002")

    def test_out_of_range(self):
        self.assertEqual(self.ask("10 0100 0002 04 000003E9"), "9003")

    def test_lengths(self):
        for pdu in (
            "10 0100 0002 04 0000",
            "10 0100 0002 03 00000001",
            "10 0100 0000 00",
            "10 0100 0002 04 0000000100",
            "10",
            "10 0100",
            "0F 0081 0001 02 0000",
            "0F 0081 0000 00",
            "0F",
            "05 0081",
            "06 01",
            "06",
        ):
            self.assertEqual(self.ask(pdu)[2:], "03", pdu)
        self.assertEqual(self.ask("10 0100 007C F8" + "00" * 248)[2:], "03")

    def test_readers_may_not(self):
        for pdu in (
            "05 0081 FF00",
            "06 0100 0001",
            "0F 0081 0001 01 00",
            "10 0100 0002 04 000001F4",
            "17 0100 0002 0100 0002 04 000001F4",
        ):
            self.assertEqual(self.ask(pdu, False)[2:], "01")
        self.assertEqual(self.ask("03 0100 0002"), "0304ffffffff")

    def test_read_and_write(self):
        self.assertEqual(self.ask("17 0100 0002 0100 0002 04 000001F4"), "1704000001f4")
        self.assertEqual(self.ask("17 0000 0002 0100 0002 04 000001F5"), "9702")
        self.assertEqual(self.ask("03 0100 0002"), "0304000001f4")  # not written, as it could not be read
        self.assertEqual(self.ask("17 0100 0002 0100 0002 04 000003E9"), "9703")
        for pdu in ("17 0100 0002 0100 0002 04 0000", "17 0100 0000 0100 0002 04 00000001", "17 0100"):
            self.assertEqual(self.ask(pdu), "9703")


class Functions(Case):
    def test_unknown(self):
        for function in (0, 7, 8, 11, 12, 17, 20, 21, 22, 24, 42, 100, 127):
            self.assertEqual(self.ask("%02x 0000 0000" % function), "%02x01" % (function | 0x80))
        self.assertEqual(self.ask("83 0000 0000"), "8301")


class Mbap(unittest.TestCase):
    FRAME = bytes.fromhex("150100000006FF0300040001")  # V1.0b, 4.4.2.2 (transaction 1501)

    def test_whole(self):
        self.assertEqual(mbap(self.FRAME, 0, 12), 12)

    def test_in_pieces(self):
        for n in range(12):
            self.assertEqual(mbap(self.FRAME, 0, n), 0)

    def test_two_in_a_row(self):
        self.assertEqual(mbap(self.FRAME + self.FRAME, 12, 24), 12)

    def test_other_protocol(self):
        self.assertEqual(mbap(b"GET / HTTP/1.1", 0, 14), -1)
        self.assertEqual(mbap(b"GET", 0, 3), -1)

    def test_length_out_of_range(self):
        for length in (0, 1, 255, 0x0600, 0xFFFF):
            header = bytes.fromhex("00010000") + bytes((length >> 8, length & 0xFF)) + bytes.fromhex("0103")
            self.assertEqual(mbap(header, 0, len(header)), -1)

    def test_longest(self):
        frame = bytes.fromhex("0001000000FE") + bytes(254)
        self.assertEqual(mbap(frame, 0, 260), 260)

    def test_noise(self):
        random.seed(4)
        for _ in range(500):
            noise = bytes(
                random.getrandbits(8) >> random.getrandbits(3) for _ in range(random.getrandbits(5))
            )
            n = mbap(noise, 0, len(noise))
            self.assertTrue(n == -1 or n == 0 or 8 <= n <= len(noise))


class Fuzz(Case):
    def test_every_pdu_has_one_well_formed_answer(self):
        random.seed(14)
        functions = (1, 2, 3, 4, 5, 6, 15, 16, 22, 23, 43)
        for _ in range(2000):
            n = 1 + random.getrandbits(8) % 253
            pdu = bytearray(
                random.getrandbits(8) >> random.getrandbits(3) for _ in range(min(n, 20))
            ) + bytes(max(0, n - 20))
            if random.getrandbits(2):
                pdu[0] = functions[random.getrandbits(8) % len(functions)]
            if n > 5 and random.getrandbits(1):
                pdu = pdu[:5]
            reply = bytes.fromhex(self.ask(pdu.hex()))
            if reply[0] & 0x80:
                self.assertEqual(len(reply), 2)
                self.assertIn(reply[1], (1, 2, 3, 4, 6))
            else:
                self.assertEqual(reply[0], pdu[0])
                self.assertTrue(2 <= len(reply) <= 253)


if __name__ == "__main__":
    unittest.main()
