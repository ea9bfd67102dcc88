"""Modbus lines: every slave its own address, and no more to ask than the wire can carry.

Times: MODBUS over Serial Line V1.02, 2.5.1.1 (11 bits a character, silent interval of 3.5 characters, fixed at
1.75 ms above 19200 baud) and its frame lengths (2.5.1, MODBUS Application Protocol V1.1b3, 6.1 to 6.4).
"""

from dataclasses import dataclass

from yigan import near
from yigan.conf import period
from yigan.conf.encode import line_settings
from yigan.conf.plan import Device, Line, Member, Plan
from yigan.lang import t

_CHAR_BITS = 11
_REQUEST = 8  # address, function, start, count, CRC
_REPLY = 5  # address, function, byte count, CRC
_TURNAROUND_MS = 20.0  # what a slave takes to think; makers say 5 to 50
FULL, HIGH = 100, 80  # percent: an error above, a warning above: a retry or a dead slave needs room
SLOWEST, FASTEST = 1200, 115200  # of a served line
_ADDRESS = "address"


@dataclass(frozen=True)
class Load:
    """How much of a line's time its poll plan takes."""

    bus: str
    baud: int
    percent: float


def rule(plan: Plan) -> None:
    for line in plan.lines.values():
        if line.server:
            _served(plan, line, line.server)
        elif line.modbus:
            _addresses(plan, line)
            _load(plan, line)
    for member in plan.uplinks:
        if member.options.get("gateway"):
            _gateway(plan, member)


def _served(plan: Plan, line: Line, server: Device) -> None:
    """A line has one master: who answers there can ask nobody."""
    doc = plan.pole.document
    for device in line.users:
        if device is server:
            continue
        what = t("Bus {n} is served by {s} (line {l}): nothing else can use it.",
                 "总线 {n} 由 {s} 作从站（第 {l} 行），不能再作他用。",
                 n=line.name, s=server.part.name, l=doc.place(*server.part.at).line)  # fmt: skip
        hint = t("A line has one master. Use another bus; or modbus_tcp with gateway = {n} lets a SCADA ask these sensors.",
                 "一条总线只有一个主站。请另接总线；或用 modbus_tcp 的 gateway = {n} 让 SCADA 访问这些传感器。",
                 n=f'"{line.name}"')  # fmt: skip
        doc.error("bus_served", (*device.part.at, "bus"), what, hint)
    if line.on:
        what = t("{k} needs a UART of the board, {n} hangs on {h}.", "{k} 需要板上 UART，而 {n} 挂在 {h} 上。",
                 k=server.card.kind, n=line.name, h=line.on)  # fmt: skip
        doc.error("wrong_bus_kind", (*server.part.at, "bus"), what)
    _served_frame(plan, line, server)


def _served_frame(plan: Plan, line: Line, server: Device) -> None:
    """V1.02, 2.5.1: eight bits; and speeds at which 3.5 characters can be told."""
    doc, settings = plan.pole.document, line_settings(line)
    baud = settings["baud"]
    if isinstance(baud, int) and not SLOWEST <= baud <= FASTEST:
        what = t("A pole answers at {a} to {b} baud, not {v}.", "从站支持 {a} 至 {b} 波特，不支持 {v}。",
                 a=SLOWEST, b=FASTEST, v=baud)  # fmt: skip
        doc.error("out_of_range", (*server.part.at, "baud"), what)
    for key, able in (("parity", ("N", "E", "O")), ("stop", (1, 2)), ("bits", (8,))):
        if settings[key] not in able:
            what = t("{k} cannot be {v!r}.", "{k} 不能为 {v!r}。", k=key, v=settings[key])
            doc.error(
                "bad_value", (*server.part.at, key), what, near.hint(str(settings[key]), map(str, able))
            )


