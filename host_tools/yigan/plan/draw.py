"""A year of a lamp as a picture: days across, the night from noon to noon upwards, its level as colour; kWh below."""

from datetime import date, timedelta
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from yigan import picture
from yigan.plan import EPOCH, SUN_WORDS, Month, Night, Street

_STEP_S = 60
_LIGHT = LinearSegmentedColormap.from_list(
    "light", ["#ffffff", "#fff0b3", "#ffc933", "#f08c00"]
)  # off is paper
_LINES = {"sunset": "#e4572e", "sunrise": "#e4572e", "dusk": "#5b8fb9", "dawn": "#5b8fb9"}


def draw(street: Street, year: int, lamp: int, base: Path) -> list[Path]:
    """Write `base`.svg and `base`.png."""
    nights = street.nights(year, lamp)
    with picture.style():
        figure, (field, bars) = plt.subplots(
            2, 1, figsize=(11, 8), height_ratios=(3, 1), layout="constrained"
        )
        _field(field, street, nights)
        _bars(bars, street, street.months(nights))
        name = next(n for n, number in street.lamps.items() if number == lamp)
        figure.suptitle(f"{street.pole.id} · {name} · {year}")
        return picture.save(figure, *(base.with_suffix("." + kind) for kind in picture.FORMATS))


def _field(axes: Axes, street: Street, nights: list[Night]) -> None:
    columns = [_levels(street, night) for night in nights]
    levels = axes.imshow(
        list(zip(*columns, strict=True)), origin="lower", aspect="auto", cmap=_LIGHT, vmin=0, vmax=100,
        extent=(0, len(nights), 12, 36), interpolation="nearest",
    )  # fmt: skip
    for name, colour in _LINES.items():
        hours = [_hour(street, night.day, street.sun_of(night.day).get(name)) for night in nights]
        style = "-" if name.startswith("sun") else ":"
        axes.plot(
            [n + 0.5 for n in range(len(nights))], hours, style, color=colour, linewidth=1, label=_label(name)
        )
    axes.set_ylim(12, 36)
    axes.set_yticks(range(12, 37, 2), [f"{h % 24:02d}:00" for h in range(12, 37, 2)])
    _month_ticks(axes, nights)
    axes.legend(loc="upper center", ncols=4, fontsize="small", framealpha=0.8)
    axes.figure.colorbar(levels, ax=axes, label=picture.words("level, %", "亮度 %"), pad=0.01)


def _label(name: str) -> str:
    return picture.words(*SUN_WORDS[name])


def _hour(street: Street, day: int, moment: int | None) -> float:
    """Hours after the midnight before the evening, nan for never."""
    if moment is None:
        return float("nan")
    return (moment + 60 * street.zone_min - day * 86400) / 3600


def _levels(street: Street, night: Night) -> list[float]:
    """Per cent from noon to noon."""
    begin, found, k = night.changes[0].moment, [], 0
    for moment in range(begin, begin + 86400, _STEP_S):
        while k + 1 < len(night.changes) and night.changes[k + 1].moment <= moment:
            k += 1
        found.append(night.changes[k].level / 10)
    return found


def _month_ticks(axes: Axes, nights: list[Night]) -> None:
    first = EPOCH + timedelta(days=nights[0].day)
    starts = [(date(first.year, m, 1) - first).days for m in range(1, 13)]
    axes.set_xticks(
        starts, [picture.words(date(2000, m, 1).strftime("%b"), f"{m} 月") for m in range(1, 13)], ha="left"
    )


def _bars(axes: Axes, street: Street, months: list[Month]) -> None:
    numbers = range(1, 13)
    if street.watts:
        full, used, unit = [m.full_kwh for m in months], [m.kwh for m in months], "kWh"
    else:
        full = [m.hours for m in months]
        used = [m.hours for m in months]
        unit = picture.words("hours lit", "亮灯小时")
    axes.bar(numbers, full, color="#dddddd", label=picture.words("full light", "全亮"))
    axes.bar(numbers, used, color="#f2a541", label=picture.words("programme", "策略"))
    axes.set_xticks(numbers, [picture.words(date(2000, m, 1).strftime("%b"), f"{m} 月") for m in numbers])
    axes.set_ylabel(unit)
    if street.watts:
        saved = 100 * (1 - sum(used) / sum(full)) if sum(full) else 0
        cost = f", {sum(m.cost for m in months):.0f} {street.currency}" if street.price else ""
        axes.set_title(picture.words("{u:.0f} kWh a year{c}; {s:.0f} % less than full light", "全年 {u:.0f} kWh{c}；比全亮节省 {s:.0f} %").format(
            u=sum(used), c=cost, s=saved), fontsize="medium")  # fmt: skip
        axes.legend(fontsize="small")
