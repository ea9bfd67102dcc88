"""What a pole file means on its board: every name looked up, every default filled in.

`resolve` never stops at a fault: what cannot be resolved becomes a finding and is left out of the plan.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from difflib import get_close_matches

from yigan import boards, cards, near, places, points
from yigan.boards import Board
from yigan.cards import Card
from yigan.conf import option
from yigan.conf.lines import Path as Keys
from yigan.conf.pole import POINT_KEYS, Part, Peripheral, Pole, wrong_type
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.points import Point

BUS_OF_CARD = {"modbus": ("rs485", "uart")}  # a card's bus -> bus kinds that carry it; else its own kind
_NETWORKED = "network"  # what an uplink's card says it needs


@dataclass
class Line:
    """A bus this pole uses. `at` is where the pole file defines or first names it."""

    name: str
    kind: str
    settings: dict
    at: Keys
    written: bool  # has a [bus.<name>] of its own
    users: list["Device"] = field(default_factory=list)

    @property
    def pins(self) -> dict[str, int]:
        """role -> GPIO number."""
        roles = boards.ROLES.get(self.kind, {})
        return {r: n for r in roles if isinstance(n := self.settings.get(r), int) and n >= 0}

    @property
    def modbus(self) -> bool:
        return any(user.card.bus == "modbus" for user in self.users)


@dataclass
class Device:
    """One peripheral: `points` are those of the point table in the order of its card, None where it has none."""

    part: Peripheral
    card: Card
    options: dict
    line: Line | None
    points: list[Point | None]
    map: object = None  # conf.regmap.RegMap of a register-map peripheral


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

    def rows_of(self, room: str) -> list[Member]:
        return self.uplinks if room == "uplinks" else self.services


def resolve(pole: Pole) -> Plan:
    """Look everything up. Faults are added to `pole.findings`."""
    return _Resolver(pole).plan()


class _Resolver:
    def __init__(self, pole: Pole):
        self.pole, self.doc = pole, pole.document
        self.table = points.load()
        self.found = Plan(pole, self.board())

    def plan(self) -> Plan:
        self.written_buses()
        for part in self.pole.peripherals:
            self.device(part)
        for part in self.pole.uplinks:
            self.member("uplinks", part, len(self.found.uplinks))
        self.services()
        self.rows()
        return self.found

    def board(self) -> Board | None:
        if not self.pole.board:
            return None
        try:
            return boards.load(self.pole.board)
        except ConfigError as error:
            self.doc.error("unknown_board", ("board",), error.what, error.hint)
            return None

    # Buses

    def written_buses(self) -> None:
        for name, table in self.pole.buses.items():
            known = self.found.board.buses.get(name) if self.found.board else None
            settings = {**(known.settings if known else {}), **table}
            kind = settings.get("kind")
            if kind is None and self.found.board is None:
                continue  # an unknown board may well have this bus
            if kind not in boards.BUS_KINDS:
                what = t("bus {n} has no known kind.", "总线 {n} 的 kind 无法识别。", n=name)
                self.doc.error(
                    "unknown_bus_kind", ("bus", name, "kind"), what, near.hint(str(kind), boards.BUS_KINDS)
                )
            elif self.found.board:
                self.found.lines[name] = Line(name, kind, settings, ("bus", name), True)

    def line(self, part: Peripheral, card: Card) -> Line | None:
        """The bus a peripheral names, made from the board's default at its first use."""
        at = (*part.at, "bus")
        board = self.found.board
        if board is None:
            return None
        if not part.bus:
            what = t("{k} needs a bus.", "{k} 需要 bus。", k=part.kind)
            self.doc.error("missing_bus", at, what, self.suitable(card))
            return None
        if part.bus in self.found.lines:
            return self.found.lines[part.bus]
        if part.bus in board.buses:
            bus = board.buses[part.bus]
            self.found.lines[bus.name] = Line(bus.name, bus.kind, dict(bus.settings), at, False)
            return self.found.lines[bus.name]
        if part.bus not in self.pole.buses:
            what = t("{b} has no bus {n!r}.", "{b} 没有总线 {n!r}。", b=board.name, n=part.bus)
            self.doc.error("unknown_bus", at, what, self.suitable(card, part.bus))
        return None

    def suitable(self, card: Card, word: str = "") -> str:
        """The buses that a kind could use here, those near `word` first."""
        board = self.found.board
        fit = BUS_OF_CARD.get(card.bus, (card.bus,))
        known = {
            **{n: b.kind for n, b in board.buses.items()},
            **{n: x.kind for n, x in self.found.lines.items()},
        }
        names = [name for name, kind in known.items() if kind in fit]
        if not names:
            return t("This board has no {k} bus: define one with [bus.<name>].",
                     "该板没有 {k} 总线：请用 [bus.<名称>] 定义。", k=fit[0])  # fmt: skip
        return near.hint(word, names) if word else t("Write bus = {n}.", "请写 bus = {n}。",
                                                     n=t(" or ", " 或 ").join(f'"{n}"' for n in names))  # fmt: skip

    # Peripherals

    def card(self, room: str, part: Part) -> Card | None:
        try:
            return cards.card(room, part.kind)
        except ConfigError as error:
            if error.where:  # the card itself is broken: not the fault of this file
                raise
            self.doc.error("unknown_kind", (*part.at, "kind"), error.what, error.hint)
            return None

    def device(self, part: Peripheral) -> None:
        card = self.card("drivers", part)
        if card is None:
            return
        also = option.LINE_SETTINGS if card.bus in ("uart", "rs485", "modbus") else ()
        also = tuple(key for key in also if key not in card.options)
        options = option.fill(self.doc, part.at, card, part.options, also)
        if part.period_s is not None:
            options["period_ms"] = round(part.period_s * 1000)
        line = self.line(part, card) if card.bus != "none" else None
        device = Device(part, card, options, line, [])
        names = self.mapped(device) if card.map else list(card.points)
        device.points = [self.point(device, name) for name in names] if self.has_instance(device) else []
        if line:
            line.users.append(device)
        self.found.devices.append(device)

    def mapped(self, device: Device) -> list[str]:
        """Load the register map of a peripheral; its point names."""
        from yigan.conf import regmap

        name = device.options.get("map")
        if not name:
            return []
        try:
            device.map = regmap.load(name)
        except ConfigError as error:
            if error.where:
                raise
            self.doc.error("unknown_map", (*device.part.at, "map"), error.what, error.hint)
            return []
        return list(device.map.points)

    def has_instance(self, device: Device) -> bool:
        """Whether the capability allows the instance that is asked for."""
        number, name = device.part.instance or 0, device.card.capability
        if name and not 0 <= number < self.table.capability(name).instances:
            last = self.table.capability(name).instances - 1
            what = t("{c} has no instance {n}.", "{c} 没有实例 {n}。", c=name, n=number)
            self.doc.error("out_of_range", (*device.part.at, "instance"), what,
                           t("0 to {n}.", "0 至 {n}。", n=last))  # fmt: skip
            return False
        return True

    def point(self, device: Device, name: str) -> Point | None:
        """`pm2_5` of the card's capability, or `weather.humidity` of another."""
        owner, _, key = name.rpartition(".")
        try:
            capability = self.table.capability(owner or device.card.capability)
            capability.point(key)
        except ConfigError as error:  # not this file's fault: the card's
            raise ConfigError(
                error.what, f"{places.shown(device.card.path)}:{device.card.line}", error.hint
            ) from error
        number = min(device.part.instance or 0, capability.instances - 1)
        return next(p for p in capability.instance(number) if p.key == key)

    # Uplinks and services

    def member(self, room: str, part: Part, instance: int = 0) -> None:
        card = self.card(room, part)
        if card is None:
            return
        options = option.fill(self.doc, part.at, card, part.options, ("name",))
        if "name" in part.options:
            options.pop("name", None)
        self.found.rows_of(room).append(Member(part, card, options, self.served(card, instance)))

    def served(self, card: Card, instance: int) -> list[Point | None]:
        if not card.capability:
            return []
        try:
            capability = self.table.capability(card.capability)
            if instance >= capability.instances:
                return []
            keys = {p.key: p for p in capability.instance(instance)}
            return [keys[capability.point(name).key] for name in card.points]
        except ConfigError as error:
            raise ConfigError(error.what, f"{places.shown(card.path)}:{card.line}", error.hint) from error

    def services(self) -> None:
        """Those the file names, and those every pole (or every pole with such a capability) has."""
        named = {part.kind: part for part in self.pole.services}
        for part in named.values():
            self.member("services", part)
        present = {p.capability: set() for d in self.found.devices for p in d.points if p}
        for device in self.found.devices:
            for point in filter(None, device.points):
                present[point.capability].add(point.instance)
        for kind in cards.kinds("services"):
            card = cards.service(kind)
            needs = required_capability(card)
            if kind not in named and (not needs or needs in present):
                part = Part(("service",), kind)
                instances = sorted(present[needs]) if needs else [0]
                served = [p for n in instances for p in self.served(card, n)]
                self.found.services.append(
                    Member(part, card, option.fill(self.doc, part.at, card, {}), served)
                )

    # Points

    def rows(self) -> None:
        owners = [*self.found.devices, *self.found.uplinks, *self.found.services]
        found = {p.id: p for owner in owners for p in owner.points if p}
        for name, table in self.pole.points.items():
            point = next((p for p in found.values() if p.name == name), None)
            if point is None:
                self.no_point(name, [p.name for p in found.values()])
            else:
                found[point.id] = self.overridden(point, name, table)
        self.found.rows = [found[number] for number in sorted(found)]

    def no_point(self, name: str, known: list[str]) -> None:
        """An unknown point, unless a part that could not be looked up may have brought it."""
        suspects = {"kind", "map"}
        if any(f.place.key.rpartition(".")[2] in suspects for f in self.doc.findings) and self.is_known(name):
            return
        close = get_close_matches(name, known, n=3, cutoff=0.5)
        hint = near.hint(name, close or {n.rpartition(".")[0] + ".*" for n in known})
        what = t("This pole has no point {n}.", "该灯杆没有测点 {n}。", n=name)
        self.doc.error("unknown_point", ("point", name), what, hint)

    def is_known(self, name: str) -> bool:
        try:
            return self.table.point(name) is not None
        except ConfigError:
            return False

    def overridden(self, point: Point, name: str, table: dict) -> Point:
        """The row with what `[point."..."]` says."""
        values = {}
        for key, value in table.items():
            at = ("point", name, key)
            if key not in POINT_KEYS:
                what = t("{k!r} is unknown here.", "此处不认识 {k!r}。", k=key)
                self.doc.error("unknown_key", at, what, near.hint(key, POINT_KEYS))
            elif isinstance(value, bool) or not isinstance(value, (int, float)):
                self.doc.error("wrong_type", at, wrong_type(key, float, value))
            elif (judged := self.override(point, at, key, value)) is not None:
                values[key] = judged
        report = replace(
            point.report, **{k: v for k, v in values.items() if k in ("deadband", "min_s", "max_s")}
        )
        low, high = values.get("low", point.raw_low), values.get("high", point.raw_high)
        if low >= high:
            what = t("low is not below high.", "low 不小于 high。")
            self.doc.error("out_of_range", ("point", name, "low" if "low" in table else "high"), what)
        if report.max_s and report.max_s < report.min_s:
            what = t("max_s is below min_s.", "max_s 小于 min_s。")
            self.doc.error("out_of_range", ("point", name, "max_s" if "max_s" in table else "min_s"), what)
        return replace(
            point, report=report, ttl_s=values.get("ttl_s", point.ttl_s), raw_low=low, raw_high=high
        )

    def override(self, point: Point, at: Keys, key: str, value: float) -> int | None:
        """Seconds as they are; deadband, low and high scaled, within the table's own limits."""
        if key.endswith("_s"):
            if isinstance(value, int) and 0 <= value <= 0xFFFF:
                return value
            hint = t("0 to 65535 whole seconds.", "0 至 65535 整秒。")
        else:
            scaled = Decimal(str(value)).scaleb(-point.scale)
            if not scaled.is_finite():
                scaled = Decimal("0.5")  # no whole number: refused below
            low, high = (
                (0, point.raw_high - point.raw_low) if key == "deadband" else (point.raw_low, point.raw_high)
            )
            if scaled == int(scaled) and low <= scaled <= high:
                return int(scaled)
            hint = t("{a} to {b} {u} in steps of {s}.", "{a} 至 {b} {u}，步长 {s}。",
                     a=Decimal(low).scaleb(point.scale), b=Decimal(high).scaleb(point.scale), u=point.unit,
                     s=Decimal(1).scaleb(point.scale))  # fmt: skip
        self.doc.error(
            "out_of_range", at, t("{k} = {v} does not fit.", "{k} = {v} 不合适。", k=key, v=value), hint
        )
        return None


def required_capability(card: Card) -> str:
    """The capability without which a service has no work, "" for a service every pole has."""
    return card.data.get("requires_capability", "")
