"""What a pole file means on its board: every name looked up, every default filled in.

`resolve` never stops at a fault: what cannot be resolved becomes a finding and is left out of the plan.
"""

from collections.abc import Sequence

from yigan import boards, cards, near, places, points
from yigan.boards import Board
from yigan.cards import Card
from yigan.conf import lighting, links, measurable, model, option, period, row, tariff
from yigan.conf.plan import BUS_OF_CARD, SHARED_KINDS, Device, Line, Member, Plan
from yigan.conf.pole import Part, Peripheral, Pole
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.points import Point


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
        self.shared_lines()
        for part in self.pole.uplinks:
            self.member("uplinks", part, (len(self.found.uplinks),))
        self.services()
        self.found.rows = row.rows(self.found, self.table)
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

    def shared_lines(self) -> None:
        """The options of the driver on a shared line stand in its [bus.<name>] table."""
        for line in (x for x in self.found.lines.values() if x.driver):
            card = cards.driver(line.driver)
            written = {k: v for k, v in line.settings.items() if k in card.options}
            line.settings = {k: v for k, v in line.settings.items() if k not in written}
            line.options = option.fill(self.doc, ("bus", line.name), card, written)

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
        if part.kind in SHARED_KINDS:
            what = t("{k} is the line, not a peripheral.", "{k} 是线路，不是外设。", k=part.kind)
            hint = t("Write kind = {k}.", "请写 kind = {k}。", k=f'"{SHARED_KINDS[part.kind]}"')
            self.doc.error("unknown_kind", (*part.at, "kind"), what, hint)
            return
        card = self.card("drivers", part)
        if card is None:
            return
        also = option.LINE_SETTINGS if card.bus in ("uart", "rs485", "modbus") else ()
        also = tuple(key for key in also if key not in card.options)
        options = option.fill(self.doc, part.at, card, part.options, also)
        model.fill(self.doc, part, card, options)
        line = self.line(part, card) if card.bus != "none" else None
        device = Device(part, card, options, line, [])
        names = self.mapped(device) if card.map else self.chosen(device)
        if milliseconds := period.written_ms(device):
            options["period_ms"] = milliseconds
        device.points = [self.point(device, name) for name in names]
        if device.map is not None:
            device.points = measurable.narrowed(device.map, device.points)
            measurable.settings(self.doc, device)
        if line:
            line.users.append(device)
            if card.data.get("out"):
                line.settings.setdefault("out", True)
        self.found.devices.append(device)

    def chosen(self, device: Device) -> Sequence[str]:
        """The card's points; of a card with `points_option` those that this option lists, in its order."""
        key = device.card.data.get("points_option")
        if not key:
            return device.card.points
        wanted = device.options.get(key) or []
        if isinstance(wanted, str):  # one thing, which may have several points: what is wanted and what is
            wanted = device.card.data.get("points_of", {}).get(wanted, [wanted])
        for n, name in enumerate(wanted):
            if name not in device.card.points or name in wanted[:n]:
                what = t("{k} cannot be {v!r}.", "{k} 不能为 {v!r}。", k=key, v=name)
                left = [p for p in device.card.points if p not in wanted]
                self.doc.error("bad_value", (*device.part.at, key), what, near.hint(str(name), left))
        return [name for name in dict.fromkeys(wanted) if name in device.card.points]

    def mapped(self, device: Device) -> list[str]:
        """Load the register map of a peripheral; its point names. The map knows its device better than the card."""
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
        for key in device.card.options:
            if key not in device.part.options and getattr(device.map, key, None) is not None:
                device.options[key] = getattr(device.map, key)
        return list(device.map.points)

    def point(self, device: Device, name: str) -> Point | None:
        """`pm2_5` of the card's capability, or `weather.humidity` of another."""
        owner, _, key = name.rpartition(".")
        try:
            capability = self.table.capability(owner or device.card.capability)
            capability.point(key)
        except ConfigError as error:  # not this file's fault: the card's
            card = device.card
            raise ConfigError(error.what, f"{places.shown(card.path)}:{card.line}", error.hint) from error
        number = device.part.instance or 0
        if 0 <= number < capability.instances:
            return next(p for p in capability.instance(number) if p.key == key)
        what = t("{c} has no instance {n}.", "{c} 没有实例 {n}。", c=capability.name, n=number)
        hint = t("0 to {n}.", "0 至 {n}。", n=capability.instances - 1)
        self.doc.error("out_of_range", (*device.part.at, "instance"), what, hint)
        return None

    # Uplinks and services

    def member(self, room: str, part: Part, instances: Sequence[int] = (0,)) -> None:
        """An uplink or service with the points its card lists, of each of the `instances`."""
        card = self.card(room, part)
        if card is None:
            return
        card = links.widened(card)
        also = ("name", "bus", *option.LINE_SETTINGS) if card.bus != "none" else ("name",)
        options = links.narrowed(option.fill(self.doc, part.at, card, part.options, also))
        tariff.fill(self.doc, part.at, card, options)
        if options.get("tls") and "tls_port" in card.data and "port" not in part.options:
            options["port"] = card.data["tls_port"]
        served = [p for number in instances for p in self.served(card, number) if p]
        if card.bus != "none":
            self.served_line(part, card, options)
        self.found.members(room).append(Member(part, card, options, served))

    def served_line(self, part: Part, card: Card, options: dict) -> None:
        """An uplink on a bus of the board: it answers there, and is the bus's user like a peripheral."""
        name, bus = part.options.get("name", part.kind), part.options.get("bus", "")
        shape = Peripheral(part.at, part.kind, part.options, str(name), bus if isinstance(bus, str) else "")
        line = self.line(shape, card)
        if line:
            options["bus"] = line.name
            line.users.append(Device(shape, card, options, line, []))

    def served(self, card: Card, instance: int) -> list[Point | None]:
        if not card.capability:
            return []
        try:
            capability = self.table.capability(card.capability)
            if instance >= capability.instances:
                return []
            keys = {p.key: p for p in capability.instance(instance)}
            return [
                self.elsewhere(name, instance) if "." in name else keys[capability.point(name).key]
                for name in card.points
            ]
        except ConfigError as error:
            raise ConfigError(error.what, f"{places.shown(card.path)}:{card.line}", error.hint) from error

    def elsewhere(self, name: str, instance: int) -> Point | None:
        """A point of another capability: `node.identify` of every pole, `lamp.energy` where that lamp is."""
        owner, _, key = name.rpartition(".")
        capability = self.table.capability(owner)
        if capability.instances == 1:
            return capability.point(key)
        if (owner, instance) not in {
            (p.capability, p.instance) for d in self.found.devices for p in d.points if p
        }:
            return None
        return next(p for p in capability.instance(instance) if p.key == key)

    def services(self) -> None:
        """Those every pole has, those its capabilities and sections need, and what the file says of them."""
        written = {part.kind: part for part in self.pole.services}
        present: dict[str, set[int]] = {}
        for device in self.found.devices:
            for point in filter(None, device.points):
                present.setdefault(point.capability, set()).add(point.instance)
                present.setdefault(f"driver {device.card.kind}", set()).add(point.instance)
        led = [k for k, member in enumerate(self.found.uplinks) if "link" in member.card.data]
        for kind in dict.fromkeys([*written, *cards.kinds("services")]):
            needs = required_capability(cards.service(kind)) if kind in cards.kinds("services") else ""
            section = cards.service(kind).data.get("section", "") if kind in cards.kinds("services") else ""
            if section and kind not in written and not self.wanted(section, cards.service(kind), led):
                continue
            if (
                kind not in written
                and kind in cards.kinds("services")
                and cards.service(kind).data.get("on_request")
            ):
                continue
            if kind in written or not needs or needs in present:
                part = written.get(kind) or self.of_section(kind, section)
                instances = led if kind == links.SERVICE else sorted(present.get(needs, {0}))
                self.member("services", part, instances)

    def wanted(self, section: str, card: Card, led: list[int]) -> bool:
        """Whether the file has the section of a service, or something that the service goes with."""
        if card.kind == links.SERVICE:
            return links.wanted(self.pole, led)
        return section in self.doc.data or not self.pole.subjects.isdisjoint(card.data.get("also_with", ()))

    def of_section(self, kind: str, section: str) -> Part:
        """A service that the file does not name; its options stand in the section that is its own."""
        table = self.pole.lighting if section and kind == lighting.SERVICE else None
        table = self.pole.options.get(kind, table)
        if not table:
            return Part(("service",), kind)
        return Part((section,), kind, {k: v for k, v in table.items() if k not in lighting.OWN})


def required_capability(card: Card) -> str:
    """The capability or the driver without which a service has no work, "" for a service every pole has."""
    if "requires_driver" in card.data:
        return f"driver {card.data['requires_driver']}"
    return card.data.get("requires_capability", "")
