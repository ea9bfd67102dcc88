"""A board file and its chip file, joined."""

import tomllib
from pathlib import Path

from yigan import near, places
from yigan.boards.model import BUS_KINDS, Board, Bus, Flash, Flashing, Pin, Text, numbers
from yigan.errors import ConfigError
from yigan.lang import t


def toml(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(error), where=places.shown(path)) from error


def _text(data: object) -> Text:
    return Text(*data) if isinstance(data, list) else Text()


class Build:
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
