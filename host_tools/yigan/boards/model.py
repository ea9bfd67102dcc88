"""What a board is made of."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t

# What each bus kind does with its pins: "out" drives, "in" reads, "both" does both, "analog" measures.
ROLES: dict[str, dict[str, str]] = {
    "uart": {"tx": "out", "rx": "in", "rts": "out", "cts": "in"},
    "rs485": {"tx": "out", "rx": "in", "de": "out"},
    "i2c": {"sda": "both", "scl": "both"},
    "spi": {"sck": "out", "mosi": "out", "miso": "in"},
    "pwm": {"pin": "out"},
    "analog": {"pin": "out", "relay": "out", "zero_cross": "in"},
    "gpio": {"pin": "both"},  # "out" when the bus says out = true, else "in"
    "adc": {"pin": "analog"},
    "dali": {"tx": "out", "rx": "in"},
}
BUS_KINDS = tuple(ROLES)
PORTS = ("esp32", "rp2", "linux")


@dataclass(frozen=True)
class Text:
    """A fact in both languages; false when there is none."""

    en: str = ""
    zh: str = ""

    def __str__(self) -> str:
        return t("{x}", "{y}", x=self.en, y=self.zh)

    def __bool__(self) -> bool:
        return bool(self.en)


@dataclass(frozen=True)
class Pin:
    """What one GPIO can and cannot do on this board."""

    number: int
    name: str  # as printed: GPIO25, GP25
    input: bool = True
    output: bool = True
    pull: bool = True  # has internal pull resistors
    reserved: Text = Text()  # who has it: flash, PSRAM, the radio. Not ours to use
    taken: Text = Text()  # the board uses it: console, boot button, Ethernet
    strapping: Text = Text()  # read at reset: what a wrong level does
    note: Text = Text()
    adc: tuple[int, int] | None = None  # (unit, channel)
    pwm: tuple[int, int] | None = None  # (slice, channel) where the silicon fixes it
    functions: frozenset[str] | None = None  # {"uart0.tx", "i2c1.sda"}; None: a matrix routes any

    @property
    def free(self) -> bool:
        """Neither reserved by the module nor used by the board itself."""
        return not self.reserved and not self.taken

    def can(self, function: str) -> bool:
        """Whether the pin mux has `uart1.tx`, `i2c0.sda`, `spi1.sck`, `pwm`, `gpio` or `adc` here."""
        kind, _, role = function.partition(".")
        if kind == "adc":
            return self.adc is not None
        if kind == "gpio":
            return True
        if kind == "pwm" or self.functions is None:
            return self.output or role in ("rx", "miso", "cts")
        return function in self.functions


@dataclass(frozen=True)
class Flash:
    """Bytes. `app` and `vfs` are (offset, size) in the flash chip; a Linux board has none."""

    size: int = 0
    block: int = 4096
    app: tuple[int, int] = (0, 0)
    vfs: tuple[int, int] = (0, 0)
    note: Text = Text()


@dataclass(frozen=True)
class Flashing:
    """How MicroPython gets onto the bare chip."""

    tool: str  # esptool | uf2 | none
    image: str  # name of the official build, ESP32_GENERIC
    offset: int = 0
    baud: int = 0
    chip: str = ""  # esptool's --chip
    family: int = 0  # UF2 family id
    volume: str = ""  # the boot drive's label
    enter: Text = Text()  # how a person puts the board into its boot loader


@dataclass(frozen=True)
class Bus:
    """A default bus. `settings` is what the device reads: kind, id, pins, line settings."""

    name: str
    kind: str
    settings: dict[str, object]
    note: Text
    line: int

    @property
    def pins(self) -> dict[str, int]:
        """role -> pin number, of the roles this kind has."""
        return {r: n for r in ROLES[self.kind] if isinstance(n := self.settings.get(r), int) and n >= 0}


@dataclass(frozen=True)
class Board:
    """`uarts` are the ids a pole may use (the console's excluded); `heap_bytes` is free at boot, 0 on Linux."""

    name: str
    path: Path
    title: Text
    chip: str
    port: str  # esp32 | rp2 | linux: the hal module
    arch: str  # mpy-cross -march, "" on Linux
    module: str
    cpu_mhz: int
    heap_bytes: int
    mpy_heap_factor: float  # bytes of RAM an imported module takes per byte of .mpy
    flash: Flash
    flashing: Flashing
    console: dict[str, object]  # kind = uart | usb | tty; uart = id; baud
    usb: tuple[str, ...]  # vid:pid of its console port, lower-case hex
    interfaces: tuple[str, ...]  # wifi, ethernet, ...: what its network can be
    uarts: tuple[int, ...]
    i2cs: tuple[int, ...]
    spis: tuple[int, ...]
    pwm_channels: int
    pwm_frequencies: int  # how many different ones at once
    adc_blocked_by_wifi: tuple[int, ...]  # ADC units that cannot be read while Wi-Fi is up
    watchdog_ms: int  # the longest the hardware watchdog can wait, 0: any
    buses: dict[str, Bus]
    parts: dict[
        str, dict[str, object]
    ]  # what else is soldered: ethernet, bridge, cellular; their pins are `taken`
    all_pins: dict[int, Pin] = field(repr=False)
    notes: tuple[Text, ...] = ()

    @cached_property
    def pins(self) -> tuple[Pin, ...]:
        """Every GPIO that is brought out and free, by number."""
        return tuple(p for _, p in sorted(self.all_pins.items()) if p.free)

    def pin(self, number: int) -> Pin:
        """The facts of a GPIO; ConfigError when the chip has none such."""
        if number not in self.all_pins:
            raise ConfigError(
                t("{b} has no pin {n}.", "{b} 没有引脚 {n}。", b=self.name, n=number),
                hint=t("Free pins: {p}.", "空闲引脚：{p}。", p=ranges(p.number for p in self.pins)),
            )
        return self.all_pins[number]

    def bus(self, name: str) -> Bus:
        """A default bus by name; ConfigError with near names."""
        if name not in self.buses:
            raise ConfigError(
                t("{b} has no bus {n}.", "{b} 没有总线 {n}。", b=self.name, n=name),
                hint=near.hint(name, self.buses),
            )
        return self.buses[name]


def numbers(text: str) -> list[int]:
    """`"0-3, 8"` -> [0, 1, 2, 3, 8]."""
    found: list[int] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        first, _, last = part.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return found


def ranges(values: Iterable[int]) -> str:
    """The way back: [0, 1, 2, 3, 8] -> `0-3, 8`."""
    parts: list[list[int]] = []
    for value in sorted(values):
        if parts and value == parts[-1][1] + 1:
            parts[-1][1] = value
        else:
            parts.append([value, value])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
