import asyncio
import unittest

from pole import clock
from pole.hal import interface, ipv6, net

NEEDS = ("micropython", "sockets")  # a gateway's system keeps its own interfaces


class Nic:
    """As `network.WLAN` of an RP2; lwIP writes addresses in capitals."""

    def __init__(self):
        self.asked = []
        self.addresses = [("FE80::2ECF:67FF:FE00:1", 0x30, 0, 0), ("2001:DB8::7", 0x08, 0, 0)]

    def active(self, on):
        self.asked.append("active")

    def isconnected(self):
        return True

    def ifconfig(self):
        return ("192.168.4.20",)

    def ipconfig(self, name=None, **kw):
        self.asked.append(name or kw)
        return self.addresses


class Ipv6(unittest.TestCase):
    def tearDown(self):
        net.ANY[0] = "0.0.0.0"

    def test_asks_once_it_is_active_and_tells_what_may_be_used(self):
        nic, said = Nic(), []
        port = interface.Interface(nic, {"kind": "wifi", "ipv6": "auto"}, said.append)
        self.assertEqual((net.ANY, nic.asked), (["::"], []))

        async def story():
            task = asyncio.create_task(port.run(lambda: None))
            await clock.sleep_ms(20)
            task.cancel()

        asyncio.run(story())
        self.assertEqual(nic.asked, ["active", {"autoconf6": True}, "addr6"])
        self.assertEqual(sorted(said), ["IPv6 fe80::2ecf:67ff:fe00:1", "wifi, address 192.168.4.20"])

    def test_tells_what_changes_and_looks_seldom(self):
        nic, said = Nic(), []
        six = ipv6.Nic(nic, said.append)
        for _ in range(10):
            self.assertTrue(six.isconnected())
        nic.addresses[1] = ("2001:DB8::7", 0x30, 60, 60)
        for _ in range(20):
            six.isconnected()
        nic.addresses = []
        six.isconnected()
        self.assertEqual(said[1:], ["IPv6 fe80::2ecf:67ff:fe00:1, 2001:db8::7", "IPv6 lost"])
        self.assertEqual(nic.asked, ["addr6"] * 4)

    def test_who_does_not_ask_pays_nothing(self):
        nic = Nic()
        port = interface.Interface(nic, {"kind": "wifi"}, None)
        self.assertEqual((port._nic is nic, net.ANY), (True, ["0.0.0.0"]))

    def test_addresses_as_lists_of_clients_have_them(self):
        for text, found in (
            ("::", "0:0:0:0:0:0:0:0"),
            ("::1", "0:0:0:0:0:0:0:1"),
            ("FE80::", "fe80:0:0:0:0:0:0:0"),
            ("2001:DB8::A:0:1", "2001:db8:0:0:0:a:0:1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ):
            self.assertEqual(ipv6.whole(text), found)
        self.assertEqual(net._peer(("2001:DB8::1", 5)), "2001:db8:0:0:0:0:0:1")
        self.assertEqual(net._peer(("::FFFF:10.0.0.7", 5)), "10.0.0.7")
        self.assertEqual(net._peer(("10.0.0.7", 5)), "10.0.0.7")


if __name__ == "__main__":
    unittest.main()
