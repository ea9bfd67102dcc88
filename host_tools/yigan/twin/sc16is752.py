"""SC16IS752 as its bus sees it, and its two serial lines.

Drawn from the NXP SC16IS752/SC16IS762 data sheet: sub-addresses, register descriptions, FIFOs of 64, RS-485 direction by
RTS (EFCR bits 4 and 5). A transceiver's driver-enable input hangs on RTS of each channel.
"""

import math

from yigan.twin.lines import Settings, Uart

_FIFO = 64
_LATE = 0x5A  # what RHR gives when there is nothing: anything

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("good", "fault", "comm_fault"),
    "stuck": (
        "comm_fault",
        "fault",
        "good",
    ),  # it sends nothing: whoever hangs on it hears nothing, itself it is well
    "slow": ("good",),
    "reset": ("good",),
}


class Port:
    """One channel: its registers, its FIFOs, and the line behind it."""

    def __init__(self, chip, line: Uart | None):
        self.chip, self.line = chip, line
        self.host = self  # the line's receiver: `host.send(bytes)`, `unread()`
        self.cold()

    def cold(self) -> None:
        self.regs = {
            "ier": 0,
            "lcr": 0x1D,
            "mcr": 0,
            "spr": 0xFF,
            "efcr": 0,
            "efr": 0,
            "dll": 0,
            "dlh": 0,
            "fcr": 0,
        }
        self.rx = bytearray()
        self.overrun = False
        self.sending = False
        if self.line:
            self.line.close()

    # The line's side

    def unread(self) -> int:
        return len(self.rx)

    def send(self, data: bytes) -> None:
        """From the line into the receive FIFO."""
        room = _FIFO - len(self.rx)
        self.overrun |= len(data) > room
        self.rx += data[:room]

    def rts(self) -> int:
        """The level of the RTS pin: the driver-enable input of a transceiver."""
        if not self.regs["efcr"] & 0x10:
            return 0 if self.regs["mcr"] & 2 else 1
        return int(self.sending == bool(self.regs["efcr"] & 0x20))

    def tune(self) -> None:
        """The divisor and LCR say speed and frame."""
        divisor = self.regs["dlh"] << 8 | self.regs["dll"]
        if self.line is None or not divisor or self.regs["lcr"] & 0x80:
            return
        lcr, prescale = self.regs["lcr"], 4 if self.regs["mcr"] & 0x80 else 1
        parity = "N" if not lcr & 8 else "E" if lcr & 0x10 else "O"
        baud = round(self.chip.crystal_hz / (16 * divisor * prescale))
        self.line.open(Settings(baud, 5 + (lcr & 3), parity, 2 if lcr & 4 else 1), 1 << 30)

    def used(self) -> int:
        """Characters that wait in the transmit FIFO."""
        if not self.line or self.line.settings is None:
            return 0
        return min(_FIFO, math.ceil(self.line.left_ms() / self.line.settings.char_ms - 1e-6))

    def transmit(self, data: bytes) -> None:
        data = data[: _FIFO - self.used()]
        if not data or "stuck" in self.chip.faults or not self.line or self.line.settings is None:
            return
        before = self.rts()
        self.sending = True
        if self.rts() != before:
            self._turned()
        self.line.transmit(data)
        self.chip.clock.call_later(self.line.left_ms() + 0.001, self._sent)

    def _sent(self) -> None:
        if self.sending and self.line.left_ms() <= 0:
            self.sending = False
            self._turned()

    def _turned(self) -> None:
        if hasattr(self.line, "de_changed"):
            self.line.de_changed(self.rts())


