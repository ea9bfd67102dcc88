"""Winsen's ZE modules as their wire sees them.

Drawn from the manuals of ZE07-CO V1.2 (tables 3 to 8), ZE07-CH2O (p. 5) and ZE25-O3 V1.1: initiative upload each second
after power-up, question and answer after a switch, check = NOT(byte 1 + ... + byte 7) + 1.
"""

import random

_CODES = {"co": 0x04, "o3": 0x2A, "so2": 0x2B, "no2": 0x2C, "hcho": 0x17, "nh3": 0x02, "h2s": 0x03}
_FINE = {"ze08", "ze12", "ze25", "ze27"}  # ppb; the others 0.1 ppm
_MOLAR = {"hcho": 30.026}

MATRIX_OPTIONS = {"gas": "no2", "warm_up_s": 0}
MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("fault", "comm_fault"),
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("range",),
    "sum": ("fault",),
    "truncate": ("fault", "comm_fault"),
    "gas": ("fault",),  # somebody plugged another module
    "unit": ("fault",),
    "header_inside": ("good",),
}
STIR = {"ppb": (40, 90)}


class Twin:
    """`set("ppb", 50)`: the gas of its cell. options: as the driver's card, and `ppb`, `full_ppb` (the end of its range)."""

    BUS = "uart"
    FAULTS = (*MATRIX, "cell")

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._random = random.Random(options.get("seed", 1))
        self._gas = options.get("gas", "no2")
        self._model = options.get("model", "ze12")
        self._ppb = self._shown = float(options.get("ppb", 1200 if self._gas == "co" else 50))
        self._fine = self._model in _FINE
        self._full = int(options.get("full_ppb", 5000 if self._fine else 500000))
        self._faults: set[str] = set()
        self._uploads = True
        self._deaf_until = 0.0  # after a switch: no manual gives its time
        self._timer = None
        self._got = b""
        self.asked = 0
        self.send = lambda data: None

    def start(self) -> None:
        self._uploads = True
        self._got = b""
        self._arm()

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = self._clock.call_later(2400 if "slow" in self._faults else 1000, self._tick)

    def _tick(self) -> None:
        self._arm()
        if self._uploads:
            self._emit(self._upload())

    def _counts(self) -> int:
        if "range" in self._faults:
            return 0x1FFF if not self._fine else 0xFFFF
        if "header_inside" in self._faults:
            return 0x00FF
        return round(self._shown / (1 if self._fine else 100))

    def _upload(self) -> bytes:
        unit, decimals = (4, 0) if self._fine else (3, 1)
        if "unit" in self._faults:
            unit = 9
        code = 0x31 if "gas" in self._faults else _CODES[self._gas]
        counts = self._counts() | (0x8000 if "cell" in self._faults else 0)
        full = self._full // (1 if self._fine else 100)
        return bytes((0xFF, code, unit, decimals)) + counts.to_bytes(2, "big") + full.to_bytes(2, "big")

    def _reply(self) -> bytes:
        counts = self._counts() | (0x8000 if "cell" in self._faults else 0)
        if self._gas == "hcho":
            mass = round(counts * _MOLAR["hcho"] / 24.465)
            return bytes((0xFF, 0x86)) + mass.to_bytes(2, "big") + b"\0\0" + counts.to_bytes(2, "big")
        return bytes((0xFF, 0x86)) + counts.to_bytes(2, "big") + bytes(4)

    def _emit(self, frame: bytes) -> None:
        if "silent" in self._faults:
            return
        frame += bytes((((~sum(frame[1:]) + 1) + ("sum" in self._faults)) & 255,))
        if "noise" in self._faults:
            frame = self._random.randbytes(self._random.randrange(1, 30))
        if "truncate" in self._faults:
            frame = frame[: self._random.randrange(1, 8)]
        self.send(frame)

    def received(self, data: bytes) -> None:
        if not self._timer:
            return
        self._got += data
        while len(self._got) >= 9:
            frame = self._got[:9]
            right = frame[:2] == b"\xff\x01" and sum(frame[1:]) % 256 == 0
            self._got = self._got[9 if right else 1 :]
            if right:
                self._obey(frame[2], frame[3])

    def _obey(self, command: int, value: int) -> None:
        upload, answer = (3, 4) if self._model == "ze03" else (0x40, 0x41)
        if command == 0x78 and value in (upload, answer):
            self._uploads = value == upload
            self._deaf_until = self._clock.now_ms() + 500
            if self._model == "ze03":
                self._emit(bytes((0xFF, 0x78, 1, 0, 0, 0, 0, 0)))
        elif command == 0x86 and not self._uploads and self._clock.now_ms() >= self._deaf_until:
            self.asked += 1
            self._clock.call_later(
                800 if "slow" in self._faults else 30, lambda: self._timer and self._emit(self._reply())
            )

    def set(self, name: str, value: float) -> None:
        if name != "ppb":
            raise KeyError(name)
        self._ppb = float(value)
        if "stuck" not in self._faults:
            self._shown = self._ppb

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        if "stuck" not in self._faults:
            self._shown = self._ppb

    def state(self) -> dict:
        return {"ppb": self._ppb, "uploads": self._uploads, "asked": self.asked}
