"""Which register map fits what a slave answers, and whether its word order can be right."""

import math
from dataclasses import dataclass
from fractions import Fraction

from yigan import points
from yigan.conf.regmap import Field, RegMap
from yigan.probe.reading import ORDERS, number
from yigan.probe.search import Found

FITS, ORDER, IMPLAUSIBLE, UNREADABLE = "fits", "word_order", "implausible", "unreadable"
_MOST_OF = 0.75


@dataclass(frozen=True)
class Fit:
    """A map on a slave. `values`: point -> value in its unit by the map, None for no value or no register.

    good, told: how many of the values are plausible, of how many that say anything. order: when the map's own orders
    give nonsense in its wide numbers and another gives none, that other.
    """

    map: RegMap
    values: dict[str, float | None]
    missing: tuple[str, ...]
    good: int
    told: int
    order: str = ""

    @property
    def verdict(self) -> str:
        if self.missing:
            return UNREADABLE
        if self.order:
            return ORDER
        return FITS if self.told and self.good == self.told else IMPLAUSIBLE

    @property
    def share(self) -> float:
        return self.good / self.told if self.told else 0.0


def fits(found: Found, maps: list[RegMap]) -> list[Fit]:
    """Every map whose registers are all there; the best first. One that must have another order stands behind those that fit."""
    judged = [fit for fit in (judge(found, one) for one in maps) if not fit.missing]
    rank = {FITS: 2, ORDER: 1}
    return sorted(judged, key=lambda fit: (-rank.get(fit.verdict, 0), -fit.share, -fit.told, fit.map.name))


def judge(found: Found, one: RegMap) -> Fit:
    values: dict[str, float | None] = {}
    missing: list[str] = []
    good = told = 0
    for field in one.fields:
        data = found.data(field.function, field.register, field.words)
        if data is None:
            missing.append(field.point)
            values[field.point] = None
            continue
        values[field.point] = _value(field, data, field.kind[4:])
        if not _says_nothing(field, data):
            told += 1
            good += plausible(field, values[field.point])
    return Fit(one, values, tuple(missing), good, told, "" if missing else _other_order(found, one))


def _value(field: Field, data: bytes, order: str) -> float | None:
    """In the unit of the point; None where the maker says that there is none."""
    raw = number(field.kind[:3], order, data)
    if raw in field.none or not math.isfinite(raw):
        return None
    scale = points.load().point(field.point).scale
    return float((Fraction(raw) * field.mul / field.div + (field.add or 0)) * Fraction(10) ** scale)


def _says_nothing(field: Field, data: bytes) -> bool:
    """All zero fits everything; no value fits its own map."""
    return not any(data) or number(field.kind[:3], field.kind[4:], data) in field.none


def plausible(field: Field, value: float | None) -> bool:
    """Within what the device and its point can be; a float far below its point's step is none."""
    if value is None:
        return False
    point = points.load().point(field.point)
    step = Fraction(10) ** point.scale
    low = point.low if field.low is None else field.low * step
    high = point.high if field.high is None else field.high * step
    if not float(low) <= value <= float(high):
        return False
    tiny = float(step) / 100 if point.type != "f32" else 1e-9
    return value == 0 or not field.kind.startswith("f32") or abs(value) >= tiny


def _other_order(found: Found, one: RegMap) -> str:
    """The order that most of the wide numbers must have instead of the map's, or ""."""
    counts = dict.fromkeys(ORDERS, 0)
    own = informative = 0
    for field in one.fields:
        data = found.data(field.function, field.register, field.words)
        if field.words == 1 or data is None or _says_nothing(field, data):
            continue
        good = [order for order in ORDERS if plausible(field, _value(field, data, order))]
        if 0 < len(good) < len(ORDERS):
            informative += 1
            own += field.kind[4:] in good
            for order in good:
                counts[order] += 1
    best = max(ORDERS, key=lambda order: counts[order])
    return best if counts[best] > own and counts[best] >= _MOST_OF * informative else ""
