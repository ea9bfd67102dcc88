"""A DALI control gear (LED driver) with its lamp, as the standard describes it, and a D4i one if asked.

Drawn from IEC 62386-102:2014 (state, commands, addressing: clauses 9 and 11), 62386-207 (LED modules) and DiiA
parts 251 to 253 (memory banks). It knows only frames: `hear(bits, value)` gives its answer, a byte, or None.
What wires and interfaces do to frames is twin/dali_line.py.
"""

import random

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.twin.dali_bank import Banks

YES = 0xFF
MASK = 0xFF
TWICE_MS = 100.0  # 9.3: the second of two must come within
INITIALISE_MS = 15 * 60 * 1000.0
MATRIX = {
    "silent": ("comm_fault",), "noise": ("good", "fault", "comm_fault", "never"), "slow": ("good",), "stuck": ("good",),
    "range": ("good", "range"),
    "lamp": ("good", "never"), "gear": ("good",),
}  # fmt: skip


def light(arc: float) -> float:
    """Per cent of light at an arc power level on the logarithmic curve."""
    return 0.0 if arc <= 0 else 10 ** ((arc - 1) / (253 / 3) - 1)


class Twin:
    """Options: `address` (-1 or none: unaddressed), `physical_minimum` (arc), `linear`, `nominal_w`, `d4i`, `seed`."""

    BUS = "dali"
    FAULTS = ("silent", "noise", "slow", "stuck", "range", "lamp", "gear")

    def __init__(self, clock, options: dict):
        self.clock = clock
        address = options.get("address", -1)
        self.short_address = MASK if address is None or address < 0 else address
        self.physical_minimum = options.get("physical_minimum", 1)
        self.nominal_w = float(options.get("nominal_w", 60.0))
        self.linear = bool(options.get("linear", False))
        self.random = random.Random(options.get("seed", options.get("name", address)))
        self.randoms: list[int] = []  # what RANDOMISE gives before chance does
        self.faults: set[str] = set()
        self.powered = False
        self.wear = 0  # writes to the non-volatile memory
        self.banks = Banks(self, options.get("d4i", True))
        self.max, self.min, self.power_on, self.failure_level = 254, self.physical_minimum, 254, 254
        self.fade_time, self.fade_rate, self.groups = 0, 7, 0
        self.scenes = [MASK] * 16
        self.random_address = 0xFFFFFF
        self.target = self.last_active = 0.0
        self._from, self._began, self._fade_ms = 0.0, 0.0, 0.0
        self.power_cycled = False
        self._reset_ram()

    def _reset_ram(self) -> None:
        self.dtr = [0, 0, 0]
        self.search = 0xFFFFFF
        self.initialised_until = -1.0
        self.withdrawn = False
        self.write_enabled = False
        self.device_type = -1
        self._before: tuple[int, float] | None = None
        self.identifying = False

    # Power and what a person sees

    def start(self) -> None:
        if not self.powered:
            self.powered = True
            self.power_cycled = True
            self._reset_ram()
            self.banks.started()
            self._go(self.last_active if self.power_on == MASK else self.power_on, 0)

    def stop(self) -> None:
        self.banks.settle()
        self.powered = False

    def interface_failed(self) -> None:
        """The bus lost its power (9.12): after 500 ms the system failure level."""
        if self.failure_level != MASK:
            self._go(self.failure_level, 0)

    @property
    def arc(self) -> float:
        """The present arc power level; a fade has fractions on its way."""
        passed = self.clock.now_ms() - self._began
        if passed >= self._fade_ms or not self._fade_ms:
            return self.target
        low = max(self.min, 1)
        start, end = self._from or low, self.target or low
        return start + (end - start) * passed / self._fade_ms

    @property
    def fading(self) -> bool:
        return self._fade_ms > 0 and self.clock.now_ms() - self._began < self._fade_ms

    def percent(self) -> float:
        """Light, in per cent of full."""
        if not self.powered or self.faults & {"lamp", "gear"}:
            return 0.0
        arc = self.arc
        return 100 * arc / 254 if self.linear else light(arc)

    def watts(self) -> float:
        if not self.powered:
            return 0.0
        share = self.percent() / 100
        return 0.4 if share == 0 else self.nominal_w * (0.06 + 0.94 * share)

    def set(self, name: str, value) -> None:
        if name == "bus":  # the two wires: cut or short
            self.interface_failed()
        elif not self.banks.set(name, value):
            raise ConfigError(
                t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, self.banks.names())
            )

    def fault(self, name: str, on: bool = True) -> None:
        if name not in self.FAULTS:
            raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, self.FAULTS))
        self.banks.settle()
        if name == "stuck" and on:
            self._go(self.arc, 0)
        (self.faults.add if on else self.faults.discard)(name)

    def state(self) -> dict:
        return {
            "level_percent": round(self.percent(), 2),
            "lit": self.percent() > 0,
            "watts": round(self.watts(), 2),
            "arc": round(self.arc, 2),
            "fading": self.fading,
            "address": None if self.short_address == MASK else self.short_address,
            "groups": [g for g in range(16) if self.groups >> g & 1],
            "identifying": self.identifying,
            "wear": self.wear,
        }

    # Levels (9.4, 9.5)

    def fade_ms(self) -> float:
        return 1000 * 0.5 * 2 ** (self.fade_time / 2) if self.fade_time else 0.0

    def _go(self, arc: float, ms: float) -> None:
        """Set out for `arc`, held between the limits; 0 is off."""
        if "stuck" in self.faults:
            return
        self.banks.settle()
        arc = 0 if arc == 0 else min(max(arc, self.min), self.max)
        self._from, self._began, self._fade_ms = self.arc, self.clock.now_ms(), ms if arc != self.arc else 0.0
        if arc and not self._from:
            self.banks.lamp_started()
        self.target = arc
        if arc:
            self.last_active = arc
        self.identifying = False

    def status(self) -> int:
        """11.5.2"""
        lit = self.percent() > 0
        bits = ("gear" in self.faults, "lamp" in self.faults, lit, 0, self.fading, self._is_reset(),
                self.short_address == MASK, self.power_cycled)  # fmt: skip
        return sum(1 << k for k, bit in enumerate(bits) if bit)

    def _is_reset(self) -> bool:
        return (self.max, self.min, self.power_on, self.failure_level, self.fade_time, self.groups,
                self.random_address) == (254, self.physical_minimum, 254, 254, 0, 0, 0xFFFFFF)  # fmt: skip

    # Frames

    def hear(self, bits: int, value: int) -> int | None:
        """One good forward frame; the answer, None when there is none."""
        if bits != 16 or not self.powered or "silent" in self.faults:
            return None
        address, data = value >> 8, value & 0xFF
        special = 0xA0 <= address <= 0xCB
        now = self.clock.now_ms()
        again = self._before is not None and self._before[0] == value and now - self._before[1] <= TWICE_MS
        device_type, self.device_type = self.device_type, -1
        if (
            self.write_enabled
            and not (special and address in (0xA3, 0xC3, 0xC5, 0xC7, 0xC9))
            and not (address & 1 and data in (0x98, 0x9C, 0x9D))
        ):  # 9.10.5: any other command ends it, whomever it is for
            self.write_enabled = False
        if special:
            if address in (0xA5, 0xA7) and not again:
                self._before = (value, now)
                return None
            self._before = None
            return self._special(address, data)
        if not self._meant(address):
            self._before = None  # anything in between spoils the pair
            return None
        if not address & 1:
            self._before = None
            return self._dapc(data)
        if 0x20 <= data <= 0x81 or 0xE0 <= data <= 0xE4:
            if not again:
                self._before = (value, now)
                self.device_type = device_type if data >= 0xE0 else -1
                return None
            self._before = None
            return self._configure(data, device_type)
        self._before = None
        return self._query(data, device_type) if data >= 0x90 else self._order(data)

    def _meant(self, address: int) -> bool:
        if not address & 0x80:
            return address >> 1 == self.short_address
        if address & 0xE0 == 0x80:
            return bool(self.groups >> (address >> 1 & 15) & 1)
        return address & 0xFE == 0xFE or (address & 0xFE == 0xFC and self.short_address == MASK)

    def _dapc(self, arc: int) -> None:
        self.power_cycled = False
        if arc == MASK:
            self._go(self.arc, 0)
        else:
            self._go(arc, self.fade_ms())

    def _order(self, opcode: int) -> None:
        self.power_cycled = False
        now = round(self.arc)
        if opcode == 0x00:
            self._go(0, 0)
        elif opcode in (0x01, 0x02) and now:
            steps = 506 / 2 ** (self.fade_rate / 2) / 5  # 9.5.4, for 200 ms
            self._go(max(self.min, min(self.max, now + (steps if opcode == 1 else -steps))), 200)
        elif opcode in (0x03, 0x04) and now:
            self._go(max(self.min, min(self.max, now + (1 if opcode == 3 else -1))), 0)
        elif opcode in (0x05, 0x06):
            self._go(self.max if opcode == 5 else self.min, 0)
        elif opcode == 0x07 and now:
            self._go(now - 1 if now > self.min else 0, 0)
        elif opcode == 0x08:
            self._go(min(self.max, now + 1) if now else self.min, 0)
        elif opcode == 0x0A:
            self._go(self.last_active or self.max, self.fade_ms())
        elif opcode & 0xF0 == 0x10 and self.scenes[opcode & 15] != MASK:
            self._go(self.scenes[opcode & 15], self.fade_ms())

    def _configure(self, opcode: int, device_type: int) -> None:
        """Commands that came twice; what they change is kept without power, and wears."""
        level, number = self.dtr[0], opcode & 15
        self.wear += opcode not in (0x21, 0x25, 0x81)
        if opcode == 0x20:
            self._reset()
        elif opcode == 0x21:
            self.dtr[0] = round(self.arc)
        elif opcode == 0x25:
            self.identifying = True
        elif opcode == 0x2A:
            self.max = self.min if level <= self.min else 254 if level == MASK else level
            self._keep_limits()
        elif opcode == 0x2B:
            low = self.physical_minimum
            self.min = low if level <= low else self.max if level >= self.max else level
            self._keep_limits()
        elif opcode == 0x2C:
            self.failure_level = level
        elif opcode == 0x2D:
            self.power_on = level
        elif opcode in (0x2E, 0x2F):
            name = "fade_time" if opcode == 0x2E else "fade_rate"
            setattr(self, name, min(15, level) if opcode == 0x2E else min(15, max(1, level)))
        elif opcode & 0xE0 == 0x40:
            self.scenes[number] = level if opcode < 0x50 else MASK
        elif opcode & 0xE0 == 0x60:
            self.groups = self.groups | 1 << number if opcode < 0x70 else self.groups & ~(1 << number)
        elif opcode == 0x80 and (level == MASK or level & 0x81 == 1):
            self.short_address = MASK if level == MASK else level >> 1
        elif opcode == 0x81:
            self.write_enabled = True
        elif opcode == 0xE3 and device_type == 6 and level < 2:
            self.linear = bool(level)

    def _keep_limits(self) -> None:
        if self.arc:
            self._go(self.arc, 0)

    def _reset(self) -> None:
        self.max, self.min, self.power_on, self.failure_level = 254, self.physical_minimum, 254, 254
        self.fade_time, self.fade_rate, self.groups = 0, 7, 0
        self.scenes = [MASK] * 16
        self.random_address = self.search = 0xFFFFFF
        self._go(254, 0)

    def _query(self, opcode: int, device_type: int) -> int | None:
        status = self.status()
        if opcode >= 0xE0:
            return self._query_led(opcode) if device_type == 6 or opcode == 0xFF else None
        if opcode in (0x91, 0x92, 0x93, 0x95, 0x96, 0x9B, 0xAA):  # yes or silence
            bit = {0x91: True, 0x92: status & 2, 0x93: status & 4, 0x95: status & 32, 0x96: status & 64,
                   0x9B: status & 128, 0xAA: status & 1}[opcode]  # fmt: skip
            return YES if bit else None
        if opcode & 0xF0 == 0xB0:
            return self.scenes[opcode & 15]
        if opcode == 0xC5:
            return self.banks.read()
        dtr, address = self.dtr, self.random_address
        actual = MASK if "lamp" in self.faults and self.target else round(self.arc)  # 11.5.19
        table = {0x90: status, 0x97: 8, 0x98: dtr[0], 0x99: 6, 0x9A: self.physical_minimum, 0x9C: dtr[1], 0x9D: dtr[2],
                 0x9E: 0, 0x9F: 6, 0xA0: actual, 0xA1: self.max, 0xA2: self.min, 0xA3: self.power_on,
                 0xA4: self.failure_level, 0xA5: self.fade_time << 4 | self.fade_rate, 0xA7: 254, 0xA8: 0,
                 0xC0: self.groups & 255, 0xC1: self.groups >> 8, 0xC2: address >> 16, 0xC3: address >> 8 & 255,
                 0xC4: address & 255}  # fmt: skip
        return table.get(opcode)

    def _query_led(self, opcode: int) -> int | None:
        """62386-207, 11.3.4"""
        failed = "lamp" in self.faults
        return {
            0xED: 1,
            0xEE: int(self.linear),
            0xF1: 2 * failed,
            0xF3: YES if failed else None,
            0xFF: 1,
        }.get(opcode)

    # Addressing (9.14, 11.7)

    def _initialised(self) -> bool:
        return self.clock.now_ms() < self.initialised_until

    def _special(self, opcode: int, data: int) -> int | None:
        if opcode in (0xA3, 0xC3, 0xC5):
            self.dtr[{0xA3: 0, 0xC3: 1, 0xC5: 2}[opcode]] = data
        elif opcode == 0xC1:
            self.device_type = data
        elif opcode in (0xC7, 0xC9):
            told = self.banks.write(data) if self.write_enabled else None
            return told if opcode == 0xC7 else None
        elif opcode == 0xA5:
            unaddressed = data == MASK and self.short_address == MASK
            if data == 0 or unaddressed or (data & 0x81 == 1 and data >> 1 == self.short_address):
                self.initialised_until = self.clock.now_ms() + INITIALISE_MS
                self.withdrawn = False
        elif opcode == 0xA1:
            self.initialised_until = -1.0
            self.withdrawn = False
        elif self._initialised():
            return self._addressing(opcode, data)
        return None

    def _addressing(self, opcode: int, data: int) -> int | None:
        found = self.random_address == self.search
        if opcode == 0xA7:
            self.random_address = self.randoms.pop(0) if self.randoms else self.random.randrange(0xFFFFFF)
        elif opcode == 0xA9:
            return YES if not self.withdrawn and self.random_address <= self.search else None
        elif opcode == 0xAB:
            self.withdrawn = self.withdrawn or found
        elif opcode in (0xB1, 0xB3, 0xB5):
            shift = {0xB1: 16, 0xB3: 8, 0xB5: 0}[opcode]
            self.search = self.search & ~(0xFF << shift) | data << shift
        elif opcode == 0xB7 and found and (data == MASK or data & 0x81 == 1):
            self.short_address = MASK if data == MASK else data >> 1
            self.wear += 1
        elif opcode == 0xB9:
            return YES if self.short_address != MASK and data == self.short_address << 1 | 1 else None
        elif opcode == 0xBB and found:
            return MASK if self.short_address == MASK else self.short_address << 1 | 1
        return None
