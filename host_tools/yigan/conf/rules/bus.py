"""Buses: does the kind suit, is it complete, who shares it, are there so many of them?"""

from yigan import boards, cards, near
from yigan.boards import Board
from yigan.conf.encode import line_settings, wanted
from yigan.conf.lines import Path as Keys
from yigan.conf.plan import BUS_OF_CARD, Line, Plan
from yigan.conf.pole import wrong_type
from yigan.lang import t

_SERIAL = ("uart", "rs485")
_SHARED = ("i2c", "spi")
_BAUDS = (
    300,
    600,
    1200,
    2400,
    4800,
    9600,
    14400,
    19200,
    28800,
    38400,
    57600,
    115200,
    230400,
    256000,
    460800,
    921600,
)
_FRAME = {"baud": int, "parity": str, "stop": int, "bits": int}
# What a bus of a kind may say beside its pins, and must say on a board with pins.
KEYS: dict[str, dict[str, type]] = {
    "uart": {"id": int, "path": str, **_FRAME},
    "rs485": {"id": int, "path": str, "direction": str, **_FRAME},
    "i2c": {"id": int, "freq_hz": int, "path": str},
    "spi": {"id": int, "freq_hz": int, "path": str},
    "pwm": {"freq_hz": int, "duty_u16": int, "chip": int, "channel": int, "root": str},
    "analog": {"freq_hz": int, "dac": bool, "relay_active": int, "relay_delay_us": int},
    "gpio": {"pull": str, "input": bool, "out": bool, "active": int, "value": int, "chip": str, "line": int},
    "adc": {"path": str, "channel": int},
    "dali": {"id": int, "tx_inverted": bool, "rx_inverted": bool},
}
_NEEDED = {"uart": ("id", "tx", "rx"), "rs485": ("id", "tx", "rx", "de"), "i2c": ("id", "sda", "scl"),
           "spi": ("id", "sck", "mosi", "miso"), "pwm": ("pin",), "analog": ("pin",), "gpio": ("pin",), "adc": ("pin",),
           "dali": ("tx", "rx")}  # fmt: skip
_NEEDED_ON_LINUX = {"uart": ("path",), "rs485": ("path",), "i2c": ("path",), "spi": ("path",)}
_DAC = (("esp32", 25), ("esp32", 26))  # ESP32 datasheet 2.3
_VALUES = {
    "parity": ("N", "E", "O"), "stop": (1, 2), "bits": (7, 8), "pull": ("up", "down"), "active": (0, 1), "relay_active": (0, 1),
    "value": (0, 1), "direction": ("kernel", "none"),
}  # fmt: skip


def rule(plan: Plan) -> None:
    board = plan.board
    if board is None:
        return
    for line in plan.lines.values():
        if "on" not in line.settings:  # rules/hung.py judges those
            _keys(plan, line, board)
        _users(plan, line)
        _frame(plan, line)
        if line.written and not line.users and line.name not in board.buses:
            what = t("No peripheral uses bus {n}.", "没有外设使用总线 {n}。", n=line.name)
            plan.pole.document.warn("unused_bus", line.at, what)
    _controllers(plan, board)


def _keys(plan: Plan, line: Line, board: Board) -> None:
    """The `[bus.<name>]` table itself."""
    doc, table = plan.pole.document, plan.pole.buses.get(line.name, {})
    known: dict[str, type] = {"kind": str, **dict.fromkeys(boards.ROLES[line.kind], int), **KEYS[line.kind]}
    shared = (
        cards.driver(line.driver or "modbus_rtu").options
        if line.driver or (line.kind in _SERIAL and not line.users)
        else {}
    )
    for key, value in table.items():
        at = ("bus", line.name, key)
        if key in shared:
            continue  # judged against the driver's card
        if key not in known:
            what = t("A {k} bus has no {w!r}.", "{k} 总线没有 {w!r}。", k=line.kind, w=key)
            doc.error("unknown_key", at, what, near.hint(key, {*known, *shared}))
        elif not isinstance(value, known[key]) or (isinstance(value, bool) and known[key] is not bool):
            doc.error("wrong_type", at, wrong_type(key, known[key], value))
        elif key in _VALUES and value not in _VALUES[key]:
            what = t("{k} cannot be {v!r}.", "{k} 不能为 {v!r}。", k=key, v=value)
            doc.error("bad_value", at, what, near.hint(str(value), map(str, _VALUES[key])))
        elif key == "freq_hz" and not 1 <= value <= 40_000_000:
            doc.error(
                "out_of_range", at, t("{k} = {v} is out of range.", "{k} = {v} 超出范围。", k=key, v=value)
            )
    if line.kind == "dali" and board.port == "linux":
        what = t("Linux cannot keep the times of DALI wires.", "Linux 无法满足 DALI 位时序。")
        doc.error("wrong_bus_kind", line.at, what, t("Use a serial DALI interface.", "请使用串口 DALI 接口。"))
    if line.kind == "analog" and line.settings.get("dac") and (board.chip, line.settings.get("pin")) not in _DAC:
        what = t("{p} has no digital-to-analogue converter.", "{p} 没有数模转换器。", p=line.settings.get("pin"))
        hint = t("Only GPIO25 and GPIO26 of an ESP32 have one: leave dac out for a filtered PWM.",
                 "仅 ESP32 的 GPIO25、GPIO26 有；请删去 dac，改用 PWM 滤波。")  # fmt: skip
        doc.error("no_dac", line.at, what, hint)
    for key in _NEEDED_ON_LINUX.get(line.kind, ()) if board.port == "linux" else _NEEDED[line.kind]:
        if key not in line.settings:
            what = t("bus {n} says no {k}.", "总线 {n} 未写 {k}。", n=line.name, k=key)
            doc.error("missing_key", line.at, what, t("Write {k} = ...", "请写 {k} = ……", k=key))


