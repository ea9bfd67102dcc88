"""Points over time, wherever they come from: a file, a running pole, later a pole's journal.

A series is an iterable of samples in the order they were written. `time` is UTC in seconds since 1970; a sample without
a value says that there was none, and its quality why: a gap is data, too.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t

USABLE = ("good", "uncertain", "manual")  # qualities whose value may be drawn


@dataclass(frozen=True, slots=True)
class Sample:
    time: float
    name: str
    value: float | None
    unit: str = ""
    quality: str = "good"


def select(
    samples: Iterable[Sample],
    names: Iterable[str] = (),
    since: float | None = None,
    until: float | None = None,
) -> Iterator[Sample]:
    """Samples of `names` (full names, or prefixes that end in a dot; none: all) in [since, until)."""
    whole = {name for name in names if not name.endswith(".")}
    parts = tuple(name for name in names if name.endswith("."))
    for sample in samples:
        if (whole or parts) and not (sample.name in whole or (parts and sample.name.startswith(parts))):
            continue
        if (since is None or sample.time >= since) and (until is None or sample.time < until):
            yield sample


def by_point(samples: Iterable[Sample], names: Iterable[str] = ()) -> dict[str, list[Sample]]:
    """The samples of each point, in order of time. ConfigError for a name of `names` that has none."""
    found: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[sample.name].append(sample)
    for name in names:
        if not any(name == one or (name.endswith(".") and one.startswith(name)) for one in found):
            raise ConfigError(t("No data of {n}.", "没有 {n} 的数据。", n=name), hint=near.hint(name, found))
    for some in found.values():
        some.sort(key=lambda sample: sample.time)
    return dict(found)


def moment(text: str, zone: tzinfo | None, where: str = "") -> float:
    """`2026-11-22T08:00:00+08:00` or seconds since 1970, as UTC seconds. A time without a zone is one of `zone`."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ConfigError(
            t("{x} is no time.", "{x} 不是时间。", x=text or "''"),
            where,
            t("Write 2026-11-22T08:00:00+08:00.", "请写 2026-11-22T08:00:00+08:00。"),
        ) from error
    if found.tzinfo is None:
        if zone is None:
            raise ConfigError(
                t("{x} does not say its time zone.", "{x} 没有时区。", x=text),
                where,
                t(
                    "Append Z or +08:00, or give --tz Asia/Shanghai.",
                    "请加 Z 或 +08:00，或用 --tz Asia/Shanghai。",
                ),
            )
        found = found.replace(tzinfo=zone)
    return found.timestamp()


def iso(time: float) -> str:
    """2026-11-22T00:00:00.000Z"""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
