"""Sound levels over time for meters that say only what it is now: LAeq, LAFmax, LAFmin, L5 to L95, SD, Ld, Ln, Ldn.

Takes the level of each second. `laeq` and the statistical levels are of the last full period, `laeq_hour` of the last
full hour, `ld`, `ln` and `ldn` of the last full day (06-22 h) and night (22-06 h). What the meter says itself is left to it.
A mean of levels is energetic. A period that was heard for less than 75 % is uncertain; seconds of rain or of wind above
`wind` do not count for hours, days and nights (HJ 640-2012; the 75 % are ours). Day and night survive power cuts.
---
title_zh = "噪声统计"
on_request = true
requires_capability = "noise"
capability = "noise"
points = ["laeq", "lafmax", "lafmin", "l5", "l10", "l50", "l90", "l95", "sd", "laeq_hour", "ld", "ln", "ldn"]

[options.period_min]
type = "int"
default = 10
low = 1
high = 60
unit = "min"
en = "Period of LAeq and of the statistical levels"
zh = "等效声级与累积百分声级的统计周期"

[options.wind]
type = "float"
default = 5
low = 0
high = 60
unit = "m/s"
en = "Above this wind (weather.wind_speed) levels are those of the wind"
zh = "风速（weather.wind_speed）高于该值时不计入小时与昼夜值"
"""

from pole import clock, seldom
from pole.protocol import noise
from pole.quality import GOOD, UNCERTAIN

_WRITE_S = 1800
_HOLD_S = 10
_BACK_S = 3600


class Ear:
    """One meter. `places`: short name -> place of the points that are ours to put."""

    def __init__(self, pole, la, places, period_s, keep):
        self.store = pole.store
        self.la = la
        self.places = places
        self.sums = noise.Sums(period_s)
        self.histogram = noise.Histogram()
        self.period_s = period_s
        self.keep = pole.keep(keep, _WRITE_S)
        pole.kept[-1] = self  # its `flush` is ours
        self.ld = None  # of the day before the night that runs, with its quality
        self._adopted = False

    def step(self, up, local, seconds, fair):
        """A look; what it hears stands for `seconds`, 0 while somebody works there."""
        store = self.store
        ended = self.sums.second(up, local)
        found = local is not None and not self._adopted
        if ended or found:
            self._adopted = self._adopted or found
            try:
                self._tell(ended, found)
            finally:  # whatever went wrong, a period's seconds do not count for the next
                if ended & self.sums.PERIOD:
                    self.histogram.clear()
        q = store.quality(self.la)
        if seconds and (q == GOOD or q == UNCERTAIN):
            tenths = store.raw(self.la)
            self.sums.add(tenths, seconds, fair)
            self.histogram.add(tenths, seconds)
        if up - self.keep.at >= _WRITE_S:
            self.flush()

    def _tell(self, ended, found):
        from pole.protocol import noise_levels

        noise_levels.tell(self, ended)
        if found:
            noise_levels.adopt(self)
        seldom.forget(noise_levels)

    def flush(self):
        """Write the day and the night that run. False: it did not work."""
        if not self._adopted:  # what lies there waits for the clock
            return True
        from pole.protocol import noise_levels

        noise_levels.keep(self)
        seldom.forget(noise_levels)
        done = self.keep.flush()
        self.keep.at = clock.uptime_s()
        return done


class Service:
    """Finds the meters as they are built; a look a second."""

    def __init__(self, pole, options):
        self.pole = pole
        self.options = options
        self.offset_s = 60 * pole.site.get("tz_min", 0)
        self.ears = []
        self._found = []
        self._wind = pole.store.find("weather.wind_speed")
        self._rain = pole.store.find("weather.raining")
        self._work = pole.store.find("node.maintenance")
        self._limit = round(options["wind"] * 10 ** pole.store.decimals(self._wind)) if self._wind >= 0 else 0
        self.seen = -1  # uptime of the last step
        self._newest = -_BACK_S  # of the clock: no second counts twice

    def look(self):
        """New meters among the built peripherals."""
        store = self.pole.store
        for driver, names in self.pole.drivers("noise"):
            if "la" in names and driver not in self._found:
                head = store.name(names["la"])[:-2]
                ours = {}
                for i in range(store.n):
                    name = store.name(i)
                    short = name[len(head) :]
                    if name.startswith(head) and "." not in short and short not in names:
                        ours[short] = i
                keep = "noise" if head == "noise." else "noise" + head[6:-1]
                self.ears.append(Ear(self.pole, names["la"], ours, 60 * self.options["period_min"], keep))
                self._found.append(driver)

    def settle(self):
        Service.look = None
        return self.ears + [ear.sums for ear in self.ears] + [ear.histogram for ear in self.ears]

    def fair(self):
        """Neither rain nor the microphone's own wind."""
        store = self.pole.store
        if self._wind >= 0 and store.valid(self._wind) and store.raw(self._wind) > self._limit:
            return False
        return self._rain < 0 or not store.valid(self._rain) or not store.raw(self._rain)

    def step(self):
        """Hear every meter once."""
        up, now = clock.uptime_s(), clock.now()
        seconds = 1 if self.seen < 0 or up - self.seen > _HOLD_S else up - self.seen
        self.seen = up
        local = None if now is None else now + self.offset_s
        if local is not None:
            if -_BACK_S < local - self._newest <= 0:
                return  # the clock went back a little
            self._newest = local
        if self._work >= 0 and self.pole.store.raw(self._work):
            seconds = 0
        fair = self.fair()
        for ear in self.ears:
            ear.step(up, local, seconds, fair)
