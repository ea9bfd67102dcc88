"""Plantower PMS5003 as its wire sees it.

Drawn from the PMS5003 series data manual V2.3, appendix I (frame) and II (commands): active mode after power-up,
a frame every 800 ms while values change and every 2.3 s when steady.
"""

import random
import struct

_FAST_MS, _STEADY_MS = 800, 2300
_VERSION = 0x97
_SLOW_MS = 4000  # between two frames

MATRIX = {  # fault -> qualities that its points may have under it
    "silent": ("comm_fault",), "noise": ("fault", "comm_fault"), "slow": ("good",), "stuck": ("good",),
    "range": ("range", "good"),  # the counts stay within theirs
    "truncate": ("fault", "comm_fault"), "length": ("fault", "comm_fault"), "sum": ("fault", "comm_fault"),
    "error": ("fault",), "zero": ("good", "fault"), "header_inside": ("range", "good"),
}  # fmt: skip
STIR = {"pm2_5": (50, 90)}


class Twin:
    """`set("pm2_5", 80)`: micrograms per cubic metre; also pm1_0, pm10, and count_0_3 ... count_10."""

    BUS = "uart"
    FAULTS = (
        "silent", "noise", "slow", "range", "length", "sum", "truncate", "zero", "error", "stuck", "header_inside",
    )  # fmt: skip

    def __init__(self, clock, options):
        self._clock = clock
        self._random = random.Random(options.get("seed", 1))
        self._air = {"pm1_0": 12, "pm2_5": 35, "pm10": 61}
        self._counts = {
            "count_0_3": 2100,
            "count_0_5": 700,
            "count_1_0": 160,
            "count_2_5": 24,
            "count_5_0": 5,
            "count_10": 2,
        }
        for name in [*self._air, *self._counts]:
            if name in options:
                self.set(name, options[name])
        self._faults: set[str] = set()
        self._last = b""
        self._timer = None
        self._got = b""
        self._active = self._awake = True
        self.frames = 0
        self.send = lambda data: None

    def start(self):
        self._active = self._awake = True  # lost at power-off
        self._arm(_FAST_MS)

    def stop(self):
        self._got = b""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _arm(self, ms):
        if self._timer:
            self._timer.cancel()
        self._timer = self._clock.call_later(ms, self._tick)

    def _tick(self):
        frame = self._frame()
        steady = frame == self._last
        self._last = frame
        if self._awake and self._active:
            self._emit(frame)
        self._arm(_SLOW_MS if "slow" in self._faults else _STEADY_MS if steady else _FAST_MS)

    def _emit(self, frame):
        self.frames += 1
        if "silent" in self._faults:
            return
        if "noise" in self._faults:
            frame = bytes(self._random.randrange(256) for _ in range(self._random.randrange(1, 60)))
        if "truncate" in self._faults:
            frame = frame[: self._random.randrange(1, len(frame))]
        self.send(frame)

    def _frame(self):
        """Appendix I: 42 4D, length 28, thirteen words, sum of all bytes before it."""
        air, faults = [self._air[name] for name in ("pm1_0", "pm2_5", "pm10")], self._faults
        counts = list(self._counts.values())
        if "zero" in faults:
            air, counts = [0, 0, 0], [0] * 6
        if "range" in faults:
            air = [0xFFFF] * 3
        if "header_inside" in faults:
            air[2] = 0x424D
        length = 0x0014 if "length" in faults else 0x001C
        error = 8 if "error" in faults else 0
        body = struct.pack(">2sH3H3H6HBB", b"BM", length, *air, *air, *counts, _VERSION, error)
        return body + struct.pack(">H", (sum(body) + ("sum" in faults)) & 0xFFFF)

    def received(self, data):
        """Appendix II: 42 4D, command, two data bytes, sum of the five."""
        if self._timer is None:  # no power
            return
        self._got += data
        while len(self._got) >= 7:
            request = self._got[:7]
            if request[:2] == b"BM" and sum(request[:5]) == int.from_bytes(request[5:], "big"):
                self._got = self._got[7:]
                self._obey(request[2], request[4])
            else:
                self._got = self._got[1:]

    def _obey(self, command, value):
        if command == 0xE4:
            self._awake = bool(value)
            if self._awake:
                return
        elif command == 0xE1:
            self._active = bool(value)
        elif command == 0xE2:
            if self._awake:
                self._emit(self._frame())
            return
        else:
            return
        answer = struct.pack(">2sHBB", b"BM", 4, command, value)
        self.send(answer + struct.pack(">H", sum(answer)))

    def set(self, name, value):
        if "stuck" in getattr(self, "_faults", ()):
            return
        if name in self._air:
            self._air[name] = int(value)
        elif name in self._counts:
            self._counts[name] = int(value)
        else:
            raise KeyError(name)

    def fault(self, name, on=True):
        (self._faults.add if on else self._faults.discard)(name)

    def state(self):
        return {
            **self._air,
            **self._counts,
            "frames": self.frames,
            "awake": self._awake,
            "active": self._active,
        }
