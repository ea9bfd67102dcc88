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

    def __init__(self, pole, peripheral):
        Job.__init__(self, peripheral.name)
        self.pole = pole
        self.peripheral = peripheral
        self.out = [None] * len(peripheral.points)
        self.misses = 0
        self.reads = 0

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
                quality = await driver.read(self.out)
            except errors.BusError as error:
                self._missed(COMM_FAULT, error)
            except errors.DeviceFault as error:
                self._missed(FAULT, error)
            else:
                ok = True
                if quality != NEVER:  # NEVER: nothing new, what there is stands until it is too old
                    self._put(GOOD if quality is None else quality, getattr(driver, "missing", NEVER))
            wait = period - clock.ticks_diff(clock.ticks_ms(), started) if ok or period else _RETRY_MS
            while wait > 0:
                await clock.sleep_ms(min(wait, _SLICE_MS))
                wait -= _SLICE_MS
                beat()

    def _put(self, quality, missing):
        """missing: what a good reading without this value says of the point."""
        store, points, out = self.pole.store, self.peripheral.points, self.out
        sink = store.judge or store
        if self.misses >= _MISSES:
            self.pole.log.add(INFO, self.peripheral.name, "answers again")
        self.misses = 0
        self.reads += 1
        for k in range(len(points)):
            if points[k] >= 0:
                sink.put(points[k], out[k], missing if out[k] is None and quality == GOOD else quality)

    def _missed(self, quality, error):
        self.misses += 1
        self.pole.count(self.peripheral.name + ".missed")
        if self.misses == _MISSES:
            self.peripheral.fail(quality)
            self.pole.log.add(WARN, self.peripheral.name, "error %d %s" % (error.code, error.detail))


class Service:
    """Starts one supervised task a peripheral, and marks what went stale."""

    def __init__(self, pole, options):
        if "calibration" in options or "plausibility" in options:
            from pole.judge import Judge  # most poles do not load it

            pole.store.judge = Judge(pole.store, pole.log, options)
        for peripheral in () if pole.safe else pole.peripherals:
            pole.supervisor.add(Sampling(pole, peripheral))

        self.judge = pole.store.judge
        self.step = pole.store.sweep

    def settle(self):
        return [self.judge] if self.judge else []
