"""DL/T 645 meters: an address each, a password where something is switched, and no password that cannot be one."""

import re

from yigan.conf import period
from yigan.conf.encode import line_settings
from yigan.conf.plan import Device, Line, Plan
from yigan.conf.rules.modbus import FULL, HIGH
from yigan.lang import t

KIND = "dlt645"
_CHARACTERS = 20 + 26  # a question with its FE, and an answer of usual length: 5.2
_THINK_MS = 100.0  # 20 to 500 ms are allowed
_BLOCKS = {"voltage": "abc", "current": "abc", "power": " abc", "energy": " t1 t2 t3 t4"}
_ADDRESS, _PASSWORD, _OPERATOR = re.compile(r"[0-9Aa]{12}"), re.compile(r"[0-9]{6}"), re.compile(r"[0-9]{8}")


def rule(plan: Plan) -> None:
    owner: dict[tuple[str, str], Device] = {}
    for device in plan.devices:
        if device.card.kind == KIND:
            _form(plan, device)
            _relay(plan, device)
            _address(plan, device, owner)
    for line in plan.lines.values():
        if line.users and line.users[0].card.kind == KIND:
            _load(plan, line)


def _at(device: Device, key: str) -> tuple:
    return (*device.part.at, key if key in device.part.options else "kind")


def _form(plan: Plan, device: Device) -> None:
    """The value itself is not repeated: it may be a password."""
    for key, form, digits in (
        ("address", _ADDRESS, 12),
        ("password", _PASSWORD, 6),
        ("operator", _OPERATOR, 8),
    ):
        value = device.options.get(key)
        if value is not None and not form.fullmatch(str(value)):
            what = t("{k} is no number of {n} digits.", "{k} 不是 {n} 位数字。", k=key, n=digits)
            plan.pole.document.error("bad_value", _at(device, key), what)


def _relay(plan: Plan, device: Device) -> None:
    if "relay" in (device.options.get("items") or ()) and not device.options.get("password"):
        what = t("A relay that is to be switched needs the meter's password.", "远程拉合闸需要电表密码。")
        hint = t("Write password, or leave relay out of items: relay_actual can be read without.",
                 "请写 password，或从 items 中去掉 relay（relay_actual 无需密码）。")  # fmt: skip
        plan.pole.document.error("missing_option", _at(device, "items"), what, hint)


def _address(plan: Plan, device: Device, owner: dict) -> None:
    """No two meters of a line may feel spoken to by one address; AA stands for any byte."""
    if device.line is None:
        return
    address = str(device.options.get("address", "")).upper()
    for (line, other), user in owner.items():
        if line == device.line.name and _meet(address, other):
            what = t("Address {a} may also be that of {o} (line {l}).", "地址 {a} 与 {o}（第 {l} 行）冲突。",
                     a=address, o=user.part.name, l=plan.pole.document.place(*user.part.at).line)  # fmt: skip
            hint = t("Write each meter's number as printed on it.", "请按铭牌写出每块表的表号。")
            plan.pole.document.error("duplicate_address", _at(device, "address"), what, hint)
            return
    owner[device.line.name, address] = device


def _meet(a: str, b: str) -> bool:
    return all("A" in x + y or x == y for x, y in zip(a, b))


def questions(device: Device) -> int:
    """How often a meter is asked in one round: what a block holds together is one question."""
    groups = set()
    for item in device.options.get("items") or ():
        stem, _, end = item.partition("_")
        family = device.options.get("blocks") and stem in _BLOCKS and end in _BLOCKS[stem]
        groups.add(stem if family else "status" if item.startswith(("relay", "status")) else item)
    return len(groups)


def _load(plan: Plan, line: Line) -> None:
    baud = line_settings(line)["baud"]
    if not isinstance(baud, int) or baud <= 0:
        return
    question_ms = _CHARACTERS * 11000 / baud + _THINK_MS
    percent = sum(100 * questions(user) * question_ms / period.effective_ms(user) for user in line.users)
    if percent <= HIGH:
        return
    what = t("Reading the meters takes {p:.0f} % of {b} at {v} baud.", "读表占用总线 {b}（{v} 波特）的 {p:.0f} %。",
             p=percent, b=line.name, v=baud)  # fmt: skip
    hint = t("Ask less often (period_s), for fewer items, or at a higher baud rate if the meters can.",
             "降低频度（period_s）、减少数据项，或在电表支持时提高波特率。")  # fmt: skip
    tell = plan.pole.document.error if percent > FULL else plan.pole.document.warn
    tell("bus_overloaded" if percent > FULL else "bus_busy", line.at, what, hint)
