"""DALI: every lamp of a line has an address of its own, or the line for itself."""

from yigan.conf.plan import Device, Plan
from yigan.lang import t

_ALL = -1


def rule(plan: Plan) -> None:
    for device in plan.devices:
        if device.card.kind == "dali":
            _lists(plan, device)
    doc = plan.pole.document
    for line in plan.lines.values():
        lamps = [user for user in line.users if user.card.bus == "dali"]
        owners: dict[object, str] = {}
        for lamp in lamps:
            address = lamp.options.get("address", _ALL)
            at = (*lamp.part.at, "address") if "address" in lamp.part.options else lamp.part.at
            if address == _ALL and len(lamps) > 1:
                what = t("{n} shares its line and has no address.", "{n} 与其他灯共线，但未设短地址。", n=lamp.part.name)
                doc.error("dali_address", at, what, t("`yigan dali commission` gives them.", "用 `yigan dali commission` 分配。"))
            elif address in owners:
                what = t("{a} and {b} have the same address {n}.", "{a} 与 {b} 的短地址同为 {n}。",
                         a=owners[address], b=lamp.part.name, n=address)  # fmt: skip
                doc.error("dali_address", at, what)
            owners[address] = lamp.part.name


def _lists(plan: Plan, device: Device) -> None:
    """Groups 0 to 15; levels of at most sixteen scenes, -1 for one that is left as it is."""
    groups, scenes = device.options.get("groups") or [], device.options.get("scenes") or []
    for key, wrong, hint in (
        ("groups", [v for v in groups if not _number(v, int) or not 0 <= v <= 15], t("0 to 15.", "0 至 15。")),
        ("scenes", [v for v in scenes if not _number(v, (int, float)) or not (0 <= v <= 100 or v == -1)],
         t("0 to 100 %, or -1: leave as it is.", "0 至 100 %，-1 表示保持不变。")),
        ("scenes", scenes[16:], t("A gear has sixteen scenes.", "驱动电源只有 16 个场景。")),
    ):  # fmt: skip
        if wrong:
            what = t("{k} cannot hold {v!r}.", "{k} 中不能有 {v!r}。", k=key, v=wrong[0])
            plan.pole.document.error("bad_value", (*device.part.at, key), what, hint)


def _number(value: object, kind) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
