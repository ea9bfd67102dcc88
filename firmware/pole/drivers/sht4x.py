"""Sensirion SHT40, SHT41, SHT45 temperature and humidity sensor.

Source: Sensirion SHT4x datasheet, 4.4 (CRC), 4.5 (commands), 4.6 (conversion: not that of the SHT3x), 4.9 (heater: a
tenth of its life at the most). The longest times are the 8.3 ms and 1.1 s of the same tables, unconfirmed.
The integers are exact: 0.005 degrees and 0.005 % at both ends of the range; the part itself is good for 0.2 and 1.8 %.
---
title_zh = "盛思锐 SHT4x 温湿度传感器"
bus = "i2c"
most_hz = 1000000
capability = "air"
points = ["temperature", "humidity", "weather.temperature", "weather.humidity", "node.temperature", "node.humidity"]
points_option = "place"
datasheet = "Sensirion SHT4x, version 2 and later"
wiring = "VDD 3.3 V (never 5 V), SDA, SCL; the address is in the part's name: SHT4x-A 0x44, -B 0x45, -C 0x46"
wiring_zh = "VDD 接 3.3 V（不可接 5 V），SDA、SCL；地址由型号决定：SHT4x-A 为 0x44，-B 为 0x45，-C 为 0x46"

[points_of]
air = ["temperature", "humidity"]
weather = ["weather.temperature", "weather.humidity"]
cabinet = ["node.temperature", "node.humidity"]

[options.address]
type = "enum"
default = 0x44
values = [0x44, 0x45, 0x46]
en = "I2C address"
zh = "I2C 地址"

[options.place]
type = "enum"
default = "air"
values = ["air", "weather", "cabinet"]
en = "Whose temperature and humidity it is"
zh = "测量位置：空气（air）、气象（weather）或设备舱（cabinet）"

[options.dry_above]
type = "int"
default = 0
low = 0
high = 100
unit = "%"
en = "Heat the sensor for a second (200 mW) when it reads as much: it may be wet. 0: never"
zh = "读数达到该值时以 200 mW 加热 1 秒除湿；0 为不加热"

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

_MEASURE = 0xFD  # high precision
_MEASURE_MS = 10  # 8.3 at most
_RESET, _SERIAL = 0x94, 0x89
_HEAT = 0x39
_HEAT_MS = 1110


class Driver(Reading):
    """`serial`: its number, eight hexadecimal digits, once it answered."""

    period_ms = 10000

    def __init__(self, bus, options):
        self._bus = bus
        self._address = options.get("address", 0x44)
        self._tenths = options.get("place") == "cabinet"
        self._drying = Drying(100 * options.get("dry_above", 0), 60 * options.get("dry_every_min", 60))
        self._ready = False
        self._op = bytearray(1)
        self._data = bytearray(6)
        self.serial = ""

    async def rounds(self):
        while True:
            now, out = clock.uptime_s(), self._out
            try:
                if not self._ready:
                    await self._begin()
                    self._ready = True
                self._send(_MEASURE)
                await clock.sleep_ms(_MEASURE_MS)
                self._fetch()
                out[0] = sensirion.celsius(sensirion.word(self._data, 0))
                humidity = sensirion.share(sensirion.word(self._data, 1), 12500) - 600
                out[1] = max(0, min(10000, humidity))  # DS 4.6: a little beyond both ends is usual
                if self._drying.due(out[1], now):
                    self._send(_HEAT)
                    await clock.sleep_ms(_HEAT_MS)
                    self._fetch()  # it goes out by itself
            except PoleError:
                self._ready = False
                raise
            if self._tenths:
                out[0], out[1] = (out[0] + 5) // 10, (out[1] + 5) // 10
            yield self._drying.told(out, now)

    async def _begin(self):
        """An SHT3x at the same address has no such number."""
        self._send(_RESET)
        await clock.sleep_ms(2)
        self._send(_SERIAL)
        await clock.sleep_ms(2)
        self._fetch()
        data = self._data
        self.serial = "%02x%02x%02x%02x" % (data[0], data[1], data[3], data[4])

    def _send(self, op):
        self._op[0] = op
        self._bus.writeto(self._address, self._op)

    def _fetch(self):
        """The two words that a command brings."""
        self._bus.readfrom_into(self._address, self._data)
        sensirion.check(self._data, 2)
