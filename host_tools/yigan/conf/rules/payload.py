"""How an uplink writes its points: what goes with it, and what means nothing then."""

from yigan.conf.plan import Member, Plan
from yigan.lang import t

_IDLE = {"version": 4, "clean": True, "discovery": "", "qos": 1}  # what Sparkplug decides itself: as the card has it


def rule(plan: Plan) -> None:
    for member in plan.uplinks:
        options = member.options
        if options.get("payload") == "sparkplug":
            _sparkplug(plan, member)
        elif options.get("primary_host"):
            what = t("Only Sparkplug knows a primary host.", "只有 Sparkplug 才有主机应用（primary_host）。")
            hint = t('Write payload = "sparkplug", or leave it out.', '请写 payload = "sparkplug"，或删去该项。')
            plan.pole.document.error("no_primary_host", (*member.part.at, "primary_host"), what, hint)


def _sparkplug(plan: Plan, member: Member) -> None:
    """A group and a host are one part of a topic each (3.0.0, 4.1.1)."""
    doc, options, at = plan.pole.document, member.options, member.part.at
    for key in ("prefix", "primary_host"):
        value = options.get(key, "")
        if any(sign in value for sign in "+/#") or (key == "prefix" and not value):
            what = t("{k} = {v!r} cannot be a Sparkplug identifier.", "{k} = {v!r} 不能作为 Sparkplug 标识。", k=key, v=value)
            hint = t("One part of a topic: no /, no +, no #.", "只能是主题中的一段：不含 /、+、#。")
            doc.error("bad_sparkplug_id", (*at, key), what, hint)
    for key, usual in _IDLE.items():
        if options.get(key, usual) != usual:
            what = t("Sparkplug has its own way: {k} is not heard.", "Sparkplug 自有规定，{k} 不起作用。", k=key)
            doc.warn("no_effect", (*at, key), what, t("Leave it out.", "请删去。"))
