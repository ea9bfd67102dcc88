"""HLW8032 as its wire sees it: a frame of 24 bytes each 105 ms, whatever anybody wants.

Drawn from the HLW8032 data sheet (register list, UART) and the timing of captured frames.
"""

import random

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t

_PERIOD_MS, _SLOW_MS = 105.0, 900.0
PARAMETERS = (187600, 15575, 5105000)  # voltage, current, power: burnt into the captured chip
MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("fault", "comm_fault"),
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("range", "good"),
    "truncate": ("fault", "comm_fault", "good"),  # its sum is right by chance once in 256 times
    "bad_crc": ("fault", "comm_fault"),
    "memory": ("fault",),
}
STIR = {"voltage_a": (221, 205)}


class Twin:
    """`set("voltage_a", 230)`, `current_a` in A, `power_factor` 0 to 1; power and pulses follow.

    options: `voltage_factor`, `current_factor` of the board.
    """

    BUS = "uart"
    FAULTS = tuple(MATRIX)

    def __init__(self, clock, options):
        self._clock = clock
        self._random = random.Random(options.get("seed", 1))
        self.vk, self.ik = options.get("voltage_factor", 1.88), options.get("current_factor", 1.0)
        self._values = {"voltage_a": 230.0, "current_a": 1.883, "power_factor": 0.9}
        self.faults: set[str] = set()
        self.pulses = float(options.get("pulses", 0))
        self.frames = 0
        self._timer = None
        self._last = b""
        self.send = lambda data: None

    def start(self):
        self.pulses = 0.0
        self._arm()

    def stop(self):
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _arm(self):
        self._timer = self._clock.call_later(_SLOW_MS if "slow" in self.faults else _PERIOD_MS, self._tick)

    @property
    def power(self):
        return self._values["voltage_a"] * self._values["current_a"] * self._values["power_factor"]

    def pulses_per_kwh(self):
        return 3.6e12 / (PARAMETERS[2] * self.vk * self.ik)

    def _tick(self):
        self._arm()
        self.pulses += self.power * (_PERIOD_MS / 3.6e9) * self.pulses_per_kwh()
        frame = self._last if "stuck" in self.faults and self._last else self._frame()
        self._last = frame
        self.frames += 1
        if "silent" in self.faults:
            return
        if "noise" in self.faults:
            frame = self._random.randbytes(self._random.randrange(1, 40))
        if "truncate" in self.faults:
            frame = frame[: self._random.randrange(1, 23)]
        self.send(frame)

    def _frame(self):
        """Registers are periods: parameter x factor / value; too long for 24 bits sets an overflow bit."""
        wanted = (self._values["voltage_a"], self._values["current_a"], self.power)
        if "range" in self.faults:
            wanted = (9000.0, *wanted[1:])
        state, body = 0x55, b""
        factors = (self.vk, self.ik, self.vk * self.ik)
        for k, bit in enumerate((8, 4, 2)):
            register = PARAMETERS[k] * factors[k] / wanted[k] if wanted[k] > 0 else 1 << 24
            if register >= 1 << 24:
                state, register = (0xF0 if state == 0x55 else state) | bit, 0xFEFF01
            body += PARAMETERS[k].to_bytes(3, "big") + round(register).to_bytes(3, "big")
        body += b"\x71" + (int(self.pulses) & 0xFFFF).to_bytes(2, "big")
        if "memory" in self.faults:
            state = 0xAA
        return bytes([state, 0x5A]) + body + bytes([sum(body) + ("bad_crc" in self.faults) & 0xFF])

    def received(self, data):
        """It has no input."""

    def set(self, name, value):
        if name not in self._values:
            raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, self._values))
        self._values[name] = float(value)

    def fault(self, name, on=True):
        if name not in self.FAULTS:
            raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, self.FAULTS))
        (self.faults.add if on else self.faults.discard)(name)

    def state(self):
        return {**self._values, "power": self.power, "pulses": int(self.pulses), "frames": self.frames}
