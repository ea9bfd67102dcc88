"""A Geiger tube behind a pulse output: counts a minute, dose rate, and how sure both are.

Source: Knoll, Radiation Detection and Measurement, ch. 3 (counting statistics) and 4 (dead time: true = m / (1 - m tau),
non-paralysable). The tubes' factors are those most often copied and differ by 1.6 between sources: calibrate yours, and
write its `factor`. The dead times of SBM-20 and J305 are from memory. Error of the conversion over the whole range: half a step
(0.05 a minute, 0.5 nSv/h) and a millisecond of the window's living time, 3e-6 of five minutes that are not dead.
---
title_zh = "盖革计数管（脉冲输出）"
bus = "gpio"
interrupt = true
capability = "radiation"
points = ["count_rate", "dose_rate", "uncertainty"]
wiring = "Pulse output -> pin of the chip itself; one that pulls low: active = 0 on the bus; keep the 400 V away from the board"
wiring_zh = "脉冲输出接芯片自身引脚；低电平脉冲在总线上写 active = 0；注意 400 V 高压与控制板隔离"

[options.tube]
type = "enum"
default = "sbm20"
values = ["sbm20", "j305", "lnd712"]
en = "Gives factor and dead time where they are not written"
zh = "管型（决定未填写的系数与死时间）"

[options.factor]
type = "float"
default = 0.0
low = 0
high = 10
unit = "uSv/h"
en = "Dose rate of one count a minute, from its calibration; 0: the tube's (sbm20 0.0057, j305 and lnd712 0.0081)"
zh = "每分钟一个计数对应的剂量率（校准值）；0 为管型默认值"

[options.dead_us]
type = "int"
default = 0
low = 0
high = 10000
unit = "us"
en = "Dead time; 0: the tube's (sbm20 190, j305 and lnd712 90)"
zh = "死时间；0 为管型默认值"

[options.background]
type = "float"
default = 0.0
low = 0
high = 10000
unit = "/min"
en = "Counts of the tube itself, taken off"
zh = "管自身本底计数，予以扣除"

[options.window_s]
type = "int"
default = 300
low = 30
high = 3600
unit = "s"
en = "Counts of so long are taken together; a change of more than five standard deviations begins anew"
zh = "计数累积时间；变化超过五倍标准差时重新开始"

[options.silent_s]
type = "int"
default = 120
low = 10
high = 86400
unit = "s"
en = "No pulse for so long is a dead tube or no high voltage, not a dose of zero"
zh = "无脉冲超过该时间视为计数管或高压故障"
"""

import math
from array import array

from pole import clock
from pole.errors import BAD_FRAME, DeviceFault
from pole.quality import GOOD, RANGE, UNCERTAIN, WARMING

_BIN_S = 5
_SIGMAS = 5  # three, as often advised, would begin anew several times an hour by chance alone
_WARM_UP_S = 30
_TUBES = {
    "sbm20": (57000, 190),
    "j305": (81000, 90),
    "lnd712": (81000, 90),
}  # 1e-7 uSv/h a count a minute; us


class Driver:
    period_ms = 1000 * _BIN_S

    def __init__(self, bus, options):
        factor, dead_us = _TUBES[options.get("tube", "sbm20")]
        self._factor = round(options.get("factor", 0) * 10000000) or factor
        self._dead_us = options.get("dead_us", 0) or dead_us
        self._background = round(10 * options.get("background", 0))
        self._silent_s = options.get("silent_s", 120)
        size = options.get("window_s", 300) // _BIN_S
        self._counts = array("i", bytes(4 * size))
        self._lasted = array("i", bytes(4 * size))  # ms of each bin
        self._at = self._bins = self._n = self._ms = 0
        self._pulses = bus.pulses(self._dead_us)
        self._began = clock.ticks_ms()
        self._heard = self._since = clock.uptime_s()

    def read(self, out):
        now, up = clock.ticks_ms(), clock.uptime_s()
        ms, n = clock.ticks_diff(now, self._began), self._pulses.take()
        self._began = now
        if n:
            self._heard = up
        elif up - self._heard >= self._silent_s:
            self._bins = self._n = self._ms = 0
            self._since = up
            raise DeviceFault(BAD_FRAME, "silent")
        self._add(n, ms)
        for fresh in (1, 4):  # a leap at once, a rise within seconds
            if self._bins > 2 * fresh and self._changed(fresh):
                self._keep(fresh)
        return self._say(out, up)

    def _add(self, n, ms):
        """A bin more; the oldest goes when the window is full."""
        at, size = self._at, len(self._counts)
        if self._bins == size:
            self._n -= self._counts[at]
            self._ms -= self._lasted[at]
        else:
            self._bins += 1
        self._counts[at], self._lasted[at] = n, ms
        self._n += n
        self._ms += ms
        self._at = (at + 1) % size

    def _last(self, bins, column):
        total = 0
        for k in range(bins):
            total += column[self._at - 1 - k]
        return total

    def _changed(self, bins):
        """Whether the last bins differ from those before by more than chance would have it, at their common rate."""
        before = self._bins - bins
        apart = self._last(bins, self._counts) * self._bins - self._n * bins  # bins are of one length, nearly
        apart = abs(apart) - before
        return apart > 0 and apart * apart > _SIGMAS * _SIGMAS * self._n * bins * before

    def _keep(self, bins):
        self._bins = bins
        self._n = self._last(bins, self._counts)
        self._ms = self._last(bins, self._lasted)

    def _say(self, out, up):
        n, dead = self._n, self._n * self._dead_us // 1000
        live = self._ms - dead
        if live <= dead:  # of the tube's time, half is dead: what it would count is anybody's guess
            out[0] = out[1] = out[2] = None
            return RANGE if self._ms else WARMING
        gross = (n * 600000 + (live >> 1)) // live  # 0.1 a minute
        net = max(0, gross - self._background)
        out[0] = net
        out[1] = (net * self._factor + 50000) // 100000
        out[2] = None
        if n and net:  # 1/sqrt(n), and what dead time and background make of it
            doubt = (
                int(16000 / math.sqrt(n)) * (self._ms >> 6) // (live >> 6 or 1)
            )  # 1/16 of a tenth of a percent
            out[2] = min(65000, (doubt * gross // net if net < gross else doubt) + 8 >> 4)
        if up - self._since < _WARM_UP_S:
            return WARMING
        return UNCERTAIN if 5 * dead > self._ms else GOOD
