"""How readings are shown: a table for people, JSON for programs."""

import json
from collections.abc import Iterable

import click
from rich import box
from rich.console import Console
from rich.table import Table

from yigan import points
from yigan.errors import ConfigError
from yigan.lang import current, t
from yigan.via import Reading

_COLOUR = {"good": "green", "manual": "cyan", "uncertain": "yellow", "warming": "yellow", "stale": "yellow",
           "never": "dim", "range": "red", "comm_fault": "red", "fault": "red"}  # fmt: skip
_WORDS = {"never": "尚无", "good": "正常", "uncertain": "存疑", "stale": "过期", "warming": "预热", "range": "超限",
          "comm_fault": "通信故障", "fault": "故障", "manual": "手动"}  # fmt: skip
_UNITS = {"1": "", "Cel": "°C", "deg": "°", "ug/m3": "µg/m³", "m3": "m³", "mg/m3": "mg/m³", "[ppm]": "ppm", "[pH]": "pH"}


_REASONS = {"limits": ("outside what it can be", "超出测点量程"), "low": ("too low", "过低"), "high": ("too high", "过高"),
            "rate": ("changes too fast", "变化过快"), "stuck": ("does not move", "数值停滞"),
            "cross_low": ("another point is too low", "关联测点过低"), "cross_high": ("another point is too high", "关联测点过高"),
            "differs": ("differs from another point", "与关联测点不一致"),
            "table_end": ("outside its calibration", "超出校准范围")}  # fmt: skip


def quality(name: str) -> str:
    return _WORDS.get(name, name) if current() == "zh" else name


def reason(word: str) -> str:
    """Why a value is doubted: docs/calibration.md."""
    words = _REASONS.get(word)
    return words[current() == "zh"] if words else word


def _row(name: str) -> points.Point | None:
    try:
        return points.load().point(name)
    except ConfigError:  # a pole with a newer table than ours
        return None


def meaning(name: str) -> str:
    found = _row(name)
    return (found.zh if current() == "zh" else found.en) if found else ""


def shown(reading: Reading) -> str:
    """The value as a person reads it: an enum's word behind its code."""
    if reading.value is None:
        return "-"
    found = _row(reading.name)
    for value in found.values if found else ():
        if str(value.code) == reading.value:
            return f"{value.code} {value.zh if current() == 'zh' else value.en}"
    return reading.value


def unit(reading: Reading) -> str:
    """UCUM codes as people write them."""
    return _UNITS.get(reading.unit, reading.unit)


def age(seconds: int | None) -> str:
    """12 s, 5 min, 3 h."""
    if seconds is None:
        return ""
    for size, en, zh in ((86400, "d", "天"), (3600, "h", "时"), (60, "min", "分")):
        if seconds >= size:
            return f"{seconds // size} {t(en, zh)}"
    return f"{seconds} {t('s', '秒')}"


def table(readings: Iterable[Reading], with_raw: bool = False) -> None:
    """Print them, one row a point; why one is doubted stands behind its quality."""
    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title, side in (
        (t("point", "测点"), "left"),
        (t("value", "值"), "right"),
        *([(t("raw", "原始值"), "right")] if with_raw else ()),
        (t("unit", "单位"), "left"),
        (t("quality", "质量"), "left"),
        (t("age", "时长"), "right"),
        (t("meaning", "含义"), "left"),
    ):
        rows.add_column(
            title, justify=side, no_wrap=side == "right" or title in ("point", "测点"), overflow="ellipsis"
        )
    for reading in readings:
        colour = _COLOUR.get(reading.quality, "")
        word = quality(reading.quality) + (f": {reason(reading.reason)}" if reading.reason else "")
        rows.add_row(
            reading.name,
            shown(reading),
            *([reading.raw or ""] if with_raw else ()),
            unit(reading),
            f"[{colour}]{word}[/]" if colour else word,
            age(reading.age),
            f"[dim]{meaning(reading.name)}[/]",
        )
    console().print(rows)


def console() -> Console:
    """Standard output; wide where no terminal limits it, so that a pipe gets whole lines."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=160)


def number(reading: Reading) -> float | int | bool | str | None:
    """The value as JSON has it."""
    if reading.value is None:
        return None
    try:
        return json.loads(reading.value)
    except ValueError:
        return reading.value


def as_json(reading: Reading) -> dict:
    """`text` keeps the decimals that a number loses; `raw` of a calibrated point, `reason` of a doubted one."""
    found = {"name": reading.name, "value": number(reading), "text": reading.value, "unit": reading.unit,
             "quality": reading.quality, "age": reading.age}  # fmt: skip
    if reading.raw is not None:
        found["raw"] = json.loads(reading.raw)
    return found | ({"reason": reading.reason} if reading.reason else {})


def show(readings: list[Reading], json_wanted: bool, with_raw: bool = False) -> None:
    if json_wanted:
        click.echo(json.dumps([as_json(reading) for reading in readings], ensure_ascii=False, indent=2))
    else:
        table(readings, with_raw)
