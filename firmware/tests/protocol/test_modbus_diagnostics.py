import unittest

from pole.protocol.modbus_diagnostics import answer


class Server:
    refused = 2


class Line:
    def __init__(self):
        self.heard, self.bad, self.ours, self.unanswered = 9, 3, 7, 1
        self.server = Server()


def said(text, line=None):
    """The reply to a PDU in hex, as hex."""
    pdu, out = bytes.fromhex(text), bytearray(256)
    n = answer(line or Line(), pdu, 0, len(pdu), out, 0)
    return "".join("%02x" % byte for byte in out[:n])


class Diagnostics(unittest.TestCase):
    def test_vectors(self):
        self.assertEqual(said("080000a537"), "080000a537")  # V1.1b3, 6.8.1
        self.assertEqual(said("0b"), "0b00000005")  # 6.9: those done well

    def test_counts(self):
        counts = [said("08%04x0000" % k)[6:] for k in (11, 12, 13, 14, 15, 18)]
        self.assertEqual(counts, ["0009", "0003", "0002", "0007", "0001", "0000"])

    def test_they_wrap_at_sixteen_bits(self):
        line = Line()
        line.heard = 0x12345
        self.assertEqual(said("08000b0000", line), "08000b2345")

    def test_clear(self):
        line = Line()
        self.assertEqual(said("08000a0000", line), "08000a0000")
        self.assertEqual(
            (line.heard, line.bad, line.ours, line.unanswered, line.server.refused), (0, 0, 0, 0, 0)
        )

    def test_refused(self):
        for text, code in (
            ("08", "03"),
            ("080004", "03"),
            ("0800040000", "01"),
            ("08000b0001", "03"),
            ("0b00", "03"),
        ):
            line = Line()
            self.assertEqual(said(text, line)[2:], code)
            self.assertEqual(line.server.refused, 3)


if __name__ == "__main__":
    unittest.main()
