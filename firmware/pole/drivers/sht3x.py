"""Sensirion SHT30, SHT31, SHT35 temperature and humidity sensor.

Source: Sensirion SHT3x-DIS datasheet V6, tables 9 to 20: commands, conversion, CRC, status. Break (3093) and soft reset
(30A2) are confirmed in two vendors' public drivers, the longest times of a measurement are not.
The integers are exact: 0.005 degrees and 0.005 % at both ends of the range; the part itself is good for 0.2 and 2 %.
---
title_zh = "盛思锐 SHT3x 温湿度传感器"
bus = "i2c"
most_hz = 1000000
capability = "air"
points = ["temperature", "humidity", "weather.temperature", "weather.humidity", "node.temperature", "node.humidity"]
points_option = "place"
datasheet = "Sensirion SHT3x-DIS V6"
wiring = "VDD 3.3 V, SDA, SCL; ADDR to ground for 0x44, to VDD for 0x45; nRESET and ALERT stay open"
wiring_zh = "VDD 接 3.3 V，SDA、SCL；ADDR 接地为 0x44，接 VDD 为 0x45；nRESET、ALERT 悬空"

[points_of]
air = ["temperature", "humidity"]
weather = ["weather.temperature", "weather.humidity"]
cabinet = ["node.temperature", "node.humidity"]

[options.address]
type = "enum"
default = 0x44
values = [0x44, 0x45]
en = "I2C address"
zh = "I2C 地址"

[options.place]
type = "enum"
default = "air"
values = ["air", "weather", "cabinet"]
en = "Whose temperature and humidity it is"
zh = "测量位置：空气（air）、气象（weather）或设备舱（cabinet）"

[options.mode]
type = "enum"
default = "single"
values = ["single", "periodic"]
en = "Measure for each reading, or twice a second all the time"
zh = "单次测量，或每秒两次连续测量"

[options.dry_above]
type = "int"
default = 0
low = 0
high = 100
unit = "%"
en = "Heat the sensor for ten seconds when it reads as much: it may be wet. 0: never"
zh = "读数达到该值时加热 10 秒除湿；0 为不加热"

[options.dry_every_min]
type = "int"
default = 60
low = 10
high = 1440
unit = "min"
en = "But at most so often"
zh = "两次加热的最短间隔"
"""

from pole import clock
from pole.again import Reading
from pole.codec import sensirion
from pole.errors import PoleError
from pole.protocol.drying import Drying

_SINGLE = 0x2400  # high repeatability, no clock stretching
_PERIODIC = 0x2236  # high repeatability, 2 a second
_FETCH = 0xE000
_BREAK, _RESET = 0x3093, 0x30A2
_STATUS = 0xF32D
_HEATER_ON, _HEATER_OFF = 0x306D, 0x3066
_HEAT_MS = 10000
_MEASURE_MS = 17  # 15.5 at most
_FIRST_MS = 600  # of the periodic ones


class Driver(Reading):
    period_ms = 10000

    def __init__(self, bus, options):
        self._bus = bus
        self._address = options.get("address", 0x44)
        self._tenths = options.get("place") == "cabinet"
        self._periodic = options.get("mode") == "periodic"
        self._drying = Drying(100 * options.get("dry_above", 0), 60 * options.get("dry_every_min", 60))
        self._ready = False
        self._op = bytearray(2)
        self._data = bytearray(6)

    async def rounds(self):
        while True:
            now, out = clock.uptime_s(), self._out
            try:
                if not self._ready:
                    await self._begin()
                    self._ready = True
                self._send(_FETCH if self._periodic else _SINGLE)
                if not self._periodic:
                    await clock.sleep_ms(_MEASURE_MS)
                self._bus.readfrom_into(self._address, self._data)
                sensirion.check(self._data, 2)
                out[0] = sensirion.celsius(sensirion.word(self._data, 0))
                out[1] = sensirion.share(sensirion.word(self._data, 1), 10000)
                if self._drying.due(out[1], now):
                    await self._heat()
            except PoleError:
                self._ready = False
                raise
            if self._tenths:
                out[0], out[1] = (out[0] + 5) // 10, (out[1] + 5) // 10
            yield self._drying.told(out, now)

    async def _begin(self):
        """From whatever it did before to a known state, the heater off; its status has a CRC, so it is one."""
        self._send(_BREAK)  # while it measures by itself it hears little else
        await clock.sleep_ms(2)
        self._send(_RESET)
        await clock.sleep_ms(3)
        self._send(_STATUS)
        self._bus.readfrom_into(self._address, self._data)  # what comes after the word does not matter
        sensirion.check(self._data, 1)
        if self._periodic:
            self._send(_PERIODIC)
            await clock.sleep_ms(_FIRST_MS)

    async def _heat(self):
        self._ready = False  # the reset of the next reading puts the heater out, whatever happens here
        self._send(_BREAK)
        await clock.sleep_ms(2)
        self._send(_HEATER_ON)
        await clock.sleep_ms(_HEAT_MS)
        self._send(_HEATER_OFF)

    def _send(self, op):
        self._op[0], self._op[1] = op >> 8, op & 255
        self._bus.writeto(self._address, self._op)
