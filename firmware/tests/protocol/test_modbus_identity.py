import unittest

from modbus_points import BLOCKS, store

from pole.protocol.modbus_server import ModbusServer
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


class Identification(Case):
    def objects(self, reply):
        data = bytes.fromhex(reply)
        self.assertEqual(data[:2], b"\x2b\x0e")
        found, at = [], 7
        for _ in range(data[6]):
            found.append((data[at], data[at + 2 : at + 2 + data[at + 1]].decode()))
            at += 2 + data[at + 1]
        self.assertEqual(at, len(data))
        return data[3], data[4], data[5], found

    def test_basic(self):
        self.assertEqual(self.objects(self.ask("2B 0E 01 00")), (0x82, 0, 0, list(enumerate(IDENTITY))[:3]))

    def test_regular(self):
        self.assertEqual(self.objects(self.ask("2B 0E 02 00")), (0x82, 0, 0, list(enumerate(IDENTITY))))
        self.assertEqual(self.objects(self.ask("2B 0E 03 00")), (0x82, 0, 0, list(enumerate(IDENTITY))))
        self.assertEqual(self.objects(self.ask("2B 0E 02 05"))[3], [(5, "esp32-devkit"), (6, "demo-0001")])

    def test_one(self):
        self.assertEqual(self.objects(self.ask("2B 0E 04 06"))[3], [(6, "demo-0001")])
        self.assertEqual(self.ask("2B 0E 04 07"), "ab02")

    def test_unknown_object_restarts_the_stream(self):
        self.assertEqual(self.objects(self.ask("2B 0E 01 80"))[3][0], (0, "yigan"))

    def test_wrong(self):
        self.assertEqual(self.ask("2B 0E 05 00"), "ab03")
        self.assertEqual(self.ask("2B 0E 00 00"), "ab03")
        self.assertEqual(self.ask("2B 0E 01"), "ab03")
        self.assertEqual(self.ask("2B 0D 01 00"), "ab01")
        self.assertEqual(self.ask("2B"), "ab01")


class LongIdentification(Identification):
    identity = ("y" * 120, "p" * 120, "r", "u" * 300, "n", "m", "a")

    def test_basic(self):
        self.assertEqual(self.objects(self.ask("2B 0E 01 00"))[1:3], (0xFF, 2))

    def test_regular(self):
        found, first = [], 0
        for _ in range(7):
            _, more, following, some = self.objects(self.ask("2B 0E 02 %02X" % first))
            found += some
            if not more:
                break
            self.assertEqual(more, 0xFF)
            first = following
        self.assertEqual([number for number, _ in found], list(range(7)))
        self.assertEqual(len(found[3][1]), 244)

    def test_one(self):
        self.assertEqual(self.objects(self.ask("2B 0E 04 03"))[3], [(3, "u" * 244)])

    def test_unknown_object_restarts_the_stream(self):
        self.assertEqual(self.objects(self.ask("2B 0E 02 80"))[3][0][0], 0)


if __name__ == "__main__":
    unittest.main()
