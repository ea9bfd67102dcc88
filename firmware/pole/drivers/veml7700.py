"""Vishay VEML7700 ambient light sensor.

Source: Vishay 84286 (datasheet: registers, table of configuration register 0) and 84323 (application note: the flow of
fig. 24 that finds the range, and the correction of bright light).
---
title_zh = "威世 VEML7700 光照传感器"
bus = "i2c"
capability = "photocell"
points = ["illuminance", "dark", "on_threshold", "off_threshold"]
datasheet = "Vishay 84286, 84323"
wiring = "VDD 3.3 V, SDA, SCL; the address is always 0x10"
wiring_zh = "VDD 接 3.3 V，SDA、SCL；地址固定为 0x10"

[options.address]
type = "int"
default = 0x10
low = 0x08
high = 0x77
en = "I2C address"
zh = "I2C 地址"

[options.revision]
type = "enum"
default = "2019"
values = ["2019", "2022"]
en = "Resolution as the datasheets to 2019 give it (0.0036 lx a count), or the later ones (0.0042, unconfirmed)"
zh = "分辨率常数：2019 年及以前的手册为 0.0036 lx，其后为 0.0042（未证实）"

[options.window]
type = "int"
default = 100
low = 1
high = 100
unit = "%"
en = "Light that the cover lets through"
zh = "防护罩透光率"

[options.on_threshold]
type = "int"
default = 20
low = 0
high = 10000
unit = "lx"
en = "Dark below"
zh = "低于此值为天黑"

[options.off_threshold]
type = "int"
default = 40
low = 1
high = 10000
unit = "lx"
en = "Light above"
zh = "高于此值为天亮"

[options.delay_s]
type = "int"
default = 20
low = 0
high = 3600
unit = "s"
en = "For so long, before dark or light is believed"
zh = "持续该时间才判定"
"""

from pole import clock
from pole.again import Reading
from pole.errors import BAD_FRAME, OUT_OF_RANGE, DeviceFault, PoleError
from pole.protocol.photocell import Photocell
from pole.quality import GOOD, UNCERTAIN

_CONF, _ALS = 0, 4
_SHUTDOWN = 1
# (word for ALS_CONF, sensitivity in that of gain 1/8 and 25 ms, ms), from bright to dark: fig. 24 starts at the third.
# Codes of gain and time do not ascend with what they mean.
_RANGES = (
    (0x1300, 1, 25),
    (0x1200, 2, 50),
    (0x1000, 4, 100),
    (0x1800, 8, 100),
    (0x0000, 32, 100),
    (0x0800, 64, 100),
    (0x0840, 128, 200),
    (0x0880, 256, 400),
    (0x08C0, 512, 800),
)
_START = 2
_FEW, _MANY = 100, 10000  # counts, fig. 24
_CORRECTED = 4  # the ranges of gain 1/8 and 1/4 ...
_CORRECT_LX = 1000  # ... are corrected above this,
_BEYOND_LX = 20000  # and the polynomial says nothing sensible above that


class Driver(Reading):
    period_ms = 2000

    def __init__(self, bus, options):
        self._bus = bus
        self._address = options.get("address", 0x10)
        self._old = options.get("revision", "2019") == "2019"
        self._unit = (
            1152 if self._old else 1344
        )  # 1.8432 or 2.1504 lx a count at gain 1/8 and 25 ms, times 625
        self._window = options.get("window", 100)
        self._cell = Photocell(
            options.get("on_threshold", 20), options.get("off_threshold", 40), options.get("delay_s", 20)
        )
        self._range = _START
        self._data = bytearray(2)

    async def rounds(self):
        """Its settings are read each time: it may have lost its supply."""
        while True:
            for _ in range(3 * len(_RANGES)):
                if self._word(_CONF) != _RANGES[self._range][0]:
                    await self._configure()
                    continue
                counts = self._word(_ALS)
                step = (counts <= _FEW) - (counts > _MANY)
                if not step or not 0 <= self._range + step < len(_RANGES):
                    break
                self._range += step
            else:
                raise DeviceFault(BAD_FRAME, "it does not keep its settings")
            yield self._take(counts)

    def _take(self, counts):
        sensitivity = _RANGES[self._range][1]
        quality = UNCERTAIN if counts == 65535 else GOOD
        lx = counts * self._unit // (625 * sensitivity)
        if self._old and self._range < _CORRECTED and lx > _CORRECT_LX:
            if lx > _BEYOND_LX:
                lx, quality = _BEYOND_LX, UNCERTAIN
            lux = corrected(lx) / (100 * self._window)
        else:
            lux = counts * self._unit * 4 / (25 * sensitivity * self._window)
        self._cell.give(lux, clock.uptime_s(), self._out)
        return quality

    async def _configure(self):
        """Settings change in shutdown only; it wakes within 2.5 ms, and the first result takes its time and a tenth."""
        conf, _, ms = _RANGES[self._range]
        self._set(conf | _SHUTDOWN)
        self._set(conf)
        await clock.sleep_ms(3 + ms * 11 // 10 + 1)

    def _set(self, word):
        self._data[0], self._data[1] = word & 255, word >> 8
        self._bus.writeto_mem(self._address, _CONF, self._data)

    def _word(self, register):
        self._bus.readfrom_mem_into(self._address, register, self._data)
        return self._data[1] << 8 | self._data[0]  # low byte first

    def write(self, k, raw):
        if not self._cell.move(k, raw):
            raise PoleError(OUT_OF_RANGE, "on below off")


def corrected(lx):
    """84323: y = 6.0135e-13 x^4 - 9.3924e-9 x^3 + 8.1488e-5 x^2 + 1.0023 x, in 0.0001 lx; x at most 20000.

    By whole numbers of at most 30 bits: the share y / x, from its highest power down, in 1e-15, 1e-12 and 1e-8.
    """
    share = (lx * 6013 // 10 - 9392400) // 1000
    share = (81488000 + lx * share) // 10000
    return lx * ((100230000 + lx * share) // 10000)