def _users(plan: Plan, line: Line) -> None:
    """Each peripheral on a bus of its kind, and alone on a bus that is not shared."""
    doc = plan.pole.document
    for device in line.users:
        fit = BUS_OF_CARD.get(device.card.bus, (device.card.bus,))
        if line.kind not in fit:
            what = t("{k} needs a {f} bus, {n} is {l}.", "{k} 需要 {f} 总线，{n} 是 {l}。",
                     k=device.card.kind, f=fit[0], n=line.name, l=line.kind)  # fmt: skip
            names = [n for n, b in plan.board.buses.items() if b.kind in fit] if plan.board else []
            hint = (
                t("Write bus = {n}.", "请写 bus = {n}。", n=" | ".join(f'"{n}"' for n in names))
                if names
                else ""
            )
            doc.error("wrong_bus_kind", (*device.part.at, "bus"), what, hint)
    first, *others = line.users or [None]
    for device in others if not line.server else ():  # rules/modbus.py tells of those
        together = (device.card.bus == first.card.bus and line.driver) or line.kind in _SHARED
        if not together and not (line.kind == "rs485" and device.card.kind == first.card.kind):
            what = t("Bus {n} is taken by {o} (line {l}).", "总线 {n} 已被 {o} 占用（第 {l} 行）。",
                     n=line.name, o=first.part.name, l=doc.place(*first.part.at).line)  # fmt: skip
            doc.error("bus_taken", (*device.part.at, "bus"), what,
                      t("A {k} line carries one peripheral.", "{k} 线路只能接一个外设。", k=line.kind))  # fmt: skip


def _frame(plan: Plan, line: Line) -> None:
    """One speed and one frame on a serial line."""
    if line.kind not in _SERIAL:
        return
    doc, settings = plan.pole.document, line_settings(line)
    if isinstance(settings["baud"], int) and settings["baud"] not in _BAUDS:
        at = _baud_place(plan, line)
        what = t("{v} baud is unusual.", "{v} 波特不常见。", v=settings["baud"])
        if not 300 <= settings["baud"] <= 3_000_000:
            doc.error(
                "out_of_range", at, t("{v} baud is out of range.", "{v} 波特超出范围。", v=settings["baud"])
            )
        else:
            doc.warn("unusual_baud", at, what, near.hint(str(settings["baud"]), map(str, _BAUDS)))
    for device in line.users if not line.server else ():  # others have no place there at all
        for key in _FRAME:
            _agrees(plan, line, device, key, settings[key])


def _baud_place(plan: Plan, line: Line) -> Keys:
    for device in line.users:
        if "baud" in device.part.options:
            return (*device.part.at, "baud")
    return ("bus", line.name, "baud") if line.written else line.at


def _agrees(plan: Plan, line: Line, device, key: str, value: object) -> None:
    """What a peripheral's own file line, map or card wants against what the line will run at."""
    want = wanted(device).get(key, value)
    if want == value:
        return
    written = key in device.part.options
    what = t("{d} wants {k} {w}, but {n} runs at {v}.", "{d} 需要 {k} {w}，而 {n} 为 {v}。",
             d=device.part.name, k=key, w=want, n=line.name, v=value)  # fmt: skip
    hint = t("All parts of one line must agree: set the device to {v}, then write {k} = {v} here; or use another bus.",
             "同一线路必须一致：先把设备改为 {v}，再在此写 {k} = {v}；或另接总线。",
             k=key, v=repr(value) if isinstance(value, str) else value)  # fmt: skip
    at = (*device.part.at, key) if written else (*device.part.at, "bus")
    if written or key not in line.settings:
        plan.pole.document.error("mixed_" + key, at, what, hint)
    else:  # the bus was told on purpose: the maker's default may have been changed
        plan.pole.document.warn("other_" + key, at, what, hint)


