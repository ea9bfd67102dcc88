"""GNSS receiver that talks NMEA 0183: position, satellites, and the time for the whole pole.

BeiDou sentences come with talker GB (NMEA 4.11) or BD (Chinese modules); one receiver after another says GP, GL,
GA, GN. The clock is set when a fix vouches for the time and two epochs agree; without a fix a receiver only has
its own battery-backed clock, and is trusted as such. A receiver whose 10-bit GPS week has rolled over is 1024
weeks behind: it is brought forward (IS-GPS-200, 20.3.3.3.1.1).
---
title_zh = "北斗/GNSS 定位授时模块（NMEA 0183）"
bus = "uart"
baud = 9600
capability = "gnss"
points = ["lat", "lon", "altitude", "speed", "course", "fix", "satellites_used", "satellites_in_view",
  "beidou_used", "beidou_in_view", "hdop", "fix_type", "utc", "antenna", "bad_sentences"]
datasheet = "NMEA 0183 v4.11; BD 420010-2015 for BeiDou sentences"
wiring = "VCC 3.3 V, TX -> board RX, RX <- board TX (may stay open); antenna with a clear view of the sky"
wiring_zh = "VCC 接 3.3 V，TX 接板 RX，RX 接板 TX（可不接）；天线须无遮挡"

[options.period_s]
type = "int"
default = 1
low = 1
high = 3600
unit = "s"
en = "A reading so often; the receiver itself speaks every second"
zh = "读数间隔；接收机每秒输出"

[options.set_clock]
type = "bool"
default = true
en = "The pole takes its time from this receiver"
zh = "由此接收机授时"
"""

from pole import clock
from pole.again import Reading
from pole.codec.nmea import IGNORED, ROOM
from pole.codec.nmea_fix import Fix
from pole.errors import BAD_FRAME, NO_ANSWER, BusError, DeviceFault
from pole.quality import GOOD

_GAP_MS = 100  # a burst is over when the line is quiet for so long
_NAP_BYTES = 224  # so many may gather in the port's ring before they are fetched, or half of what it holds
_SILENCE_MS = 5000  # slow receivers speak every few seconds
_FLOOR = 126230400  # 2024-01-01: no pole ran before that
_DAY_MS = 86400000
_WEEKS_1024 = 619315200  # seconds in which a 10-bit week number comes round
_AGAIN_S = 600  # the clock is compared every second and set so often at most


class Driver(Reading):
    """`bad`: sentences refused since the start."""

    period_ms = 0

    def __init__(self, bus, options):
        self._bus = bus
        self._fix = Fix()
        self._nap = min(_NAP_BYTES, getattr(bus, "holds", 512) // 2)  # characters
        self._nap_ms = self._nap * getattr(bus, "char_us", 1042) // 1000
        self._period_ms = 1000 * options.get("period_s", 1)
        self._set_clock = options.get("set_clock", True)
        self._told = -1  # time of day of the last reading
        self._told_at = None  # and its ticks
        self._read_at = self._began = clock.ticks_ms()  # ticks of the last bytes, and of the first of this epoch
        self._waiting = False
        self._ahead = None  # what the last epoch said: UTC minus uptime
        self._set_at = None  # uptime

    def settle(self):
        return [self._fix]

    @property
    def bad(self):
        counts = self._fix.counts
        return sum(counts) - counts[IGNORED]

    async def rounds(self):
        """Wait for the end of an epoch. BusError after 5 s of silence, DeviceFault when what comes is no NMEA.

        It is whole when another time begins, or when the line falls quiet after its burst.
        """
        fix, bus = self._fix, self._bus
        while True:
            asked = clock.ticks_ms()
            heard, self._waiting = self._waiting, False  # the first sentence of this epoch has ended the last one
            self._began = self._read_at
            n = 0
            while not fix.drain(n):
                if n >= self._nap - 16:  # the burst goes on: let some more gather, unless it has
                    await clock.sleep_ms(self._nap_ms if n < ROOM else 0)
                quiet = clock.ticks_add(clock.ticks_ms(), _GAP_MS if fix.fresh else _SILENCE_MS)
                while True:
                    n = bus.take(fix.space())
                    self._read_at = clock.ticks_ms()
                    left = clock.ticks_diff(quiet, self._read_at)
                    if n or left <= 0:
                        break
                    await clock.sleep_ms(min(left, bus.poll_ms))
                if n:
                    if not heard:
                        heard = True
                        self._began = self._read_at
                        await clock.sleep_ms(self._nap_ms)
                elif fix.close():
                    break
                if clock.ticks_diff(self._read_at, asked) >= _SILENCE_MS:
                    self._give_up(heard)
            else:
                self._waiting = True
            if fix.date:
                self._time()
            if self._due():
                self._take()
                yield GOOD

    def _give_up(self, heard):
        self._fix.forget()
        self._ahead = None
        raise DeviceFault(BAD_FRAME, "no NMEA sentence: wrong baud rate?") if heard else BusError(NO_ANSWER)

    def _due(self):
        """By the receiver's own time, since bursts of different lengths end when they end; by ours if it has none."""
        now, told = clock.ticks_ms(), self._fix.time_ms
        if (
            self._told_at is None
            or (told - self._told) % _DAY_MS >= self._period_ms - 100
            or clock.ticks_diff(now, self._told_at) >= self._period_ms + 900
        ):
            self._told, self._told_at = told, now
            return True
        return False

    def _take(self):
        fix, out = self._fix, self._out
        placed = fix.placed
        out[0] = fix.lat if placed else None
        out[1] = fix.lon if placed else None
        out[2] = _shorter(fix.altitude, 100)
        out[3] = _shorter(fix.speed, 10)
        out[4] = _shorter(fix.course, 10)
        out[5] = fix.fix if placed else 0
        out[6] = fix.used()
        out[7] = fix.in_view()
        out[8] = fix.beidou_used()
        out[9] = fix.in_view(True)
        out[10] = _shorter(fix.hdop, 10)
        out[11] = fix.quality
        out[12] = self._utc() if fix.valid else None
        out[13] = fix.antenna
        out[14] = self.bad

    def _utc(self):
        """Seconds since 2020-01-01 of this epoch, brought forward past week roll-overs; None without a date."""
        fix = self._fix
        if not fix.date or fix.time_ms < 0:
            return None
        days = clock.days_2020(fix.date // 10000, fix.date // 100 % 100, fix.date % 100)
        seconds = days * 86400 + fix.time_ms // 1000
        if fix.valid:
            while seconds < _FLOOR:
                seconds += _WEEKS_1024
        return seconds

    def _time(self):
        """Set the clock, when two epochs agree."""
        seconds = self._utc()
        if not self._set_clock or seconds is None or seconds < _FLOOR:
            return
        late_ms = clock.ticks_diff(clock.ticks_ms(), self._began)  # since the second began, or a little less
        seconds += (late_ms + 500) // 1000
        up = clock.uptime_s()
        before, self._ahead = self._ahead, seconds - up
        source = clock.GNSS if self._fix.valid else clock.RTC
        if before is None or abs(self._ahead - before) > 1 or clock.trust() > source:
            return
        right = clock.trust() == source and abs(clock.now() - seconds) <= 1
        if not right or self._set_at is None or up - self._set_at >= _AGAIN_S:
            self._set_at = up
            clock.set_time(seconds, source)


def _shorter(value, by):
    """A fixed-point number with fewer digits, rounded."""
    return None if value is None else (value + by // 2) // by
