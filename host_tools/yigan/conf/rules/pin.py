"""Pins: one user each, and only what the silicon can."""

from dataclasses import dataclass

from yigan.boards import ROLES, Board, Pin, ranges
from yigan.conf.lines import Path as Keys
from yigan.conf.plan import Line, Plan
from yigan.errors import ConfigError
from yigan.lang import t

# The level at reset that keeps a chip from starting the program (ESP32 datasheet 2.4, ESP32-S3 datasheet 2.6:
# GPIO0 chooses the boot loader, GPIO12 / GPIO45 the flash voltage).
_BREAKS_BOOT = {"esp32": {0: "low", 12: "high"}, "esp32s3": {0: "low", 45: "high"}}
# What a bus does to an idle line before the program runs: serial and I2C lines rest high.
_RESTS = {"uart": "high", "i2c": "high", "rs485": "high"}


@dataclass(frozen=True)
class Use:
    """One pin in one part's hands. `role` is `tx`, `pin`, an option's name; `way` is out, in, both or analog."""

    number: int
    owner: str
    role: str
    way: str
    at: Keys
    line: Line | None = None


def rule(plan: Plan) -> None:
    board = plan.board
    if board is None or board.port == "linux":
        return
    first: dict[int, Use] = {}
    # Of two users the one whose pin stands in this file is to blame
    for use in sorted(uses(plan), key=lambda use: use.at[-1] == use.role):
        try:
            pin = board.pin(use.number)
        except ConfigError as error:
            plan.pole.document.error("unknown_pin", use.at, error.what, error.hint)
            continue
        _shared(plan, pin, use, first)
        _able(plan, pin, use)
        _strap(plan, pin, use)
        _analog(plan, pin, use, board)


def uses(plan: Plan) -> list[Use]:
    """Every pin that the used buses and the options of the peripherals name."""
    found = []
    for line in plan.lines.values():
        table = plan.pole.buses.get(line.name, {})
        for role, number in line.pins.items() if line.users else ():
            at = ("bus", line.name, role) if role in table else line.at
            found.append(Use(number, line.name, role, _way(line, role), at, line))
    for device in plan.devices:
        for name, option in device.card.options.items():
            number = device.options.get(name)
            if option.type == "pin" and isinstance(number, int) and number >= 0:
                at = (*device.part.at, name) if name in device.part.options else device.part.at
                found.append(Use(number, device.part.name, name, "both", at))
    return found


def _way(line: Line, role: str) -> str:
    if line.kind == "gpio":
        return "out" if line.settings.get("out") else "in"
    return ROLES[line.kind][role]


def _free(plan: Plan, use: Use) -> str:
    """The pins that could be written instead."""
    assert plan.board is not None
    taken = {other.number for other in uses(plan)}
    able = [p.number for p in plan.board.pins if p.number not in taken and not p.strapping and _fits(p, use)]
    return t("Free and able: {p}.", "可用的空闲引脚：{p}。", p=ranges(able)) if able else ""


def _fits(pin: Pin, use: Use) -> bool:
    if use.line is not None and use.line.kind in ("uart", "i2c", "spi", "rs485") and use.role != "de":
        kind = "uart" if use.line.kind == "rs485" else use.line.kind
        return pin.can(f"{kind}{use.line.settings.get('id')}.{use.role}") and (pin.output or use.way == "in")
    if use.way == "analog":
        return pin.adc is not None
    return pin.output or use.way == "in"


def _shared(plan: Plan, pin: Pin, use: Use, first: dict[int, Use]) -> None:
    other = first.setdefault(pin.number, use)
    if other is not use:
        what = t("{p} has two users: {a} ({r}) and {b} ({s}).", "{p} 有两个使用者：{a}（{r}）和 {b}（{s}）。",
                 p=pin.name, a=other.owner, r=other.role, b=use.owner, s=use.role)  # fmt: skip
        plan.pole.document.error("pin_shared", use.at, what, _free(plan, use))


