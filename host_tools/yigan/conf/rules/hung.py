"""Buses that hang on peripherals: an expander's pins, a bridge's channels; and who shares an I2C bus with whom."""

from yigan import near
from yigan.conf.plan import Device, Line, Plan
from yigan.conf.pole import wrong_type
from yigan.lang import t

_FRAME: dict[str, type] = {"baud": int, "parity": str, "stop": int, "bits": int}
_KEYS: dict[str, dict[str, type]] = {
    "gpio": {"pin": int, "pull": str, "out": bool, "active": int, "value": int},
    "uart": {"channel": str, **_FRAME},
    "rs485": {"channel": str, **_FRAME},
}
_VALUES: dict[str, tuple] = {
    "parity": ("N", "E", "O"), "stop": (1, 2), "bits": (5, 6, 7, 8), "active": (0, 1), "value": (0, 1),
    "pull": ("up",),  # neither expander has pull-downs
}  # fmt: skip
_FASTEST = 38400  # 64 characters in 17 ms: longer the pole must not be away
_INPUTS_LOST = (7, 15)  # DS20001952, from 2022 on: GPA7 and GPB7 are outputs only


def rule(plan: Plan) -> None:
    places: dict[tuple, Line] = {}
    for line in plan.lines.values():
        if "on" in line.settings:
            _line(plan, line, places)
        _direction(plan, line)
        if line.kind == "i2c":
            _addresses(plan, line)


def _line(plan: Plan, line: Line, places: dict[tuple, Line]) -> None:
    host = _host(plan, line)
    if host is None:
        return
    _keys(plan, line)
    place = _place(plan, line, host)
    other = places.setdefault((host.part.name, place), line)
    if place is not None and other is not line:
        what = t(
            "{h} {p} is {o} already.", "{h} 的 {p} 已由 {o} 使用。", h=host.part.name, p=place, o=other.name
        )
        plan.pole.document.error("pin_shared", ("bus", line.name), what, _free(plan, host))
    for user in line.users:
        if user.card.data.get("interrupt"):
            what = t("{k} needs a pin of the chip itself.", "{k} 须接芯片自身引脚。", k=user.card.kind)
            plan.pole.document.error("wrong_bus_kind", (*user.part.at, "bus"), what)


def _host(plan: Plan, line: Line) -> Device | None:
    """The peripheral that has the bus, if there is one and it can."""
    doc, at = plan.pole.document, ("bus", line.name, "on")
    if not isinstance(line.settings["on"], str):
        doc.error("wrong_type", at, wrong_type("on", str, line.settings["on"]))
        return None
    able = [d for d in plan.devices if line.kind in d.card.data.get("provides", ())]
    found = next((d for d in plan.devices if d.part.name == line.on), None)
    if found in able:
        return found
    if found is None:
        what = t("There is no peripheral {n}.", "没有外设 {n}。", n=line.on)
    else:
        what = t("{n} has no {k} bus.", "{n} 没有 {k} 总线。", n=line.on, k=line.kind)
    hint = near.hint(line.on, [d.part.name for d in able]) if able else t(
        "{k}: an expander (pcf8574, mcp23017) has pins, a bridge (sc16is752) has UARTs.",
        "{k}：扩展芯片（pcf8574、mcp23017）提供引脚，桥接芯片（sc16is752）提供串口。", k=line.kind)  # fmt: skip
    doc.error("unknown_host", at, what, hint)
    return None


def _keys(plan: Plan, line: Line) -> None:
    doc, known = plan.pole.document, {"kind": str, "on": str, **_KEYS[line.kind]}
    for key, value in plan.pole.buses.get(line.name, {}).items():
        at = ("bus", line.name, key)
        if key in line.options:
            continue  # the shared driver's
        if key not in known:
            what = t(
                "A {k} bus on {h} has no {w!r}.",
                "{h} 上的 {k} 总线没有 {w!r}。",
                k=line.kind,
                h=line.on,
                w=key,
            )
            doc.error("unknown_key", at, what, near.hint(key, known))
        elif not isinstance(value, known[key]) or (isinstance(value, bool) and known[key] is not bool):
            doc.error("wrong_type", at, wrong_type(key, known[key], value))
        elif key in _VALUES and value not in _VALUES[key]:
            what = t("{k} cannot be {v!r}.", "{k} 不能为 {v!r}。", k=key, v=value)
            doc.error("bad_value", at, what, near.hint(str(value), map(str, _VALUES[key])))
        elif key == "baud" and value > _FASTEST:
            what = t(
                "{v} baud fills the 64 characters of a bridge too fast.",
                "{v} 波特对 64 字节缓冲过快。",
                v=value,
            )
            doc.warn("fast_bridge", at, what, t("At most {n}.", "最高 {n}。", n=_FASTEST))


