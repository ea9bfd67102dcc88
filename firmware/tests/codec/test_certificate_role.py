"""The role extension, in certificates that are built here by X.690 and cut everywhere."""

import unittest

from pole.codec.certificate_role import role

# 1.3.6.1.4.1.50316.802.1, and 2.5.29.19, the basic constraints
ROLE, OTHER = b"\x2b\x06\x01\x04\x01\x83\x89\x0c\x86\x22\x01", b"\x55\x1d\x13"


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    length = bytes((n,)) if n < 128 else bytes((0x81, n)) if n < 256 else bytes((0x82, n >> 8, n & 255))
    return bytes((tag,)) + length + body


def extension(oid, value, critical=b""):
    return tlv(0x30, tlv(6, oid), critical, tlv(4, value))


def certificate(*extensions, name=b"pole"):
    subject = tlv(0x30, tlv(0x31, tlv(0x30, tlv(6, b"\x55\x04\x03"), tlv(0x0C, name))))
    fields = tlv(0xA0, b"\x02\x01\x02"), b"\x02\x01\x05", subject, tlv(0x30, b"\x05\x00" * 100)
    more = (tlv(0xA3, tlv(0x30, *extensions)),) if extensions else ()
    return tlv(0x30, tlv(0x30, *(fields + more)), tlv(0x30), tlv(3, b"\x00" * 70))


OPERATOR = extension(ROLE, tlv(0x0C, b"operator"))
BASIC = extension(OTHER, tlv(0x30), b"\x01\x01\xff")


class Role(unittest.TestCase):
    def test_found(self):
        self.assertEqual(role(certificate(BASIC, OPERATOR)), "operator")
        critical = extension(ROLE, tlv(0x0C, b"Wartung \xc3\x84"), b"\x01\x01\xff")
        self.assertEqual(role(certificate(critical, BASIC)), "Wartung \u00c4")

    def test_none(self):
        self.assertEqual(role(certificate()), "")
        self.assertEqual(role(certificate(BASIC)), "")

    def test_what_only_looks_like_one(self):
        """A name that holds the bytes of the extension is a name."""
        self.assertEqual(role(certificate(BASIC, name=OPERATOR)), "")

    def test_two(self):
        self.assertRaises(ValueError, role, certificate(OPERATOR, extension(ROLE, tlv(0x0C, b"reader"))))

    def test_of_another_type(self):
        self.assertRaises(ValueError, role, certificate(extension(ROLE, tlv(0x13, b"operator"))))

    def test_cut_and_broken(self):
        whole = certificate(BASIC, OPERATOR)
        for n in range(len(whole)):
            self.assertRaises(ValueError, role, whole[:n])
        for at in range(len(whole)):
            for value in (0, 0x7F, 0x80, 0x84, 0xFF):
                broken = bytearray(whole)
                broken[at] = value
                try:
                    role(bytes(broken))
                except ValueError:  # nothing else, whatever it is
                    pass


if __name__ == "__main__":
    unittest.main()
