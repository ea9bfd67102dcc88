"""The verdict on a pole file: all findings at once, or the compiled files."""

from yigan.conf import encode, resolve, rules
from yigan.conf.document import Finding
from yigan.conf.plan import Plan
from yigan.conf.pole import Pole, load
from yigan.errors import ConfigError
from yigan.lang import t


def check(pole: Pole) -> list[Finding]:
    """Every fault and doubt, by line. The pole may be loaded or checked before: nothing is told twice."""
    return _judge(pole)[1]


def plan(pole: Pole, fits: bool = False) -> Plan:
    """The resolved pole. ConfigError with the first error when there is any.

    `fits`: one of them may be that its program has no room on the board; to know that, it is compiled.
    """
    found, findings = _judge(pole, fits)
    errors = [f for f in findings if f.level == "error"]
    if errors:
        first, more = errors[0], len(errors) - 1
        hint = first.hint
        if more:
            hint = (hint + "\n" if hint else "") + t(
                "{n} more: run yigan check {p}", "另有 {n} 处：运行 yigan check {p}", n=more, p=pole.path
            )
        raise ConfigError(first.what, str(first.place), hint)
    return found


def compile(pole: Pole) -> dict[str, bytes]:
    """`config.json` and `points.bin` of a pole without errors; ConfigError otherwise. Same input, same bytes."""
    found = plan(pole, fits=True)
    return {"config.json": encode.config_json(found), "points.bin": encode.points_bin(found.rows)}


def _judge(pole: Pole, fits: bool = True) -> tuple[Plan, list[Finding]]:
    pole = load(pole.path, pole.document.changes) if pole.findings else pole
    found = resolve.resolve(pole)
    for rule in rules.ALL:
        if fits or rule is not rules.budget.rule:
            rule(found)
    findings = sorted(pole.findings, key=lambda f: (f.place.line, f.level, f.code))
    pole.document.findings = []
    return found, findings
