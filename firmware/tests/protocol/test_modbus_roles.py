import unittest

from pole import log
from pole.protocol import modbus_roles
from pole.protocol.modbus_roles import Roles


def certificate(role):
    """The least that has the extension 1.3.6.1.4.1.50316.802.1 in its place; lengths below 128."""
    said = b"\x0c" + bytes((len(role),)) + role
    for tag in (0x04, 0x30, 0x30, 0xA3, 0x30, 0x30):
        if tag == 0x30 and said[0] == 0x04:
            said = b"\x06\x0b\x2b\x06\x01\x04\x01\x83\x89\x0c\x86\x22\x01" + said
        said = bytes((tag, len(said))) + said
    return said


class Pole:
    def __init__(self):
        self.log = log.Log()


class Test(unittest.TestCase):
    def setUp(self):
        self.pole, self.tls = Pole(), {}
        self.roles = Roles(self.pole, {"writer_roles": ["operator", "fitter"]}, self.tls)

    def may(self, shown):
        self.tls["shown"] = lambda stream: shown
        return self.roles.may_write("a stream")

    def test_by_role(self):
        self.assertTrue(self.may(certificate(b"operator")))
        self.assertTrue(self.may(certificate(b"fitter")))
        for role in (b"", b"reader", b"Operator", b"operator,fitter"):
            self.assertFalse(self.may(certificate(role)))

    def test_broken(self):
        whole = certificate(b"operator")
        for n in range(1, len(whole)):
            self.assertFalse(self.may(whole[:n]))
        self.assertFalse(self.may(certificate(b"\xff\xfe")))

    def test_an_image_that_shows_none(self):
        self.assertFalse(self.may(None))
        self.assertTrue(any("shows no certificates" in line[4] for line in self.pole.log.since(0)))
        self.assertEqual(modbus_roles._WARN, log.WARN)


if __name__ == "__main__":
    unittest.main()
