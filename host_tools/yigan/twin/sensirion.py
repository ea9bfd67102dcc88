"""What Sensirion's I2C parts have in common on their wire: words with a CRC-8, a time to measure, faults.

Drawn from the SHT3x-DIS datasheet V6, 4.12, and the SCD4x datasheet V1.3, 3.11.
"""

import random


def _remainder(byte: int) -> int:
    """One byte through x^8 + x^5 + x^4 + 1 by long division."""
    value = byte << 8
    for bit in range(15, 7, -1):
        if value >> bit & 1:
            value ^= 0x131 << bit - 8
    return value


_TABLE = [_remainder(byte) for byte in range(256)]


def crc8(data: bytes) -> int:
    crc = 0xFF
    for byte in data:
        crc = _TABLE[crc ^ byte]
    return crc


def words(*values: int) -> bytes:
    """Each word with its CRC."""
    pairs = [value.to_bytes(2, "big") for value in values]
    return b"".join(pair + bytes((crc8(pair),)) for pair in pairs)


def counts(value: float, low: float, span: float) -> int:
    """The word that says `value` on a scale that begins at `low`."""
    return max(0, min(65535, round((value - low) / span * 65535)))


class Part:
    """A part at an address that answers some time after a command. Subclasses have `command(op, data)` -> acknowledged."""

    BUS = "i2c"
    FAULTS: tuple[str, ...] = ()
    OP_BYTES = 2

    def __init__(self, clock, address: int, air: dict[str, float], options: dict):
        self.clock = clock
        self.address = address
        self.air = {name: float(options.get(name, value)) for name, value in air.items()}
        self.shown = dict(self.air)
        self.faults: set[str] = set()
        self.random = random.Random(options.get("seed", 1))
        self.powered = False
        self.refused = 0  # commands that it does not take in its state
        self.cold()

    def cold(self) -> None:
        """After power-up or reset."""
        self.answer: bytes | None = None
        self.ready_at = 0.0

    def start(self) -> None:
        self.cold()
        self.powered = True

    def stop(self) -> None:
        self.powered = False

    def set(self, name: str, value: float) -> None:
        if name not in self.air:
            raise KeyError(name)
        self.air[name] = float(value)
        self._show()

    def fault(self, name: str, on: bool = True) -> None:
        (self.faults.add if on else self.faults.discard)(name)
        self._show()

    def _show(self) -> None:
        if "stuck" not in self.faults:
            self.shown = dict(self.air)

    def there(self, address: int) -> bool:
        return address == self.address and self.powered and "silent" not in self.faults

    def write(self, address: int, data: bytes) -> bool:
        if not self.there(address):
            return False
        if len(data) < self.OP_BYTES:
            return not data
        taken = self.command(int.from_bytes(data[: self.OP_BYTES], "big"), data[self.OP_BYTES :])
        self.refused += not taken
        return taken

    def command(self, op: int, data: bytes) -> bool:
        raise NotImplementedError

    def later(self, ms: float, answer: bytes | None) -> None:
        """The answer can be read `ms` from now; before that, and a second time, the part does not acknowledge."""
        self.answer, self.ready_at = answer, self.clock.now_ms() + ms

    def read(self, address: int, count: int) -> bytes | None:
        if not self.there(address) or self.answer is None or self.clock.now_ms() < self.ready_at:
            return None
        data, self.answer = self.answer, None
        if "noise" in self.faults:
            return self.random.randbytes(count)
        if "crc" in self.faults:
            data = data[:2] + bytes((data[2] ^ 0x10,)) + data[3:]
        return data[:count].ljust(count, b"\xff")
