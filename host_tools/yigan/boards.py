"""Boards as data: `boards/<board>.toml` on top of `boards/chips/<chip>.toml`.

A chip file holds what the silicon fixes (pins, alternate functions, ADC, strapping); a board file what somebody
soldered (flash, console, sockets, default buses). Nothing here judges a pole: `yigan.conf` does, with these facts.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from yigan import near, places
from yigan.errors import ConfigError
from yigan.lang import t

# What each bus kind does with its pins: "out" drives, "in" reads, "both" does both, "analog" measures.
ROLES: dict[str, dict[str, str]] = {
    "uart": {"tx": "out", "rx": "in", "rts": "out", "cts": "in"},
    "rs485": {"tx": "out", "rx": "in", "de": "out"},
    "i2c": {"sda": "both", "scl": "both"},
    "spi": {"sck": "out", "mosi": "out", "miso": "in"},
    "pwm": {"pin": "out"},
    "gpio": {"pin": "both"},  # "out" when the bus says out = true, else "in"
    "adc": {"pin": "analog"},
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


def names() -> list[str]:
    """Every board there is a file for."""
    return sorted(p.stem for p in places.boards().glob("*.toml"))


def load(name: str) -> Board:
    """The board of `boards/<name>.toml`; ConfigError with near names."""
    path = places.boards() / f"{name}.toml"
    if not path.is_file():
        raise ConfigError(
            t("There is no board {n}.", "没有板型 {n}。", n=name), hint=near.hint(name, names())
        )
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _load(path: Path, _changed: int) -> Board:
    data = _toml(path)
    chip_path = path.parent / "chips" / f"{data['chip']}.toml"
    if not chip_path.is_file():
        raise ConfigError(
            t("There is no chip {n}.", "没有芯片 {n}。", n=data["chip"]),
            places.shown(path),
            near.hint(data["chip"], (p.stem for p in chip_path.parent.glob("*.toml"))),
        )
    return _Build(path, data, _toml(chip_path)).board()


def _toml(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(error), where=places.shown(path)) from error


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


def _text(data: object) -> Text:
    return Text(*data) if isinstance(data, list) else Text()


class _Build:
    """Joins a board file and its chip file."""

    def __init__(self, path: Path, data: dict, chip: dict):
        self.path, self.data, self.chip = path, data, chip
        self.reserved = self.facts(chip.get("reserved", {}), data.get("reserved", {}))
        self.taken = self.facts(data.get("taken", {}))
        self.strapping = self.facts(chip.get("strapping", {}))
        self.notes = self.facts(chip.get("pin_note", {}), data.get("pin_note", {}))
        self.adc = {pin: (int(unit), channel) for unit, row in chip.get("adc", {}).items()
                    for channel, pin in enumerate(row) if pin >= 0}  # fmt: skip

    @staticmethod
    def facts(*tables: dict) -> dict[int, Text]:
        return {n: _text(v) for table in tables for key, v in table.items() for n in numbers(key)}

    def pins(self) -> dict[int, Pin]:
        chip = self.chip
        input_only, no_pull = set(numbers(chip.get("input_only", ""))), set(numbers(chip.get("no_pull", "")))
        by_pin: dict[int, set[str]] = {}
        for function, holders in chip.get("functions", {}).items():
            for number in holders:
                by_pin.setdefault(number, set()).add(function)
        return {
            n: Pin(
                n, f"{chip['prefix']}{n}", output=n not in input_only, pull=n not in no_pull,
                reserved=self.reserved.get(n, Text()), taken=self.taken.get(n, Text()),
                strapping=self.strapping.get(n, Text()), note=self.notes.get(n, Text()), adc=self.adc.get(n),
                pwm=(n // 2 % chip["pwm_slices"], n % 2) if "pwm_slices" in chip else None,
                functions=None if chip["matrix"] else frozenset(by_pin.get(n, ())),
            )
            for n in numbers(chip["gpio"])
        }  # fmt: skip

    def board(self) -> Board:
        data, chip = self.data, self.chip
        flash, how = data.get("flash", {}), data.get("flashing", {"tool": "none", "image": ""})
        return Board(
            name=self.path.stem, path=self.path, title=_text(data["title"]), chip=data["chip"], port=chip["port"],
            arch=chip["arch"], module=data["module"], cpu_mhz=chip["cpu_mhz"], heap_bytes=data["heap_bytes"],
            mpy_heap_factor=chip["mpy_heap_factor"],
            flash=Flash(**{**flash, **{k: tuple(flash[k]) for k in ("app", "vfs") if k in flash},
                           "note": _text(flash.get("note"))}),
            flashing=Flashing(**{**how, "enter": _text(how.get("enter"))}), console=data["console"],
            usb=tuple(data.get("usb", ())), interfaces=tuple(data["interfaces"]), uarts=tuple(data["uarts"]),
            i2cs=tuple(chip["i2cs"]), spis=tuple(chip["spis"]), pwm_channels=chip["pwm_channels"],
            pwm_frequencies=chip["pwm_frequencies"], adc_blocked_by_wifi=tuple(chip.get("adc_blocked_by_wifi", ())),
            watchdog_ms=chip["watchdog_ms"], buses=self.buses(), parts=data.get("part", {}), all_pins=self.pins(),
            notes=tuple(_text(n) for n in [*chip.get("notes", []), *data.get("notes", [])]),
        )  # fmt: skip

    def buses(self) -> dict[str, Bus]:
        return {name: self.bus(name, row) for name, row in self.data.get("bus", {}).items()}

    def bus(self, name: str, row: dict) -> Bus:
        line = self.line(name)
        if row.get("kind") not in BUS_KINDS:
            raise ConfigError(
                t("unknown bus kind.", "未知的总线类型。"),
                f"{places.shown(self.path)}:{line}:bus.{name}",
                near.hint(str(row.get("kind")), BUS_KINDS),
            )
        return Bus(
            name, row["kind"], {k: v for k, v in row.items() if k != "note"}, _text(row.get("note")), line
        )

    def line(self, bus: str) -> int:
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return next((n for n, text in enumerate(lines, 1) if text.startswith(f"[bus.{bus}]")), 1)
