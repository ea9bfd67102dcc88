"""Maxim DS3231 clock: the time from the first second on, after any power cut, and the cabinet's temperature.

Source: Maxim 19-5170 (registers of figure 1). UTC is kept, 24 hours, day 1 is Sunday; the century bit is set for 20xx as
Linux does it and not believed, since that is a convention. Its oscillator-stop flag says that the time is worthless.
---
title_zh = "DS3231 实时时钟"
bus = "i2c"
capability = "node"
points = ["temperature"]
points_option = "points"
datasheet = "Maxim 19-5170"
wiring = "VCC 3.3 V, SDA, SCL, a CR2032 at VBAT; modules that charge it need a LIR2032 or their diode removed"
wiring_zh = "VCC 3.3 V、SDA、SCL，VBAT 接 CR2032；带充电电路的模块须用 LIR2032 或拆除二极管"

[options.address]
type = "int"
default = 0x68
low = 0x68
high = 0x68
en = "I2C address"
zh = "I2C 地址"

[options.points]
type = "list"
default = []
en = "[\\"temperature\\"]: its own sensor, 0.25 degrees, tells the temperature in the cabinet"
zh = "[\\"temperature\\"]：用其内部温度传感器（0.25 ℃）作舱内温度"
"""

from pole import clock
from pole.errors import BAD_FRAME, DeviceFault
from pole.quality import GOOD

_SECONDS, _STATUS, _TEMPERATURE = 0x00, 0x0F, 0x11
_OSF = 0x80
_APART_S = 2  # more, and somebody has set the pole's clock
_BORN = 126230400  # 2024-01-01: what is before is no time of ours


class Driver:
    """`lost`: it has no time; `written`: how often it was set."""

    period_ms = 10000

    def __init__(self, bus, options):
        self._bus = bus
        self._address = options.get("address", 0x68)
        self._time = bytearray(7)
        self._two = bytearray(2)
        self._one = bytearray(1)
        self.lost = True
        self.written = 0

    def read(self, out):
        self._keep_time()
        if out:
            self._bus.readfrom_mem_into(self._address, _TEMPERATURE, self._two)
            high = self._two[0] - 256 if self._two[0] > 127 else self._two[0]
            out[0] = (high * 4 + (self._two[1] >> 6)) * 10 // 4
        if self.lost:
            raise DeviceFault(BAD_FRAME, "no time")
        return GOOD

    def _keep_time(self):
        """The better of both clocks sets the other one: anybody else's word is better than this one's."""
        chip, now = self._chip_time(), clock.now()
        self.lost = chip is None
        if now is None:
            if chip is not None:
                clock.set_time(chip, clock.RTC)
        elif chip is None or self._differ(chip, now):
            self._write(now)
            self.lost = False
        elif clock.trust() == clock.RTC:
            clock.set_time(chip, clock.RTC)  # 2 ppm here, 40 in a board's crystal

    def _differ(self, chip, now):
        apart = abs(chip - now)
        return apart >= _APART_S if clock.trust() == clock.RTC else apart >= 1

    def _chip_time(self):
        """Seconds since 2020-01-01, None when it has none."""
        self._bus.readfrom_mem_into(self._address, _STATUS, self._one)
        if self._one[0] & _OSF:
            return None
        self._bus.readfrom_mem_into(self._address, _SECONDS, self._time)
        t = self._time
        hour = _hour(t[2])
        year, month, day = 2000 + _number(t[6]), _number(t[5] & 0x1F), _number(t[4])
        minute, second = _number(t[1]), _number(t[0])
        if not (1 <= month <= 12 and 1 <= day <= 31 and 0 <= hour < 24 and minute < 60 and second < 60):
            raise DeviceFault(BAD_FRAME, "no date")
        seconds = clock.seconds_2020(year, month, day, hour, minute, second)
        return seconds if seconds >= _BORN else None

    def _write(self, seconds):
        """All seven at once, which starts its second anew; then the flag that it had stopped."""
        year, month, day, hour, minute, second, weekday = clock.date(seconds)
        fields = second, minute, hour, (weekday + 1) % 7 + 1, day, month, year % 100
        for k in range(7):
            self._time[k] = fields[k] // 10 << 4 | fields[k] % 10
        self._time[5] |= 0x80
        self._bus.writeto_mem(self._address, _SECONDS, self._time)
        self._bus.readfrom_mem_into(self._address, _STATUS, self._one)
        self._one[0] &= 0x7F
        self._bus.writeto_mem(self._address, _STATUS, self._one)
        self.written += 1


def _number(bcd):
    return (bcd >> 4) * 10 + (bcd & 15)


def _hour(byte):
    """24 hours, or 12 with bit 5 for the afternoon where another has set bit 6."""
    if not byte & 0x40:
        return _number(byte & 0x3F)
    return _number(byte & 0x1F) % 12 + (12 if byte & 0x20 else 0)