def _place(plan: Plan, line: Line, host: Device) -> object:
    """Its pin or channel, None with a finding when there is none such."""
    key, able = ("pin", range(host.card.data.get("pins", 0))) if line.kind == "gpio" else (
        "channel", host.card.data.get("channels", ()))  # fmt: skip
    value = line.settings.get(key)
    if key not in line.settings:
        what = t("bus {n} says no {k}.", "总线 {n} 未写 {k}。", n=line.name, k=key)
        plan.pole.document.error("missing_key", ("bus", line.name), what, _free(plan, host))
        return None
    if value not in able:
        what = t("{h} has no {k} {v}.", "{h} 没有 {k} {v}。", h=host.part.name, k=key, v=value)
        plan.pole.document.error("unknown_pin", ("bus", line.name, key), what, _free(plan, host))
        return None
    if host.card.kind == "mcp23017" and value in _INPUTS_LOST and not line.settings.get("out"):
        what = t("Pin {v} can only drive in newer chips.", "新版芯片的引脚 {v} 仅可输出。", v=value)
        plan.pole.document.warn("pin_output_only", ("bus", line.name, key), what, _free(plan, host))
    return value


def _free(plan: Plan, host: Device) -> str:
    """The pins or channels that nobody has."""
    taken = {
        line.settings.get(k)
        for line in plan.lines.values()
        if line.on == host.part.name
        for k in ("pin", "channel")
    }
    every = [*range(host.card.data.get("pins", 0)), *host.card.data.get("channels", ())]
    left = [str(place) for place in every if place not in taken]
    return t("Free: {p}.", "空闲：{p}。", p=", ".join(left)) if left else ""


def _direction(plan: Plan, line: Line) -> None:
    """An input does not hang on a driven pin."""
    for user in line.users if line.kind == "gpio" else ():
        if user.card.bus == "gpio" and not user.card.data.get("out") and line.settings.get("out"):
            what = t(
                "{d} reads, but bus {n} drives.",
                "{d} 为输入，而总线 {n} 为输出。",
                d=user.part.name,
                n=line.name,
            )
            plan.pole.document.error("bus_direction", (*user.part.at, "bus"), what)


def _speed(plan: Plan, line: Line, user: Device) -> None:
    freq_hz, most = line.settings.get("freq_hz", 100_000), user.card.data.get("most_hz", 400_000)
    if isinstance(freq_hz, int) and freq_hz > most:
        what = t("{d} bears {m} kHz, {b} runs at {f}.", "{d} 最高 {m} kHz，而 {b} 为 {f}。",
                 d=user.part.name, m=most // 1000, b=line.name, f=freq_hz // 1000)  # fmt: skip
        hint = t("Write [bus.{b}] freq_hz = {m}.", "请写 [bus.{b}] freq_hz = {m}。", b=line.name, m=most)
        plan.pole.document.warn("fast_i2c", (*user.part.at, "bus"), what, hint)


def _addresses(plan: Plan, line: Line) -> None:
    owner: dict[object, Device] = {}
    for user in line.users:
        _speed(plan, line, user)
        address = user.options.get("address")
        other = owner.setdefault(address, user)
        if isinstance(address, int) and other is not user:
            at = (*user.part.at, "address" if "address" in user.part.options else "kind")
            what = t("Address 0x{a:02X} on {b} is {o}'s.", "总线 {b} 上的地址 0x{a:02X} 已属于 {o}。",
                     a=address, b=line.name, o=other.part.name)  # fmt: skip
            hint = t(
                "Set one chip's address pins differently, or use another I2C bus.",
                "请改变地址脚，或换用另一条 I2C。",
            )
            plan.pole.document.error("duplicate_address", at, what, hint)
