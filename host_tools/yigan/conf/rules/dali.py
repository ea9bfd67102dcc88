"""DALI: every lamp of a line has an address of its own, or the line for itself."""

from yigan.conf.plan import Plan
from yigan.lang import t

_ALL = -1


def rule(plan: Plan) -> None:
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
