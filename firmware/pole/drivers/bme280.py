"""Bosch BME280 temperature, humidity and pressure sensor; a BMP280 is one without humidity.

Source: Bosch BST-BME280-DS002 rev. 1.6, 3.5.1 (weather: forced mode, no filter), 4.2 (calibration, compensation), 5.3
(registers), 9.1 (times). It has no check of its own on the bus: settings are read back with each measurement.
Error of the integers at the ends of the range: temperature and humidity none against those of Bosch, then 0.005 of rounding;
pressure 0.4 Pa against the 64-bit formula, then 5 Pa of rounding. It warms itself by some 0.5 degrees on small boards.
---
title_zh = "博世 BME280 温湿度气压传感器"
bus = "i2c"
most_hz = 3400000
capability = "air"
points = ["temperature", "humidity", "pressure", "weather.temperature", "weather.humidity", "weather.pressure",
  "node.temperature", "node.humidity"]
points_option = "place"
datasheet = "Bosch BST-BME280-DS002-15"
wiring = "VDD and VDDIO 3.3 V, SDA, SCL, CSB to VDDIO; SDO to ground for 0x76, to VDDIO for 0x77"
wiring_zh = "VDD、VDDIO 接 3.3 V，SDA、SCL，CSB 接 VDDIO；SDO 接地为 0x76，接 VDDIO 为 0x77"

[points_of]
air = ["temperature", "humidity", "pressure"]
weather = ["weather.temperature", "weather.humidity", "weather.pressure"]
cabinet = ["node.temperature", "node.humidity"]

[options.address]
type = "enum"
default = 0x76
values = [0x76, 0x77]
en = "I2C address"
zh = "I2C 地址"

[options.place]
type = "enum"
default = "air"
values = ["air", "weather", "cabinet"]
en = "Whose temperature, humidity and pressure it is"
zh = "测量位置：空气（air）、气象（weather）或设备舱（cabinet）"
"""

from pole import clock
from pole.again import Reading
from pole.codec import bme280
from pole.errors import BAD_FRAME, DeviceFault, PoleError
from pole.quality import FAULT, GOOD, RANGE

_ID, _RESET, _HUMID, _MEASURE = 0xD0, 0xE0, 0xF2, 0xF4
_FIRST, _SECOND = 0x88, 0xE1
_ONCE_X1 = 0x01
_FORCED = 0x2D  # temperature once, pressure four times, then back to sleep
_MEASURE_MS = 18  # 9.1: 16.2 at most
_BUSY = 0x09  # measuring, or copying its calibration
_COLDEST, _HOTTEST = -4000, 8500


class Driver(Reading):
    period_ms = 10000
    missing = FAULT  # a BMP280 where humidity was promised

    def __init__(self, bus, options):
        self._bus = bus
        self._address = options.get("address", 0x76)
        self._tenths = options.get("place") == "cabinet"
        self._cal = None
        self._humid = True
        self._one = bytearray(1)
        self._data = bytearray(13)  # F2 to FE

    async def rounds(self):
        while True:
            try:
                if self._cal is None:
                    await self._begin()
                self._put(_HUMID, _ONCE_X1)  # 5.4.3: counts from the next write of F4 on
                self._put(_MEASURE, _FORCED)
                await clock.sleep_ms(_MEASURE_MS)
                self._bus.readfrom_mem_into(self._address, _HUMID, self._data)
                quality = self._take(self._out)
            except PoleError:
                self._cal = None
                raise
            yield quality

    def _take(self, out):
        data, cal = self._data, self._cal
        counts = data[8] << 12 | data[9] << 4 | data[10] >> 4
        if data[2] & 0xFC != _FORCED & 0xFC or data[1] & _BUSY or counts == 0x80000:
            raise DeviceFault(BAD_FRAME, "not measured")
        fine = bme280.fine(counts, cal)
        celsius = out[0] = bme280.celsius(fine)
        out[1] = bme280.humidity(data[11] << 8 | data[12], fine, cal) if self._humid else None
        if self._tenths:
            out[0] = (out[0] + 5) // 10
            out[1] = (out[1] + 5) // 10 if self._humid else None
        if len(out) > 2:
            out[2] = (bme280.pressure(data[5] << 12 | data[6] << 4 | data[7] >> 4, fine, cal) + 40) // 80
        return GOOD if _COLDEST <= celsius <= _HOTTEST else RANGE

    async def _begin(self):
        self._bus.readfrom_mem_into(self._address, _ID, self._one)
        kind = self._one[0]
        if kind != 0x60 and kind != 0x58:
            raise DeviceFault(BAD_FRAME, "id %02x" % kind)
        self._put(_RESET, 0xB6)
        await clock.sleep_ms(10)  # 2 for the start, then it copies its calibration
        first, second = self._twice(_FIRST, 26), self._twice(_SECOND, 7)
        self._cal = bme280.calibration(first, second)
        self._humid = kind == 0x60
        if self._cal[3] == 0 or self._cal[0] == 0xFFFF:
            raise DeviceFault(BAD_FRAME, "no calibration")

    def _twice(self, register, count):
        """These bytes spoil all readings when they are wrong, and nothing checks them."""
        one, other = bytearray(count), bytearray(count)
        self._bus.readfrom_mem_into(self._address, register, one)
        self._bus.readfrom_mem_into(self._address, register, other)
        if one != other:
            raise DeviceFault(BAD_FRAME, "calibration")
        return one

    def _put(self, register, value):
        self._one[0] = value
        self._bus.writeto_mem(self._address, register, self._one)
