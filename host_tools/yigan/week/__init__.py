"""A week of outages in seconds: which message went by which link, by the pole's own policy and datagram protocol.

What is simulated is the network and the city; what decides is firmware/pole/protocol/link_policy.py, and on narrow links
protocol/datagram.py with its retries and its budget. A wide link is a session over TCP: loss delays it, silence for
ANSWER_S breaks it, and it comes back with waits that double.
"""

import random
import sys
import tomllib
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from yigan import near, places
from yigan.conf.links import CLASSES
from yigan.errors import ConfigError
from yigan.lang import t

DAY = 86400
ANSWER_S = 15  # a broker that owes an answer so long is gone: answer_s of uplinks/mqtt.py
_RETRY_S = 60  # retry_max_ms of uplinks/mqtt.py
_DRAIN_S = 7200  # what was under way at the end may still arrive
_WIDE_BYTES, _ALARM_BYTES, _LIVE_BYTES = 900, 15, 51


def device(name: str):
    """A module of the firmware, as the pole runs it."""
    firmware = str(places.firmware())
    if firmware not in sys.path:
        sys.path.append(firmware)
    return import_module(f"pole.{name}")


@dataclass
class Outage:
    link: str
    begin: int
    end: int
    loss: int = 100
    every_s: int = 0
    for_s: int = 0

    def loss_at(self, now: int) -> int:
        if not self.begin <= now < self.end:
            return 0
        return self.loss if not self.every_s or (now - self.begin) % self.every_s < self.for_s else 0


@dataclass
class Line:
    """One link of the file."""

    name: str
    class_: int
    cost: int = 0
    latency_s: int = 1
    budget_kb_day: int = 0
    every_s: int = 60
    loss: int = 0


@dataclass
class Week:
    lines: list[Line]
    outages: list[Outage]
    seed: int = 1
    days: int = 7
    hold_down_s: int = 60
    fall_s: int = 20
    alarms_per_day: int = 40


_KEYS = {"seed", "days", "hold_down_s", "fall_s", "alarms_per_day"}
_LINK = {"name", "class", "cost", "latency_s", "budget_kb_day", "every_s", "loss"}
_OUTAGE = {"link", "begin", "end", "loss", "every_s", "for_s"}


def load(path: Path) -> Week:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(error), where=str(path)) from error
    for row, known in [(data, _KEYS | {"link", "outage"}), *((r, _LINK) for r in data.get("link", [])),
                       *((r, _OUTAGE) for r in data.get("outage", []))]:  # fmt: skip
        for key in row:
            if key not in known:
                raise ConfigError(t("{k} is unknown.", "{k} 未知。", k=key), str(path), near.hint(key, known))
    lines = [_line(path, row) for row in data.get("link", [])]
    if not lines:
        raise ConfigError(t("There is no [[link]].", "缺少 [[link]]。"), str(path))
    outages = [_outage(path, row, [line.name for line in lines]) for row in data.get("outage", [])]
    return Week(lines, outages, **{k: v for k, v in data.items() if k in _KEYS})


def _line(path: Path, row: dict) -> Line:
    class_ = row.get("class", "")
    if class_ not in CLASSES or "name" not in row:
        what = t("A [[link]] has a name and a class.", "[[link]] 须有 name 与 class。")
        raise ConfigError(what, str(path), near.hint(class_, CLASSES))
    return Line(class_=CLASSES.index(class_), **{k: v for k, v in row.items() if k != "class"})


def _outage(path: Path, row: dict, names: list[str]) -> Outage:
    if row.get("link") not in names:
        raise ConfigError(
            t("An outage of no link.", "outage 未指明链路。"),
            str(path),
            near.hint(str(row.get("link")), names),
        )
    times = {key: _moment(path, row.get(key, "")) for key in ("begin", "end")}
    return Outage(**{**row, **times})


def _moment(path: Path, text: str) -> int:
    """`2 09:12`: the second day."""
    try:
        day, clock = str(text).split(" ")
        hour, minute = clock.split(":")
        return (int(day) - 1) * DAY + int(hour) * 3600 + int(minute) * 60
    except ValueError as error:
        what = t("{x!r} is no moment.", "{x!r} 不是时刻。", x=text)
        raise ConfigError(
            what, str(path), t('Write "2 09:12": day and time.', '请写 "2 09:12"：第几天与时刻。')
        ) from error


@dataclass
class Arrival:
    at: int
    link: int
    alarm: int  # 0: live values
    raised: int = 0


@dataclass
class Report:
    """What happened: moments in seconds of the week. `best` and `down`: (moment, link or -1), (link, begin, end)."""

    week: Week
    arrivals: list[Arrival] = field(default_factory=list)
    raised: list[int] = field(default_factory=list)
    best: list[tuple[int, int]] = field(default_factory=list)
    bytes_day: list[list[int]] = field(default_factory=list)
    repeated: int = 0

    @property
    def lost(self) -> list[int]:
        told = {a.alarm for a in self.arrivals}
        return [n for n in range(1, len(self.raised) + 1) if n not in told]

    @property
    def doubled(self) -> int:
        """Alarms the city took twice from one link."""
        told = [(a.link, a.alarm) for a in self.arrivals if a.alarm]
        return len(told) - len(set(told))

    def changes(self, begin: int, end: int) -> int:
        return sum(begin <= moment < end for moment, _ in self.best[1:])

    def alarm_waits(self) -> list[int]:
        """How long the city waited for each alarm."""
        first: dict[int, int] = {}
        for a in self.arrivals:
            if a.alarm:
                first[a.alarm] = min(first.get(a.alarm, a.at), a.at)
        return sorted(at - self.raised[n - 1] for n, at in first.items())

    def over_and_back(self) -> list[tuple[Outage, int | None, int | None]]:
        """For each whole outage of a link that was in use: seconds until another was, and after its end until it was again."""
        found = []
        for outage in self.week.outages:
            name = [line.name for line in self.week.lines].index(outage.link)
            if outage.loss < 100 or outage.every_s or self._best(outage.begin) != name:
                continue
            over = next(
                (m - outage.begin for m, k in self.best if m >= outage.begin and k not in (name, -1)), None
            )
            if over is None or over > outage.end - outage.begin:  # there was no other
                continue
            back = next((m - outage.end for m, k in self.best if m >= outage.end and k == name), None)
            found.append((outage, over, back))
        return found

    def _best(self, moment: int) -> int:
        return [k for m, k in self.best if m <= moment][-1]


def play(week: Week, seed: int | None = None) -> Report:
    from yigan.week.street import Street

    return Street(week, random.Random(week.seed if seed is None else seed)).play()
