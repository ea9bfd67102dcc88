import unittest

from asked import Asked
from pole import errors
from pole.codec import modbus
from pole.drivers.modbus_lamp import Driver
from pole.quality import GOOD
from sampled import reading

WB = {"address": 1, "channel": 1, "register": 0, "full": 255, "curve": "log", "fade": [13, 10, 2, 500]}
EIGHT = {"address": 1, "channel": 1, "register": 0, "full": 255, "curve": "linear"}


class Bus(Asked):
    """A dimmer that does as told, or not."""

    def __init__(self, **registers):
        self.registers = {int(k[1:]): v for k, v in registers.items()}
        self.asked = []
        self.obeys = True
        self.silent = False

    async def exchange(self, address, pdu, n, reply):
        if self.silent:
            raise errors.BusError()
        self.asked.append(bytes([address]) + bytes(pdu[:n]))
        function, register, word = pdu[0], pdu[1] << 8 | pdu[2], pdu[3] << 8 | pdu[4]
        if function == 6:
            if self.obeys:
                self.registers[register] = word
            reply[:5] = pdu[:5]
            return 5
        value = self.registers.get(register, 0)
        reply[:4] = bytes((3, 2, value >> 8, value & 255))
        return 4


class Lamp(unittest.TestCase):
    def lamp(self, options, bus=None, **more):
        self.bus = bus or Bus()
        given = dict(options)
        given.update(more)
        return Driver(self.bus, given)

    def read(self, driver):
        del self.bus.asked[:]
        out = [None, None]
        self.assertEqual(reading(driver, out), GOOD)
        return out

    def sealed(self, asked):
        frame = bytearray(asked) + bytearray(2)
        return bytes(frame[: modbus.seal(frame, len(asked))])

    def test_published_frames(self):
        driver = self.lamp(EIGHT, channel=4)  # modbus.cn/33623
        driver.set(255)  # 65 of 255
        self.read(driver)
        self.assertEqual(self.sealed(self.bus.asked[1]), bytes.fromhex("010600030041b9fa"))
        driver = self.lamp(WB)  # WB-MRGBW-D register map: green to 128
        driver.set(128)
        driver._fade = None
        driver._value = lambda level: 128
        self.read(driver)
        self.assertEqual(self.sealed(self.bus.asked[-1]), bytes.fromhex("01060000" + "0080886a"))

    def test_the_power_on_level_is_sent_first(self):
        driver = self.lamp(EIGHT, power_on_level=40.0)
        self.assertEqual((driver.level, self.read(driver)), (400, [400, 1]))
        self.assertEqual(self.bus.registers, {0: 102})

    def test_nothing_is_sent_again(self):
        driver = self.lamp(EIGHT)
        self.read(driver)
        for _ in range(5):
            self.assertEqual(self.read(driver), [1000, 1])
            self.assertEqual(len(self.bus.asked), 1)

    def test_levels_come_back_as_wanted(self):
        for options in (EIGHT, WB):
            driver = self.lamp(options)
            for level in (1000, 999, 500, 333, 10, 1, 0):
                driver.set(level)
                self.assertEqual(self.read(driver), [level, 1 if level else 0])
                driver._until = 0
                self.assertEqual(self.read(driver), [level, 1 if level else 0])

    def test_the_dimmer_lost_its_power(self):
        driver = self.lamp(EIGHT)
        self.read(driver)
        self.bus.registers[0] = 0
        self.read(driver)
        self.assertEqual(self.bus.registers[0], 255)

    def test_it_fades_by_itself(self):
        driver = self.lamp(WB)
        self.read(driver)
        driver.fade(0, 1500)
        self.read(driver)
        self.assertEqual((self.bus.registers[13], self.bus.registers[0]), (150, 0))
        self.assertEqual(len(self.bus.asked), 3)
        driver.fade(500, 1500)
        self.read(driver)
        self.assertEqual(len(self.bus.asked), 2)  # the fade time is there already
        driver.fade(0, 999999)
        self.read(driver)
        self.assertEqual(self.bus.registers[13], 500)
        driver.set(500)
        self.read(driver)
        self.assertEqual(self.bus.registers[13], 2)

    def test_one_that_does_not_follow(self):
        driver = self.lamp(EIGHT)
        self.bus.obeys = False
        for _ in range(3):
            self.read(driver)
        for _ in range(3):
            with self.assertRaises(errors.DeviceFault):
                self.read(driver)
        self.bus.obeys = True
        with self.assertRaises(errors.DeviceFault):
            self.read(driver)
        self.assertEqual(self.read(driver), [1000, 1])

    def test_one_that_does_not_answer(self):
        driver = self.lamp(EIGHT)
        self.bus.silent = True
        driver.set(0)
        with self.assertRaises(errors.BusError):
            self.read(driver)
        self.bus.silent = False
        self.assertEqual(self.read(driver), [0, 0])


if __name__ == "__main__":
    unittest.main()