def _gateway(plan: Plan, member: Member) -> None:
    """It leads to a line that the pole itself polls."""
    doc, name = plan.pole.document, str(member.options["gateway"])
    able = [line.name for line in plan.lines.values() if line.modbus and not line.server]
    if name not in able:
        what = t("{n!r} is no bus with Modbus sensors.", "{n!r} 不是接有 Modbus 传感器的总线。", n=name)
        hint = near.hint(name, able) if able else t(
            "Hang a modbus_sensor on a bus, or leave gateway out.", "请在总线上接 modbus_sensor，或删除 gateway。")  # fmt: skip
        doc.error("no_gateway_bus", (*member.part.at, "gateway"), what, hint)
    for n, unit in enumerate(member.options.get("units", [])):
        if not isinstance(unit, int) or isinstance(unit, bool) or not 1 <= unit <= 247:
            what = t("{u!r} is no unit id: 1 to 247.", "{u!r} 不是单元号：1 至 247。", u=unit)
            doc.error("out_of_range", (*member.part.at, "units", n), what)


def loads(plan: Plan) -> list[Load]:
    """The load of every Modbus line, for people to read."""
    return [
        Load(line.name, int(line_settings(line)["baud"]), load_percent(line))  # type: ignore[call-overload]
        for line in plan.lines.values()
        if line.modbus
    ]


def exchange_ms(
    fc: int, count: int, baud: int, pause_ms: float = 0.0, turnaround_ms: float = _TURNAROUND_MS
) -> float:
    """Wire time of one request and its reply, with both silent intervals and the slave's thinking time."""
    data = 2 * count if fc in (3, 4) else (count + 7) // 8
    char_ms = _CHAR_BITS * 1000 / baud
    silence_ms = 1.75 if baud > 19200 else 3.5 * char_ms
    return (_REQUEST + _REPLY + data) * char_ms + 2 * max(silence_ms, pause_ms) + turnaround_ms


def load_percent(line: Line) -> float:
    """Sum over its slaves: time of one round over their period."""
    baud = line_settings(line)["baud"]
    if not isinstance(baud, int) or baud <= 0:
        return 0.0
    return sum(100 * _round_ms(user, line, baud) / period.effective_ms(user) for user in line.users)


def _round_ms(device: Device, line: Line, baud: int) -> float:
    pause_ms = float(line.options.get("pause_ms") or 0)
    return sum(exchange_ms(fc, count, baud, pause_ms) for fc, count in requests(device))


def requests(device: Device) -> list[tuple[int, int]]:
    """(function code, registers) of every question a slave is asked in one round."""
    asked = getattr(device.map, "requests", None) or device.card.data.get("asks", ())
    return [(request[0], request[2]) for request in asked]


def _addresses(plan: Plan, line: Line) -> None:
    owner: dict[object, Device] = {}
    doc = plan.pole.document
    for device in line.users:
        address = device.options.get(_ADDRESS)
        other = owner.setdefault(address, device)
        if address is None or other is device:
            continue
        at = (*device.part.at, _ADDRESS if _ADDRESS in device.part.options else "kind")
        what = t("Address {a} on {b} is {o}'s (line {l}).", "总线 {b} 上的地址 {a} 已属于 {o}（第 {l} 行）。",
                 a=address, b=line.name, o=other.part.name, l=doc.place(*other.part.at).line)  # fmt: skip
        used = {user.options.get(_ADDRESS) for user in line.users}
        free = next((n for n in range(1, 248) if n not in used), 0)
        hint = t(
            "Set the device to a free one, then write address = {n}.",
            "先把设备改为空闲地址，再写 address = {n}。",
            n=free,
        )
        doc.error("duplicate_address", at, what, hint)


def _load(plan: Plan, line: Line) -> None:
    percent, baud = load_percent(line), line_settings(line)["baud"]
    if percent <= HIGH:
        return
    at = ("bus", line.name, "baud") if "baud" in plan.pole.buses.get(line.name, {}) else line.at
    what = t("Polling takes {p:.0f} % of {b} at {v} baud.", "轮询占用总线 {b}（{v} 波特）的 {p:.0f} %。",
             p=percent, b=line.name, v=baud)  # fmt: skip
    slowest = max(period.effective_ms(user) for user in line.users) * percent / HIGH / 1000
    hint = t("Ask less often (period_s = {s:.0f}), or raise baud on the bus and on every device.",
             "降低频度（period_s = {s:.0f}），或同时提高总线与各设备的波特率。", s=slowest + 0.5)  # fmt: skip
    if percent > FULL:
        plan.pole.document.error("bus_overloaded", at, what, hint)
    else:
        plan.pole.document.warn("bus_busy", at, what, hint)
