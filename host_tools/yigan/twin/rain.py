"""A tipping-bucket rain gauge: water fills the bucket, it tips, a magnet passes a reed contact to ground.

Drawn from WMO-No. 8, vol. I, 6.5: what falls while the bucket moves is lost, so hard rain reads low. The contact's
bounces and the length of its pulse are usual ones.
"""

import random

_CLOSED_MS = 60
_BOUNCES_MS = (1, 2, 3, 5)  # after closing; the contact opens and closes in turn
_STEP_MS = 100

ACTIVE = 0
MATRIX = {
    "silent": ("good",),  # a cut wire is a dry day
    "noise": ("good",),  # pulses of 1 ms
    "stuck": ("fault",),  # the magnet rests at the contact
    "bounce": ("good",),
    "range": ("good",),  # 200 mm an hour
}
STIR = {"mm_per_h": (60, 130)}


class Twin:
    """`set("mm_per_h", 60)`: rain falls; `set("tips", 3)`: somebody tips the bucket. options: `mm`, `move_ms`, `mm_per_h`."""

    BUS = "gpio"
    FAULTS = tuple(MATRIX)
    drive = None

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._random = random.Random(options.get("seed", 1))
        self._mm = float(options.get("mm", 0.2))
        self._move_ms = float(options.get("move_ms", 300))
        self._rate = float(options.get("mm_per_h", 0))
        self._water = 0.0  # mm in the bucket
        self._faults: set[str] = set()
        self._timer = None
        self._at = 0.0
        self._deaf_until = 0.0  # the bucket moves
        self.tips = 0
        self.lost_mm = 0.0

    def start(self) -> None:
        self._at = self._clock.now_ms()
        self._put(False)
        self._arm()

    def stop(self) -> None:
        """The gauge has no supply: only its wire goes."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.drive(None)

    def _arm(self) -> None:
        """At the next tip, or now and then when it is dry."""
        if self._timer:
            self._timer.cancel()
        self._fall()
        rate = self._now_rate()
        ms = 3600000 * max(0.0, self._mm - self._water) / rate if rate > 0 else 60000
        ms = max(ms, self._deaf_until - self._clock.now_ms())
        if "noise" in self._faults:
            ms = min(ms, 700)
        self._timer = self._clock.call_later(max(1, ms), self._look)

    def _now_rate(self) -> float:
        return 200.0 if "range" in self._faults else self._rate

    def _fall(self) -> None:
        """Rain since last time goes into the bucket, or beside it while that moves."""
        now, rate = self._clock.now_ms(), self._now_rate() / 3600000
        lost = min(max(0.0, self._deaf_until - self._at), now - self._at)
        self._water += (now - self._at - lost) * rate
        self.lost_mm += lost * rate
        self._at = now

    def _look(self) -> None:
        self._fall()
        if "noise" in self._faults:
            self._put(True)
            self._clock.call_later(1, lambda: self._put(False))
        if self._water >= self._mm - 1e-9:
            self._water -= self._mm
            self._tip()
        self._arm()

    def _tip(self) -> None:
        self.tips += 1
        self._deaf_until = self._clock.now_ms() + self._move_ms
        scale = 1.8 if "bounce" in self._faults else 1
        self._put(True)
        for n, ms in enumerate(_BOUNCES_MS):
            self._clock.call_later(ms * scale, lambda closed=bool(n % 2): self._put(closed))
        self._clock.call_later(_CLOSED_MS, lambda: self._put(False))
        if "bounce" in self._faults:
            self._clock.call_later(_CLOSED_MS + 2, lambda: self._put(True))
            self._clock.call_later(_CLOSED_MS + 4, lambda: self._put(False))

    def _put(self, closed: bool) -> None:
        if self._timer is None and closed or "silent" in self._faults:
            self.drive(None)
        else:
            self.drive(0 if closed or "stuck" in self._faults else None)

    def set(self, name: str, value) -> None:
        if name == "tips":
            for n in range(int(value)):
                self._clock.call_later(1 + 1500 * n, self._tip)
            return
        if name != "mm_per_h":
            raise KeyError(name)
        self._fall()
        self._rate = float(value)
        if self._timer:
            self._arm()

    def fault(self, name: str, on: bool = True) -> None:
        self._fall()
        (self._faults.add if on else self._faults.discard)(name)
        if self._timer:
            self._put(False)
            self._arm()

    def state(self) -> dict:
        return {
            "mm_per_h": self._rate,
            "tips": self.tips,
            "fallen_mm": round(self.tips * self._mm + self.lost_mm + self._water, 3),
        }
