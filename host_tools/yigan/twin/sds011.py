"""Nova Fitness SDS011 as its wire sees it.

Drawn from Laser Dust Sensor Control Protocol V1.3: after power-up it works and reports each second unless its memory says
otherwise; mode, period and id outlive the power, sleep does not; any command wakes it.
"""

import random
import struct

_SPIN_UP_S = 15.0  # its values creep towards the air's so long

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("fault", "comm_fault"),
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("range",),
    "sum": ("fault",),
    "truncate": ("fault", "comm_fault"),
    "header_inside": ("range",),
    "talks": ("good",),
}
STIR = {"pm2_5": (50.0, 90.0)}


class Twin:
    """`set("pm2_5", 80)`, `set("pm10", 120)` in ug/m3. options: `mode` (0 reports unasked, 1 asked), `period` of its memory."""

    BUS = "uart"
    FAULTS = tuple(MATRIX)

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._random = random.Random(options.get("seed", 1))
        self._air = {"pm2_5": float(options.get("pm2_5", 35.0)), "pm10": float(options.get("pm10", 61.0))}
        self._shown = dict(self._air)
        self._faults: set[str] = set()
        self._id = bytes.fromhex("a160")
        self._mode = options.get("mode", 0)
        self._period = options.get("period", 0)
        self.writes = 0  # to its memory
        self.laser_s = 0.0
        self._works = False
        self._since = 0.0  # the laser is lit since
        self._timer = None
        self._got = b""
        self.send = lambda data: None

    def start(self) -> None:
        self._got = b""
        self._work(True)
        self._arm()

    def stop(self) -> None:
        self._work(False)
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = self._clock.call_later(1000, self._tick)

    def _tick(self) -> None:
        self._arm()
        if self._works and (self._mode == 0 or "talks" in self._faults):
            self._emit(self._measurement())

    def _work(self, on: bool) -> None:
        now = self._clock.now_ms()
        if self._works:
            self.laser_s += (now - self._since) / 1000
        if on and not self._works or not on:
            self._since = now
        self._works = on

    def _measurement(self) -> bytes:
        if "range" in self._faults:
            return self._frame(0xC0, struct.pack("<HH", 0xFFFF, 0xFFFF))
        if "header_inside" in self._faults:
            return self._frame(0xC0, b"\xaa\xc0\xaa\xc5")
        share = min(1.0, (self._clock.now_ms() - self._since) / 1000 / _SPIN_UP_S)
        tenths = [round(10 * value * share) for value in self._shown.values()]
        return self._frame(0xC0, struct.pack("<HH", *tenths))

    def _frame(self, kind: int, data: bytes) -> bytes:
        body = data + self._id
        return bytes((0xAA, kind)) + body + bytes(((sum(body) + ("sum" in self._faults)) % 256, 0xAB))

    def _emit(self, frame: bytes) -> None:
        if "silent" in self._faults or not self._timer:
            return
        if "noise" in self._faults:
            frame = self._random.randbytes(self._random.randrange(1, 30))
        if "truncate" in self._faults:
            frame = frame[: self._random.randrange(1, 9)]
        self.send(frame)

    def received(self, data: bytes) -> None:
        """19 bytes: AA B4, thirteen of data, the id or FF FF, sum of bytes 2 to 16, AB."""
        if not self._timer:
            return
        self._got += data
        while len(self._got) >= 19:
            frame = self._got[:19]
            right = frame[:2] == b"\xaa\xb4" and frame[18] == 0xAB and sum(frame[2:17]) % 256 == frame[17]
            self._got = self._got[19 if right else 1 :]
            if right and frame[15:17] in (b"\xff\xff", self._id):
                late = 900 if "slow" in self._faults else 20
                self._clock.call_later(late, lambda frame=frame: self._obey(frame))

    def _obey(self, frame: bytes) -> None:
        what, write, value = frame[2:5]
        if what == 6 and write and not value:
            self._work(False)
        elif not self._works:
            self._work(True)
        if what == 4:
            self._emit(self._measurement())
        elif what == 2:
            self._mode = self._keep(self._mode, write, value)
            self._emit(self._frame(0xC5, bytes((2, write, self._mode, 0))))
        elif what == 8:
            self._period = self._keep(self._period, write, value)
            self._emit(self._frame(0xC5, bytes((8, write, self._period, 0))))
        elif what == 6:
            self._emit(self._frame(0xC5, bytes((6, write, int(self._works), 0))))
        elif what == 7:
            self._emit(self._frame(0xC5, bytes((7, 15, 7, 10))))

    def _keep(self, before: int, write: int, value: int) -> int:
        self.writes += write
        return value if write else before

    def set(self, name: str, value: float) -> None:
        if name not in self._air:
            raise KeyError(name)
        self._air[name] = float(value)
        if "stuck" not in self._faults:
            self._shown = dict(self._air)

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        if "stuck" not in self._faults:
            self._shown = dict(self._air)

    def state(self) -> dict:
        self._work(self._works) if self._works else None
        return {
            **self._air,
            "works": self._works,
            "mode": self._mode,
            "period": self._period,
            "laser_s": self.laser_s,
            "writes": self.writes,
        }
