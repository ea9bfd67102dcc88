"""A pole file with every name looked up: what `resolve` makes, and what the rules and the compiler read."""

from dataclasses import dataclass, field

from yigan import boards
from yigan.boards import Board
from yigan.cards import Card
from yigan.conf.lines import Path as Keys
from yigan.conf.pole import Part, Peripheral, Pole
from yigan.points import Point

# A card's bus -> bus kinds that carry it; else its own kind.
BUS_OF_CARD = {
    "analog": ("analog", "pwm"),
    "modbus": ("rs485", "uart"),
    "rs485": ("rs485", "uart"),
    "dali": ("dali", "uart"),
}
# (a card's bus, bus kind) -> what wraps the line for all of its users; no peripheral of its own.
SHARED = {
    ("modbus", "rs485"): "modbus_rtu",
    ("modbus", "uart"): "modbus_rtu",
    ("dali", "dali"): "dali_bus",
    ("dali", "uart"): "dali_sci",
}
SHARED_KINDS = {"modbus_rtu": "modbus_sensor", "dali_bus": "dali", "dali_sci": "dali"}  # -> who hangs on it


@dataclass
class Line:
    """A bus this pole uses. `at` is where the pole file defines or first names it."""

    name: str
    kind: str
    settings: dict
    at: Keys
    written: bool  # has a [bus.<name>] of its own
    users: list["Device"] = field(default_factory=list)
    options: dict = field(default_factory=dict)  # of the driver that several users share

    @property
    def on(self) -> str:
        """The peripheral that has it, "" for a bus of the board."""
        on = self.settings.get("on", "")
        return on if isinstance(on, str) else ""

    @property
    def pins(self) -> dict[str, int]:
        """role -> GPIO number; none of a bus that hangs on a peripheral."""
        roles = {} if "on" in self.settings else boards.ROLES.get(self.kind, {})
        return {r: n for r in roles if isinstance(n := self.settings.get(r), int) and n >= 0}

    @property
    def server(self) -> "Device | None":
        """The uplink that answers on this line."""
        return next((user for user in self.users if user.serves), None)

    @property
    def modbus(self) -> bool:
        return any(user.card.bus == "modbus" for user in self.users)

    @property
    def driver(self) -> str:
        """The driver that its users share, or ""."""
        return next((d for user in self.users if (d := SHARED.get((user.card.bus, self.kind)))), "")


@dataclass
class Device:
    """One peripheral: `points` are those of the point table in the order of its card, None where it has none."""

    part: Peripheral
    card: Card
    options: dict
    line: Line | None
    points: list[Point | None]
    map: object = None  # conf.regmap.RegMap of a register-map peripheral

    @property
    def serves(self) -> bool:
        """An uplink, which answers on its line where a peripheral is asked."""
        return self.card.room == "uplinks"


@dataclass
class Member:
    """One uplink or service; `points` as a Device's."""

    part: Part
    card: Card
    options: dict
    points: list[Point | None]


@dataclass
class Plan:
    """All that `compile`, `twins` and the rules need. `board` is None when there is none of that name."""

    pole: Pole
    board: Board | None
    devices: list[Device] = field(default_factory=list)
    lines: dict[str, Line] = field(default_factory=dict)
    uplinks: list[Member] = field(default_factory=list)
    services: list[Member] = field(default_factory=list)
    rows: list[Point] = field(default_factory=list)  # ids ascending, report overrides applied

    def members(self, room: str) -> list[Member]:
        return self.uplinks if room == "uplinks" else self.services