def _controllers(plan: Plan, board: Board) -> None:
    """UARTs, I2C and SPI controllers: only those there are, each once; PWM channels and frequencies."""
    own = [line for line in plan.lines.values() if line.users and "on" not in line.settings]
    used = sorted(own, key=lambda line: line.written)
    if board.port == "linux":
        _paths(plan, used)
        return
    for kinds, ids, name in (
        (_SERIAL, board.uarts, "UART"),
        (("i2c",), board.i2cs, "I2C"),
        (("spi",), board.spis, "SPI"),
    ):
        owner: dict[int, Line] = {}
        for line in (line for line in used if line.kind in kinds):
            _controller(plan, line, owner, ids, name)
    _pwm(plan, board, [line for line in used if line.kind == "pwm"])


def _paths(plan: Plan, lines: list[Line]) -> None:
    """On Linux a serial device is opened exclusively: one bus each."""
    owner: dict[object, Line] = {}
    for line in (line for line in lines if line.kind in _SERIAL and line.settings.get("path")):
        other = owner.setdefault(line.settings["path"], line)
        if other is not line:
            at = ("bus", line.name, "path") if "path" in plan.pole.buses.get(line.name, {}) else line.at
            what = t(
                "{a} and {b} are the same device.", "{a} 与 {b} 是同一个设备。", a=other.name, b=line.name
            )
            plan.pole.document.error("too_many_uart", at, what)


def _controller(plan: Plan, line: Line, owner: dict[int, Line], ids: tuple[int, ...], name: str) -> None:
    number = line.settings.get("id")
    at = ("bus", line.name, "id") if "id" in plan.pole.buses.get(line.name, {}) else line.at
    there = ", ".join(map(str, ids)) or t("none", "无")
    hint = t("This board has {n} {u} beside the console: {i}.", "除控制台外，该板有 {n} 个 {u}：{i}。",
             n=len(ids), u=name, i=there)  # fmt: skip
    if name == "UART":
        hint += t(" An sc16is752 on I2C has two more.", " I2C 上的 sc16is752 可再增加两个。")
    if not isinstance(number, int):
        return
    if number not in ids:
        what = t("{u}{n} is not there for a pole.", "{u}{n} 不可用。", u=name, n=number)
        plan.pole.document.error("no_such_" + name.lower(), at, what, hint)
    elif number in owner:
        what = t("{a} and {b} are the same {u}{n}.", "{a} 与 {b} 是同一个 {u}{n}。",
                 a=owner[number].name, b=line.name, u=name, n=number)  # fmt: skip
        plan.pole.document.error("too_many_" + name.lower(), at, what, hint)
    else:
        owner[number] = line


def _pwm(plan: Plan, board: Board, lines: list[Line]) -> None:
    """Channels and frequencies; where the silicon fixes them, slices (RP2040 datasheet 4.5.2: two channels, one wrap)."""
    doc = plan.pole.document
    frequencies: dict[int, Line] = {}
    for line in lines:
        frequencies.setdefault(_freq(line), line)
    if len(lines) > board.pwm_channels:
        what = t("{n} PWM outputs are too many.", "{n} 路 PWM 过多。", n=len(lines))
        doc.error("too_many_pwm", lines[board.pwm_channels].at, what,
                  t("This board has {n}.", "该板有 {n} 路。", n=board.pwm_channels))  # fmt: skip
    if len(frequencies) > board.pwm_frequencies:
        what = t("{n} different PWM frequencies are too many.", "{n} 种 PWM 频率过多。", n=len(frequencies))
        doc.error("too_many_pwm", list(frequencies.values())[board.pwm_frequencies].at, what,
                  t("This chip makes {n} at once.", "该芯片同时可有 {n} 种。", n=board.pwm_frequencies))  # fmt: skip
    _slices(plan, board, lines)


def _freq(line: Line) -> int:
    freq_hz = line.settings.get("freq_hz", 1000)
    return freq_hz if isinstance(freq_hz, int) else 1000  # a wrong type has its own finding


def _slices(plan: Plan, board: Board, lines: list[Line]) -> None:
    owner: dict[int, Line] = {}
    for line in lines:
        pin = board.all_pins.get(line.pins.get("pin", -1))
        if pin is None or pin.pwm is None:
            continue
        other = owner.setdefault(pin.pwm[0], line)
        if other is line:
            continue
        same = board.all_pins[other.pins["pin"]].pwm == pin.pwm and other.pins != line.pins
        if same or _freq(other) != _freq(line):
            what = t("{a} and {b} share PWM slice {s}: {w}.", "{a} 与 {b} 共用 PWM 单元 {s}：{w}。",
                     a=other.name, b=line.name, s=pin.pwm[0],
                     w=t("one output", "同一路输出") if same else t("one frequency", "只能同频"))  # fmt: skip
            at = ("bus", line.name, "pin") if "pin" in plan.pole.buses.get(line.name, {}) else line.at
            plan.pole.document.error(
                "pwm_slice", at, what, t("Take a pin of another slice.", "请换用其他单元的引脚。")
            )
