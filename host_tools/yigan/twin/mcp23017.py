"""MCP23017 port expander as its bus and its pins see it.

Drawn from Microchip DS20001952: register addresses of both banks (tables 3-1 to 3-3), reset values, IOCON.
"""

from yigan.twin.expander import Expander

# In the order of BANK = 0: two of each, A and B.
NAMES = ("iodir", "ipol", "gpinten", "defval", "intcon", "iocon", "gppu", "intf", "intcap", "gpio", "olat")
_READ_ONLY = ("intf", "intcap")

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("good",),
    "stuck": ("fault", "good"),  # it does not keep what it is told; until then all is as it was
    "slow": ("good",),
    "reset": ("good",),
    "banked": ("good",),
}


class Twin(Expander):
    """Faults: silent, noise, stuck (registers do not change), slow, reset (once), banked (a glitch set IOCON.BANK)."""

    FAULTS = ("silent", "noise", "stuck", "slow", "reset", "banked")
    PINS = 16

    def __init__(self, clock, options: dict):
        super().__init__(clock, options.get("address", 0x20))
        self.cold()

    def cold(self) -> None:
        self.words = dict.fromkeys(NAMES, 0) | {"iodir": 0xFFFF}
        self._at = 0

    @property
    def banked(self) -> bool:
        return bool(self.words["iocon"] & 0x80)

    def _where(self, address: int) -> tuple[str, int] | None:
        """(register, 0 for A or 1 for B)."""
        if self.banked:
            number, half = address & 0x0F, address >> 4
        else:
            number, half = address >> 1, address & 1
        return (NAMES[number], half) if number < len(NAMES) and half < 2 else None

    def _advance(self) -> None:
        if not self.words["iocon"] & 0x20:  # SEQOP: 1 stays
            self._at = (self._at + 1) % 0x16 if not self.banked else self._at + 1 & 0x1F
        elif not self.banked:
            self._at ^= 1

    def take(self, data: bytes) -> None:
        if data:
            self._at = data[0]
        for byte in data[1:]:
            place = self._where(self._at)
            if place and place[0] not in _READ_ONLY and "stuck" not in self.faults:
                self._store(*place, byte)
            self._advance()

    def _store(self, name: str, half: int, byte: int) -> None:
        if name == "iocon":  # one register at two addresses
            self.words[name] = byte
            return
        name = "olat" if name == "gpio" else name  # writing GPIO writes the latch
        shift = 8 * half
        self.words[name] = self.words[name] & ~(0xFF << shift) | byte << shift

    def give(self, count: int) -> bytes:
        found = bytearray()
        for _ in range(count):
            place = self._where(self._at)
            found.append(self._load(*place) if place else 0)
            self._advance()
        return bytes(found)

    def _load(self, name: str, half: int) -> int:
        if name == "iocon":
            return self.words[name] & 0xFF
        word = self.pins() ^ self.words["ipol"] if name == "gpio" else self.words[name]
        return word >> 8 * half & 0xFF

    def drives(self, pin: int) -> int | None:
        return None if self.words["iodir"] >> pin & 1 else self.words["olat"] >> pin & 1

    def rests(self, pin: int) -> int:
        return self.words["gppu"] >> pin & 1

    def fault(self, name: str, on: bool = True) -> None:
        super().fault(name, on)
        if name == "banked" and on:
            self.words["iocon"] = 0x80

    def state(self) -> dict:
        return {"pins": self.pins(), **self.words}
