import unittest

from pole.errors import BusError
from pole.protocol.expander_pin import Pin


class Port:
    def __init__(self, levels=0, there=True):
        self.levels, self.there = levels, there
        self.heard = []

    def claim(self, bit, out, pull):
        self.heard.append(("claim", bit, out, pull))
        if not self.there:
            raise BusError()

    def put(self, bit, level):
        self.heard.append(("put", bit, level))
        if not self.there:
            raise BusError()

    def inputs(self):
        return self.levels


class Pins(unittest.TestCase):
    def test_an_input(self):
        port = Port(0b0100)
        self.assertEqual(Pin(port, {"pin": 2, "pull": "up"}).value(), 1)
        self.assertEqual(Pin(port, {"pin": 1}).value(), 0)
        self.assertEqual(Pin(port, {"pin": 2, "active": 0}).value(), 0)
        self.assertEqual(port.heard[0], ("claim", 4, None, "up"))

    def test_an_output_has_its_level_before_its_direction(self):
        port = Port()
        pin = Pin(port, {"pin": 3, "out": True, "active": 0, "value": 0})
        self.assertEqual(port.heard, [("put", 8, 1), ("claim", 8, True, None)])
        pin.value(1)
        self.assertEqual(port.heard[-1], ("put", 8, 0))

    def test_a_chip_that_is_not_there_yet(self):
        pin = Pin(Port(there=False), {"pin": 0, "out": True})
        with self.assertRaises(BusError):
            pin.value(1)
