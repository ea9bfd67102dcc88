"""Modbus lines: every slave its own address, and no more to ask than the wire can carry.

Times: MODBUS over Serial Line V1.02, 2.5.1.1 (11 bits a character, silent interval of 3.5 characters, fixed at
1.75 ms above 19200 baud) and its frame lengths (2.5.1, MODBUS Application Protocol V1.1b3, 6.1 to 6.4).
"""

from dataclasses import dataclass

from yigan.conf import period
from yigan.conf.encode import line_settings
from yigan.conf.plan import Device, Line, Plan
from yigan.lang import t

_CHAR_BITS = 11
_REQUEST = 8  # address, function, start, count, CRC
_REPLY = 5  # address, function, byte count, CRC
_TURNAROUND_MS = 20.0  # what a slave takes to think; makers say 5 to 50
FULL, HIGH = 100, 80  # percent: an error above, a warning above: a retry or a dead slave needs room
_ADDRESS = "address"


@dataclass(frozen=True)
class Load:
    """How much of a line's time its poll plan takes."""

    bus: str
    baud: int
    percent: float


def rule(plan: Plan) -> None:
    for line in plan.lines.values():
        if line.modbus:
            _addresses(plan, line)
            _load(plan, line)


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
