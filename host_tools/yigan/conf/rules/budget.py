"""Does it fit? Flash for two slots, RAM for everything that is imported."""

from yigan.conf.plan import Plan
from yigan.lang import t

_TIGHT = 80  # percent: a fifth stays free for what the estimate does not know


def rule(plan: Plan) -> None:
    if (
        plan.board is None
        or plan.board.port == "linux"
        or any(f.level == "error" for f in plan.pole.findings)
    ):
        return  # what does not resolve has no size
    from yigan.bundle import budget  # compiles: only when there is something to compile

    found = budget.estimate(plan)
    _judge(plan, "flash", found.flash_used, found.flash_size)
    _judge(plan, "ram", found.ram_used, found.ram_size)


def _judge(plan: Plan, what: str, used: int, size: int) -> None:
    percent = 100 * used / size if size > 0 else 1000.0
    if percent <= _TIGHT:
        return
    name = {"flash": t("Flash", "闪存"), "ram": t("RAM", "内存")}[what]
    text = t("{n}: {u} of {s} KB needed ({p:.0f} %).", "{n}：需要 {u} KB，共 {s} KB（{p:.0f} %）。",
             n=name, u=used // 1024, s=size // 1024, p=percent)  # fmt: skip
    hint = t("yigan build --explain shows what takes it; leave a peripheral or an uplink out, or take a larger board.",
             "yigan build --explain 可查看占用；请减少外设或上行链路，或换更大的板。")  # fmt: skip
    doc = plan.pole.document
    (doc.error if percent > 100 else doc.warn)(what + "_budget", ("board",), text, hint)
