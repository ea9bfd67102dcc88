import unittest

from pole.codec import pem
from pole.errors import ConfigError

TEXT = b"-----BEGIN CERTIFICATE-----\r\nMAMC\r\nAQU=\r\n-----END CERTIFICATE-----\r\n"


class Der(unittest.TestCase):
    def test_first_object(self):
        self.assertEqual(pem.der(TEXT.decode()), b"\x30\x03\x02\x01\x05")
        self.assertEqual(
            pem.der((TEXT.replace(b"\r", b"") + TEXT.replace(b"MAMC", b"AAAA")).decode()),
            b"\x30\x03\x02\x01\x05",
        )

    def test_nothing(self):
        self.assertIsNone(pem.der(""))
        self.assertRaises(ConfigError, pem.der, "/nowhere")

    def test_broken(self):
        for text in (
            b"-----BEGIN X-----",
            b"-----BEGIN",
            b"-----BEGIN X----------END X-----",
            TEXT[:50],
            TEXT.replace(b"END CERT", b"END KEY"),
            TEXT.replace(b"AQU=", b"AQU"),
        ):
            self.assertRaises(ConfigError, pem.der, text.decode())


if __name__ == "__main__":
    unittest.main()
