"""What a register map changes at the points it feeds, and what it has the board write into the device."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import cast

from yigan import near
from yigan.conf.document import Document
from yigan.conf.plan import Device
from yigan.conf.regmap import RegMap, Setting
from yigan.lang import t
from yigan.points import Point


def narrowed(found: RegMap, points: Sequence[Point | None]) -> list[Point | None]:
    """The points with the limits of what this device can measure: outside them its reading is of quality `range`."""
    return [
        point and _within(point, field.low, field.high)
        for point, field in zip(points, found.fields, strict=True)
    ]


def _within(point: Point, low: int | None, high: int | None) -> Point:
    raw_low = point.raw_low if low is None else max(low, point.raw_low)
    raw_high = point.raw_high if high is None else min(high, point.raw_high)
    return replace(point, raw_low=raw_low, raw_high=raw_high)


def settings(doc: Document, device: Device) -> None:
    """Judge the peripheral's `settings` by its map; what is wrong becomes a finding and is left out."""
    found = cast(RegMap, device.map)
    known = {setting.name: setting for setting in found.held}
    good = {}
    for name, value in (device.options.pop("settings", None) or {}).items():
        at = (*device.part.at, "settings", name)
        setting = known.get(name)
        if setting is None:
            what = t(
                "The map {m} has no setting {n!r}.",
                "寄存器表 {m} 没有设置项 {n!r}。",
                m=found.name,
                n=name,
            )
            doc.error("unknown_option", at, what, near.hint(name, known) if known else "")
        elif (word := _word(setting, value)) is None:
            what = t("{k} = {v} does not fit.", "{k} = {v} 不合适。", k=name, v=value)
            doc.error("out_of_range", at, what, _how(setting))
        else:
            good[name] = word
    device.options["settings"] = good


def _word(setting: Setting, value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return setting.word(Fraction(str(value)))
    except ValueError:
        return None


def _how(setting: Setting) -> str:
    return t("{n}: {a} to {b} {u} in steps of {s}. {m}", "{n}：{a} 至 {b} {u}，步长 {s}。{m}",
             n=setting.name, a=float(setting.low), b=float(setting.high), u=setting.unit,
             s=float(setting.scale), m=t(setting.en, setting.zh))  # fmt: skip


def rows(device: Device) -> list[list[int]]:
    """[[register, word], ...]: what the board sees to, once after its start."""
    written = device.options.get("settings", {})
    found = []
    for setting in cast(RegMap, device.map).held:
        if setting.name in written:
            found.append([setting.register, written[setting.name]])
        elif setting.value is not None:
            found.append([setting.register, setting.word(setting.value)])
    return found