class Twin:
    """`connect(channel, line)` hangs a line on "a" or "b". options: `address`, `crystal_hz`.

    Faults: silent, noise (characters are spoilt on the way through), stuck (it sends nothing), slow, reset (once).
    """

    BUS = "i2c"
    FAULTS = ("silent", "noise", "stuck", "slow", "reset")

    def __init__(self, clock, options: dict):
        self.clock = clock
        self.address = options.get("address", 0x48)
        self.crystal_hz = options.get("crystal_hz", 14745600)
        self.faults: set[str] = set()
        self.powered = False
        self.ports = [Port(self, None), Port(self, None)]
        self.transfers = 0
        self._sub = 0

    def connect(self, channel: str, line: Uart) -> None:
        port = self.ports["ab".index(channel)] = Port(self, line)
        line.rx = port
        if hasattr(line, "de_changed"):
            line.de = port.rts

    def start(self) -> None:
        self.powered = True
        for port in self.ports:
            port.cold()

    def stop(self) -> None:
        self.powered = False
        for port in self.ports:
            port.cold()

    def set(self, name: str, value) -> None:
        raise KeyError(name)

    def fault(self, name: str, on: bool = True) -> None:
        (self.faults.add if on else self.faults.discard)(name)
        if name == "reset" and on:
            for port in self.ports:
                port.cold()

    def state(self) -> dict:
        return {
            name: {
                "baud": p.line.settings.baud if p.line and p.line.settings else 0,
                "unread": len(p.rx),
                **p.regs,
            }
            for name, p in zip("ab", self.ports, strict=True)
        } | {"transfers": self.transfers}

    # The wire: sub-address = register << 3 | channel << 1

    def write(self, address: int, data: bytes) -> bool:
        if address != self.address or not self.powered or "silent" in self.faults:
            return False
        self.transfers += 1
        if data:
            self._sub = data[0]
            register, port = self._sub >> 3 & 15, self.ports[self._sub >> 1 & 1]
            if register == 0 and not port.regs["lcr"] & 0x80 and data[1:]:
                port.transmit(data[1:])
            else:
                for byte in data[1:]:
                    self._store(port, register, byte)
        return True

    def _name(self, port: Port, register: int) -> str:
        lcr = port.regs["lcr"]
        if lcr == 0xBF and register in (2, 4, 5, 6, 7):
            return "efr" if register == 2 else "xon"
        if lcr & 0x80 and lcr != 0xBF and register < 2:
            return ("dll", "dlh")[register]
        return ("rhr", "ier", "fcr", "lcr", "mcr", "lsr", "msr", "spr", "txlvl", "rxlvl", "iodir", "iostate",
                "iointena", "", "iocontrol", "efcr")[register]  # fmt: skip

    def _store(self, port: Port, register: int, byte: int) -> None:
        name = self._name(port, register)
        if name == "iocontrol" and byte & 8:  # software reset
            for each in self.ports:
                each.cold()
        elif name == "fcr":
            if byte & 2:
                port.rx.clear()
        elif name in port.regs:
            if name == "mcr" and not port.regs["efr"] & 0x10:
                byte &= 0x1F  # bits 5 to 7 need EFR bit 4
            port.regs[name] = byte
            if name in ("lcr", "dll", "dlh", "mcr"):
                port.tune()

    def read(self, address: int, count: int) -> bytes | None:
        if address != self.address or not self.powered or "silent" in self.faults:
            return None
        self.transfers += 1
        register, port = self._sub >> 3 & 15, self.ports[self._sub >> 1 & 1]
        return bytes(self._load(port, self._name(port, register)) for _ in range(count))

    def _load(self, port: Port, name: str) -> int:
        if name == "rhr":
            byte = port.rx.pop(0) if port.rx else _LATE
            return byte ^ 0x11 if "noise" in self.faults and len(port.rx) % 5 == 0 else byte
        if name == "lsr":
            return self._status(port)
        if name == "txlvl":
            return _FIFO - port.used()
        if name == "rxlvl":
            return len(port.rx)
        return port.regs.get(name, {"fcr": 0x01}.get(name, 0))

    def _status(self, port: Port) -> int:
        found = (1 if port.rx else 0) | (2 if port.overrun else 0)
        port.overrun = False
        idle = port.line is None or port.line.left_ms() <= 0
        return found | (0x60 if idle else 0x20 if port.used() == 0 else 0)
