"""Bosch BME280 as its bus sees it.

Drawn from BST-BME280-DS002 rev. 1.6: memory map (5.3), forced mode (3.3), times (9.1), and the floating-point formulas
(8.1), which are searched for the counts that mean the air. Its calibration is that of the BMP280 datasheet's example (3.12).
"""

import random
import struct
from collections.abc import Callable

_T = (27504, 26435, -1000)
_P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
_H = (75, 362, 0, 333, 0, 30)
_ID, _BMP280 = 0x60, 0x58

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("good", "range", "fault"),  # there is no check on this bus
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("range",),
    "forgets": ("fault",),
    "resets": ("good", "fault"),
}
STIR = {"temperature": (21.0, 24.5)}


def fine(counts: float) -> float:
    t1, t2, t3 = _T
    return (counts / 16384 - t1 / 1024) * t2 + (counts / 131072 - t1 / 8192) ** 2 * t3


def pascals(counts: float, t_fine: float) -> float:
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = _P
    v1 = t_fine / 2 - 64000
    v2 = (v1 * v1 * p6 / 32768 + v1 * p5 * 2) / 4 + p4 * 65536
    v1 = (1 + (p3 * v1 * v1 / 524288 + p2 * v1) / 524288 / 32768) * p1
    p = (1048576 - counts - v2 / 4096) * 6250 / v1
    return p + (p9 * p * p / 2147483648 + p * p8 / 32768 + p7) / 16


def percent(counts: float, t_fine: float) -> float:
    h1, h2, h3, h4, h5, h6 = _H
    h = t_fine - 76800
    h = (counts - (h4 * 64 + h5 / 16384 * h)) * (
        h2 / 65536 * (1 + h6 / 67108864 * h * (1 + h3 / 67108864 * h))
    )
    return h * (1 - h1 * h / 524288)


def search(formula: Callable[[float], float], wanted: float, top: int) -> int:
    """The counts of which a rising formula makes `wanted`."""
    low, high = 0, top
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if formula(middle) < wanted else (low, middle)
    return low


class Twin:
    """`set("temperature", 23.5)`, `set("humidity", 60)`, `set("pressure", 1013.2)`. options: `address`, `bmp280`."""

    BUS = "i2c"
    FAULTS = tuple(MATRIX)

    def __init__(self, clock, options: dict):
        self.clock = clock
        self.address = options.get("address", 0x76)
        air = {"temperature": 21.0, "humidity": 55.0, "pressure": 1013.2}
        self.air = {name: float(options.get(name, value)) for name, value in air.items()}
        self._shown = dict(self.air)
        self._id = _BMP280 if options.get("bmp280") else _ID
        self._random = random.Random(options.get("seed", 1))
        self._faults: set[str] = set()
        self._powered = False
        self.measurements = 0
        self._cold()

    def _cold(self) -> None:
        h1, h2, h3, h4, h5, h6 = _H
        self._memory = bytearray(256)
        self._memory[0x88:0xA0] = struct.pack("<Hhh", *_T) + struct.pack("<H8h", *_P)
        self._memory[0xA1] = h1
        shared = (h5 & 15) << 4 | h4 & 15
        self._memory[0xE1:0xE8] = struct.pack("<hBbBbb", h2, h3, h4 >> 4, shared, h5 >> 4, h6)
        self._memory[0xD0] = self._id
        self._memory[0xF7:0xFF] = bytes.fromhex("8000008000008000")
        self._pointer = 0
        self._humid = 0  # ctrl_hum as it counts: from the last write of ctrl_meas
        self._ends = 0.0

    def start(self) -> None:
        self._cold()
        self._powered = True

    def stop(self) -> None:
        self._powered = False

    def set(self, name: str, value: float) -> None:
        if name not in self.air:
            raise KeyError(name)
        self.air[name] = float(value)
        self._show()

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        self._show()

    def _show(self) -> None:
        if "stuck" not in self._faults:
            self._shown = dict(self.air)

    def state(self) -> dict:
        return {**self.air, "measurements": self.measurements, "mode": self._memory[0xF4] & 3}

    # The wire: a register, then values; further registers come in pairs with theirs (6.2.1)

    def _there(self, address: int) -> bool:
        return address == self.address and self._powered and "silent" not in self._faults

    def write(self, address: int, data: bytes) -> bool:
        if not self._there(address):
            return False
        if data:
            self._pointer = data[0]
        for register, value in zip(data[::2], data[1::2], strict=False):
            self._store(register, value)
        return True

    def _store(self, register: int, value: int) -> None:
        if register == 0xE0 and value == 0xB6:
            self._cold()
        elif register in (0xF2, 0xF4, 0xF5):
            self._memory[register] = value = 0 if "forgets" in self._faults else value  # it hangs in reset
            if register == 0xF4:
                self._humid = self._memory[0xF2] & 7
                self._begin(value)

    def _begin(self, value: int) -> None:
        if value & 3 not in (1, 2):
            return
        times = [0, 1, 2, 4, 8, 16, 16, 16]
        t, p, h = times[value >> 5], times[value >> 2 & 7], times[self._humid]
        slow = "slow" in self._faults
        ms = (1.25, 2.3, 0.575) if slow else (1.0, 2.0, 0.5)
        self._ends = self.clock.now_ms() + ms[0] + ms[1] * (t + p + h) + ms[2] * ((p > 0) + (h > 0))
        self._memory[0xF3] |= 8

    def read(self, address: int, count: int) -> bytes | None:
        if not self._there(address):
            return None
        if "resets" in self._faults and self._random.random() < 0.1:
            pointer = self._pointer
            self._cold()  # its supply dips
            self._pointer = pointer
        if self._memory[0xF3] & 8 and self.clock.now_ms() >= self._ends:
            self._measure()
        data = bytes(self._memory[self._pointer : self._pointer + count])
        if "noise" in self._faults and self._pointer >= 0xF2:
            data = data[:5] + self._random.randbytes(len(data) - 5)
        return data

    def _measure(self) -> None:
        self._memory[0xF3] &= ~8
        self._memory[0xF4] &= ~3
        self.measurements += 1
        air = self._shown
        t = search(lambda n: fine(n) / 5120, air["temperature"], 1 << 20)
        p = search(lambda n: -pascals(n, fine(t)), -100 * air["pressure"], 1 << 20)
        h = search(lambda n: percent(n, fine(t)), air["humidity"], 1 << 16)
        if "range" in self._faults:
            t = p = 0xFFFFF
        skipped = self._memory[0xF4] >> 5 == 0, not self._memory[0xF4] >> 2 & 7, not self._humid
        t, p = 0x80000 if skipped[0] else t, 0x80000 if skipped[1] else p
        h = 0x8000 if skipped[2] or self._id == _BMP280 else min(h, 0xFFFF)
        self._memory[0xF7:0xFF] = (
            (p << 4).to_bytes(3, "big") + (t << 4).to_bytes(3, "big") + h.to_bytes(2, "big")
        )
