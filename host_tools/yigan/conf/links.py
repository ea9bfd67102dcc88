"""What the link service knows of the uplinks it leads: `class`, `cost`, `budget_kb_day`, `latency_s` of each [[uplink]].

An uplink whose card says `link = "<class>"` is led: any may be, so these keys are no card's own.
"""

from dataclasses import replace

from yigan.cards import Card, Option
from yigan.conf.plan import Plan
from yigan.conf.pole import Pole
from yigan.points import lock

SERVICE = "link"
CLASSES = ("wide", "medium", "narrow", "emergency")  # firmware/pole/protocol/link_policy.py
OPTIONS = {
    o.name: o
    for o in (
        Option("class", "enum", values=CLASSES, en="What it is good for", zh="链路等级"),
        Option("cost", "int", 0, low=0, high=1000, en="Of two of one class the cheaper is used", zh="同级中优先用费用低者"),
        Option("budget_kb_day", "int", 0, low=0, high=1000000, unit="kB",
               en="It may carry so much a day; 0: any amount", zh="每日流量上限；0 为不限"),
        Option("latency_s", "int", 1, low=0, high=86400, unit="s", en="Of two of one cost the quicker is used",
               zh="费用相同时优先用时延小者"),
    )
}  # fmt: skip


def widened(card: Card) -> Card:
    """The card with the keys that every led uplink may have."""
    return replace(card, options={**card.options, **OPTIONS}) if "link" in card.data else card


def narrowed(options: dict) -> dict:
    """What of them the uplink itself needs."""
    return {
        k: v
        for k, v in options.items()
        if k not in ("class", "cost", "latency_s") and (k, v) != ("budget_kb_day", 0)
    }


def wanted(pole: Pole, led: list[int]) -> bool:
    """A pole with one such uplink has nothing to choose."""
    return "link" in pole.document.data or len(led) > 1


def rows(plan: Plan) -> list[list[int]]:
    """[place among the uplinks, class, cost, budget in bytes a day, latency] of each led uplink."""
    found = []
    for k, member in enumerate(plan.uplinks):
        if "link" in member.card.data:
            said = {
                **{n: o.default for n, o in OPTIONS.items()},
                "class": member.card.data["link"],
                **member.part.options,
            }
            limit = 1024 * said["budget_kb_day"]
            found.append([k, CLASSES.index(said["class"]), said["cost"], limit, said["latency_s"]])
    return found


def ranges(plan: Plan) -> list[list[int]]:
    """[place, low, high] of each point that this pole limits otherwise than points.lock does."""
    from yigan import points

    table, locked, found = points.load(), lock.ranges(), []
    for k, point in enumerate(plan.rows):
        block = point.instance * table.capability(point.capability).block
        span = locked.get(point.id - block)
        if span and span != (point.raw_low, point.raw_high):
            found.append([k, *span])
    return found