def _able(plan: Plan, pin: Pin, use: Use) -> None:
    """Not the flash's, the radio's or the board's own; of the right direction; reached by the controller."""
    doc, hint = plan.pole.document, _free(plan, use)
    if pin.reserved:
        what = t("{p} belongs to the module: {w}.", "{p} 归模组自身使用：{w}。", p=pin.name, w=pin.reserved)
        doc.error("pin_reserved", use.at, what, hint)
    elif pin.taken:
        what = t("{p} is used by the board: {w}.", "{p} 已被板子使用：{w}。", p=pin.name, w=pin.taken)
        doc.error("pin_reserved", use.at, what, hint)
    elif not pin.output and use.way == "out":
        what = t("{p} can only read, {o} drives it ({r}).", "{p} 只能输入，而 {o} 要驱动它（{r}）。",
                 p=pin.name, o=use.owner, r=use.role)  # fmt: skip
        doc.error("pin_input_only", use.at, what, hint)
    elif not pin.output and use.way == "both" and use.line is not None:
        what = t(
            "{p} can only read, {r} needs both directions.",
            "{p} 只能输入，{r} 需要双向。",
            p=pin.name,
            r=use.role,
        )
        doc.error("pin_input_only", use.at, what, hint)
    elif use.way == "analog" and pin.adc is None:
        what = t("{p} cannot measure a voltage.", "{p} 不能测电压。", p=pin.name)
        doc.error("pin_no_adc", use.at, what, hint)
    elif not _fits(pin, use) and use.line is not None:
        what = t("{p} cannot be {r} of {k}{i}.", "{p} 不能作 {k}{i} 的 {r}。",
                 p=pin.name, r=use.role, k=use.line.kind, i=use.line.settings.get("id"))  # fmt: skip
        doc.error("pin_function", use.at, what, hint)
    elif not pin.pull and use.line is not None and use.line.settings.get("pull"):
        what = t("{p} has no pull resistor inside.", "{p} 没有内部上下拉电阻。", p=pin.name)
        doc.warn("pin_no_pull", use.at, what, t("Solder one, or use another pin.", "请外接电阻，或换引脚。"))


def _strap(plan: Plan, pin: Pin, use: Use) -> None:
    if not pin.strapping or not pin.free:
        return
    assert plan.board is not None
    breaks = _BREAKS_BOOT.get(plan.board.chip, {}).get(pin.number)
    what = t("{p} is read at reset: {w}.", "{p} 在复位时被采样：{w}。", p=pin.name, w=pin.strapping)
    if breaks and _rest(use) == breaks:
        plan.pole.document.error("pin_strap_breaks_boot", use.at, what, _free(plan, use))
    else:
        plan.pole.document.warn("pin_strapping", use.at, what, _free(plan, use))


def _rest(use: Use) -> str:
    """The level a wired part gives the pin while the chip resets, "" when nobody knows."""
    if use.line is None or use.role == "de":
        return ""
    if use.line.kind == "gpio":
        return {"up": "high", "down": "low"}.get(str(use.line.settings.get("pull")), "")
    return _RESTS.get(use.line.kind, "")


def _analog(plan: Plan, pin: Pin, use: Use, board: Board) -> None:
    wireless = next((part for part in plan.pole.interfaces if part.kind == "wifi"), None)
    if use.way == "analog" and pin.adc and wireless and pin.adc[0] in board.adc_blocked_by_wifi:
        what = t("{p} is on ADC{u}, which cannot be read while Wi-Fi is on.", "{p} 属于 ADC{u}，Wi-Fi 开启时不可读。",
                 p=pin.name, u=pin.adc[0])  # fmt: skip
        able = [p.number for p in board.pins if p.adc and p.adc[0] not in board.adc_blocked_by_wifi]
        hint = t("Use one of {p}.", "请用 {p}。", p=ranges(able))
        plan.pole.document.error("adc_with_wifi", use.at, what, hint)
