"""Is this machine ready? Each check looks at one thing and says how to get what is missing."""

from dataclasses import dataclass

from yigan.doctor import bench, tools

OK, NOTE, MISSING = "ok", "note", "missing"


@dataclass(frozen=True)
class Finding:
    """`state`: "ok", "note" (something works less well, or only some people need it) or "missing"."""

    name: str
    state: str
    what: str
    hint: str = ""


def look() -> list[Finding]:
    """All findings, in the order in which a person would go about them."""
    return [Finding(*row) for check in (*tools.CHECKS, *bench.CHECKS) for row in check()]


def ready(findings: list[Finding]) -> bool:
    return all(finding.state != MISSING for finding in findings)
