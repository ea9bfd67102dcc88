"""Sensirion SCD40, SCD41, SCD43 carbon dioxide sensor: a measurement each 5 s, or each 30 s to save power.

Source: Sensirion SCD4x datasheet V1.3 (2022), 3.4 to 3.10 (table 9: commands and times), 3.11 (CRC). Settings are told at
each start and never stored in it: its memory bears 2000 writes. What an SCD43 has beyond is unconfirmed.
CO2 is a whole word, so without error; temperature and humidity are exact to 0.005 degrees and 0.005 % at both ends.
---
title_zh = "盛思锐 SCD4x 二氧化碳传感器"
bus = "i2c"
most_hz = 100000
capability = "air"
points = ["co2", "temperature", "humidity"]
points_option = "points"
datasheet = "Sensirion SCD4x V1.3"
wiring = "VDD 3.3 V that bears peaks of 205 mA, SDA, SCL; the address is always 0x62"
wiring_zh = "VDD 接 3.3 V（峰值电流 205 mA），SDA、SCL；地址固定为 0x62"

[options.address]
type = "int"
default = 0x62
low = 0x62
high = 0x62
en = "I2C address"
zh = "I2C 地址"

[options.points]
type = "list"
default = ["co2", "temperature", "humidity"]
en = "What it serves: leave out what a better sensor of the pole measures"
zh = "所提供的测点；杆上已有更好的温湿度传感器时可只留 co2"

[options.mode]
type = "enum"
default = "periodic"
values = ["periodic", "low_power"]
en = "A measurement each 5 s or each 30 s"
zh = "每 5 秒或每 30 秒测量一次"

[options.altitude]
type = "int"
default = 0
low = 0
high = 3000
unit = "m"
en = "Height of the site above the sea, for the pressure of its air"
zh = "安装点海拔，用于气压补偿"

[options.pressure]
type = "int"
low = 700
high = 1200
unit = "hPa"
en = "Usual air pressure at the site; it wins over the altitude"
zh = "安装点常年气压；填写后不再按海拔补偿"

[options.temperature_offset]
type = "float"
default = 4.0
low = 0
high = 20
unit = "K"
en = "How much warmer the sensor is than the air around its housing"
zh = "传感器温度高出外壳周围空气的度数"

[options.self_calibration]
type = "bool"
default = true
en = "Take the lowest value of a week as fresh air (400 ppm); false where there is no fresh air"
zh = "以一周内最低值为新鲜空气（400 ppm）自动校准；无新鲜空气处应设为 false"

[options.self_test]
type = "bool"
default = true
en = "Let it test itself for 10 s after the pole has started"
zh = "杆体启动后令其自检 10 秒"
"""

from pole import clock
from pole.again import Reading
from pole.codec import sensirion
from pole.errors import BAD_FRAME, DeviceFault, PoleError
from pole.quality import GOOD, RANGE, WARMING

_NAMES = ("co2", "temperature", "humidity")
_START = {"periodic": 0x21B1, "low_power": 0x21AC}
_STOP, _STOPPED_MS = 0x3F86, 510
_READ, _READY = 0xEC05, 0xE4B8
_SERIAL, _TEST, _TEST_MS = 0x3682, 0x3639, 10010
_OFFSET, _ALTITUDE, _CALIBRATE, _PRESSURE = 0x241D, 0x2427, 0x2416, 0xE000
_COMMAND_MS = 2  # 1 in table 9
_PATIENCE_MS = 7000
_LOOK_MS = 250
_MOST_PPM = 40000  # 1.1: what it can say at all


class Driver(Reading):
    """`serial`: its number, twelve hexadecimal digits, once it answered."""

    period_ms = 5000

    def __init__(self, bus, options):
        self._bus = bus
        self._address = options.get("address", 0x62)
        self._which = tuple([_NAMES.index(name) for name in options.get("points", _NAMES)])
        self._start = _START[options.get("mode", "periodic")]
        if self._start == 0x21AC:
            self.period_ms = 30000
        self._settings = [
            (_OFFSET, (int(100 * options.get("temperature_offset", 4.0) + 0.5) * 13107 + 1750) // 3500),
            (_ALTITUDE, options.get("altitude", 0)),
            (_CALIBRATE, 1 if options.get("self_calibration", True) else 0),
        ]
        if options.get("pressure"):
            self._settings.append((_PRESSURE, options["pressure"]))
        self._test = options.get("self_test", True)
        self._ready = False
        self._misses = 0  # in a row
        self._op = bytearray(2)
        self._setting = bytearray(5)
        self._data = bytearray(9)
        self._word = memoryview(self._data)[:3]
        self.serial = ""

    async def rounds(self):
        while True:
            if not self._ready:
                yield await self._begin()
                continue
            begun = clock.ticks_ms()
            try:
                while True:  # until there is something new: reading twice in an interval is refused
                    self._send(_READY)
                    await clock.sleep_ms(_COMMAND_MS)
                    if self._is_new(begun):
                        break
                    await clock.sleep_ms(_LOOK_MS)
                self._send(_READ)
                await clock.sleep_ms(_COMMAND_MS)
                self._fetch(self._data)
                quality = self._take(self._out)
            except PoleError:
                self._misses += 1
                self._ready = self._misses < 2  # a single one may be noise: a new start takes long
                raise
            self._misses = 0
            yield quality

    def _is_new(self, begun):
        self._fetch(self._word)
        if sensirion.word(self._data, 0) & 0x7FF:  # 3.8.2: the upper bits mean nothing
            return True
        if clock.ticks_diff(clock.ticks_ms(), begun) > _PATIENCE_MS:
            raise DeviceFault(BAD_FRAME, "no data")
        return False

    def _take(self, out):
        co2 = sensirion.word(self._data, 0)
        if not co2:
            raise DeviceFault(BAD_FRAME, "0 ppm")
        for k in range(len(out)):
            which = self._which[k]
            value = sensirion.word(self._data, which)
            if which:
                value = sensirion.celsius(value) if which == 1 else sensirion.share(value, 10000)
            out[k] = value
        return RANGE if co2 > _MOST_PPM else GOOD

    async def _begin(self):
        """There is no measurement yet."""
        self._send(_STOP)  # while it measures it hears little else
        await clock.sleep_ms(_STOPPED_MS)
        self._send(_SERIAL)
        await clock.sleep_ms(_COMMAND_MS)
        self._fetch(self._data)
        data = self._data
        self.serial = "%02x%02x%02x%02x%02x%02x" % (data[0], data[1], data[3], data[4], data[6], data[7])
        if self._test:
            self._send(_TEST)
            await clock.sleep_ms(_TEST_MS)
            self._fetch(self._word)
            if data[0] or data[1]:
                raise DeviceFault(BAD_FRAME, "self test %d" % sensirion.word(data, 0))
            self._test = False  # once after power-up: who restarts it later wants values
        for op, value in self._settings:
            sensirion.pack(self._setting, 2, value)
            self._setting[0], self._setting[1] = op >> 8, op & 255
            self._bus.writeto(self._address, self._setting)
            await clock.sleep_ms(_COMMAND_MS)
        self._send(self._start)
        self._ready = True
        if self._misses:  # what it lacked before, it may lack still
            raise DeviceFault(BAD_FRAME, "started anew")
        for k in range(len(self._out)):
            self._out[k] = None
        return WARMING

    def _send(self, op):
        self._op[0], self._op[1] = op >> 8, op & 255
        self._bus.writeto(self._address, self._op)

    def _fetch(self, buf):
        """Fill `buf` with words."""
        self._bus.readfrom_into(self._address, buf)
        sensirion.check(buf, len(buf) // 3)
