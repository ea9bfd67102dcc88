"""The time-of-use table of a pole file, compiled to what the energy service asks: [tariff, months, days, from, to] each.

    tariffs = [
        { name = "peak", times = ["08:00-11:00", "18:00-21:00"], price = 1.05 },
        { name = "sharp", times = ["19:00-21:00"], months = [7, 8] },
        { name = "valley", times = ["22:00-06:00"] },
    ]

The names sharp, peak, flat and valley have their own points (1 to 4); others take the next free one. Of entries that
overlap the first counts. `price` is for plans, the board does not need it.
"""

import re

from yigan import near
from yigan.cards import Card
from yigan.conf.document import Document
from yigan.conf.lines import Path as Keys
from yigan.lang import t

KIND, OPTION = "energy", "tariffs"
NUMBERS = {"sharp": 1, "peak": 2, "flat": 3, "valley": 4, "尖": 1, "峰": 2, "平": 3, "谷": 4}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEYS = ("name", "times", "months", "days", "price")
_SPAN = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")
_ALL_MONTHS, _ALL_DAYS = 0x1FFE, 0x7F


def fill(doc: Document, at: Keys, card: Card, options: dict) -> None:
    """Replace the table in an energy service's options by its compiled rows; what is wrong becomes findings."""
    if card.kind == KIND and options.get(OPTION):
        options[OPTION] = _Table(doc, (*at, OPTION)).rows(options[OPTION])


class _Table:
    def __init__(self, doc: Document, at: Keys):
        self.doc, self.at = doc, at
        self.numbers: dict[str, int] = {}

    def wrong(self, n: int, what: str, hint: str = "") -> None:
        self.doc.error("bad_value", (*self.at, n), what, hint)

    def rows(self, table: list) -> list[list[int]]:
        found: list[list[int]] = []
        names = [entry.get("name") for entry in table if isinstance(entry, dict)]
        self.numbers = {name: NUMBERS[name] for name in names if isinstance(name, str) and name in NUMBERS}
        for n, entry in enumerate(table):
            if (
                not isinstance(entry, dict)
                or not isinstance(entry.get("name"), str)
                or not entry.get("times")
            ):
                self.wrong(n, t("A tariff has a name and times.", "费率须有 name 和 times。"))
                continue
            for key in entry:
                if key not in _KEYS:
                    self.wrong(
                        n, t("{k!r} is unknown here.", "此处不认识 {k!r}。", k=key), near.hint(key, _KEYS)
                    )
            number = self.number(n, entry["name"])
            months = self.mask(n, entry.get("months"), range(1, 13), _ALL_MONTHS)
            days = self.mask(n, entry.get("days"), DAYS, _ALL_DAYS)
            found += [[number, months, days, *span] for span in self.spans(n, entry["times"])]
        self.gap(found)
        return found

    def gap(self, rows: list[list[int]]) -> None:
        """Warn of the first moment that no tariff holds: its energy counts as that of an unknown time."""
        edges = sorted({0} | {minute % 1440 for row in rows for minute in row[3:]})
        for month in range(1, 13):
            for day in range(7):
                for minute in edges:
                    if rows and not any(_holds(row, month, day, minute) for row in rows):
                        what = t("No tariff holds on {d} at {h:02d}:{m:02d} in month {n}.",
                                 "{n} 月 {d} {h:02d}:{m:02d} 无费率。",
                                 d=DAYS[day], h=minute // 60, m=minute % 60, n=month)  # fmt: skip
                        hint = t("End the list with one that always holds: times = [\"00:00-24:00\"].",
                                 "请以全天费率结尾：times = [\"00:00-24:00\"]。")  # fmt: skip
                        self.doc.warn("tariff_gap", self.at, what, hint)
                        return

    def number(self, n: int, name: str) -> int:
        if name not in self.numbers:
            free = [k for k in range(1, 5) if k not in self.numbers.values()]
            if not free:
                self.wrong(n, t("Four tariffs at most.", "最多四个费率。"))
            self.numbers[name] = free[0] if free else 4
        return self.numbers[name]

    def mask(self, n: int, wanted: object, known: object, all_of_them: int) -> int:
        if wanted is None:
            return all_of_them
        names = list(known)  # type: ignore[call-overload]
        first = names[0] if isinstance(names[0], int) else 0
        if not isinstance(wanted, list) or not wanted or any(w not in names for w in wanted):
            self.wrong(
                n, t("{w} is none of {k}.", "{w} 不在 {k} 中。", w=wanted, k=", ".join(map(str, names)))
            )
            return all_of_them
        return sum(1 << (names.index(w) + first) for w in set(wanted))

    def spans(self, n: int, times: object) -> list[tuple[int, int]]:
        """Minutes of the day; a span whose end is not after its start goes over midnight."""
        found = []
        for text in times if isinstance(times, list) else [times]:
            match = _SPAN.fullmatch(str(text).strip())
            ends = [int(a) * 60 + int(b) for a, b in (match.group(1, 2), match.group(3, 4))] if match else []
            if not ends or max(ends) > 1440:
                hint = t('Write it as "08:00-11:00".', '请写成 "08:00-11:00"。')
                self.wrong(n, t("{x!r} is no span of time.", "{x!r} 不是时间段。", x=text), hint)
            else:
                found.append((ends[0] % 1440, ends[1]))
        return found


def _holds(row: list[int], month: int, day: int, minute: int) -> bool:
    _, months, days, first, end = row
    inside = first <= minute < end if first < end else minute >= first or minute < end
    return bool(inside and months >> month & 1 and days >> day & 1)
