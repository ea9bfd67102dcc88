"""Reads every peripheral at its own pace and puts what it says into the store.

---
title_zh = "采样"
points = []
beside = { calibration = ["pole.judge"], plausibility = ["pole.judge"] }
"""

from pole import clock, errors
from pole.log import INFO, WARN
from pole.quality import COMM_FAULT, FAULT, GOOD, NEVER
from pole.supervise import Job

_MISSES = 2  # so many failures in a row make the points bad; a single bad frame does not
_RETRY_MS = 1000
_SLICE_MS = 10000


class Sampling(Job):
    """The task of one peripheral."""

    misses = 0  # in a row

    def __init__(self, peripheral):
        Job.__init__(self, peripheral.name)
        self.peripheral = peripheral
        self.out = [None] * len(peripheral.points)

    async def start(self, beat):
        try:
            driver = self.peripheral.open()
            if hasattr(driver, "start"):
                await driver.start()
        except errors.BusError:
            self.peripheral.fail(COMM_FAULT)
            raise
        except Exception:
            self.peripheral.fail(FAULT)
            raise
        period = self.peripheral.period_ms
        while True:
            beat()
            started = clock.ticks_ms()
            ok = False
            try:
                quality = driver.read(self.out)
                if type(quality) is not int:
                    quality = await quality
            except errors.BusError as error:
                self._missed(COMM_FAULT, error)
            except errors.DeviceFault as error:
                self._missed(FAULT, error)
            else:
                ok = True
                if quality != NEVER:  # NEVER: nothing new, what there is stands until it is too old
                    self._put(quality, getattr(driver, "missing", NEVER))
            wait = period - clock.ticks_diff(clock.ticks_ms(), started) if ok or period else _RETRY_MS
            while wait > 0:
                await clock.sleep_ms(min(wait, _SLICE_MS))
                wait -= _SLICE_MS
                beat()

    def _put(self, quality, missing):
        """missing: what a good reading without this value says of the point."""
        pole, points, out = self.peripheral.pole, self.peripheral.points, self.out
        sink = pole.store.judge or pole.store
        if self.misses:
            if self.misses >= _MISSES:
                pole.log.add(INFO, self.name, "answers again")
            self.misses = 0
        for k in range(len(points)):
            if points[k] >= 0:
                sink.put(points[k], out[k], missing if out[k] is None and quality == GOOD else quality)

    def _missed(self, quality, error):
        pole = self.peripheral.pole
        self.misses += 1
        pole.count(self.name + ".missed")
        if self.misses == _MISSES:
            self.peripheral.fail(quality)
            pole.log.add(WARN, self.name, "error %d %s" % (error.code, error.detail))


class Service:
    """Starts one supervised task a peripheral, and marks what went stale."""

    def __init__(self, pole, options):
        if "calibration" in options or "plausibility" in options:
            from pole.judge import Judge  # most poles do not load it

            pole.store.judge = Judge(pole.store, pole.log, options)
        for peripheral in () if pole.safe else pole.peripherals:
            pole.supervisor.add(Sampling(peripheral))

        self.judge = pole.store.judge
        self.step = pole.store.sweep

    def settle(self):
        return [self.judge] if self.judge else []
