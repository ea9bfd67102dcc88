"""The lighting programme: every lamp has one every night, and nothing of it is in vain."""

from yigan import near
from yigan.conf import lighting
from yigan.conf.lighting import REFERENCES, WEEKDAYS, Lighting, Programme
from yigan.conf.plan import Plan
from yigan.conf.pole import wrong_type
from yigan.lang import t

_WHITE_NIGHTS = 60.5  # degrees: from there on the sun does not sink 6 degrees below the horizon in June
_MIDNIGHT_SUN = 65.7
_SOURCES = ("console", "mqtt", "modbus")  # as the device's console and uplinks call themselves


def rule(plan: Plan) -> None:
    if plan.pole.lighting is None:
        return
    found = lighting.read(plan)
    doc = plan.pole.document
    if not found.lamps:
        what = t("This pole has no lamp.", "该灯杆没有灯。")
        doc.error(
            "no_lamp",
            ("lighting",),
            what,
            t("Write a [[peripheral]] that is one.", "请写一个灯的 [[peripheral]]。"),
        )
        return
    _gaps(plan, found)
    _shadowed(plan, found)
    _points(plan)
    _prices(plan)
    for programme in found.programmes:
        _twilight(plan, programme)
        _never(plan, programme)


def _gaps(plan: Plan, found: Lighting) -> None:
    """A night without a programme is a lamp at its failure level."""
    for name, number in found.lamps.items():
        always = [p for p in found.programmes if p.lamps >> number & 1 and not p.dates]
        missing = [day for n, day in enumerate(WEEKDAYS) if not any(p.weekdays >> n & 1 for p in always)]
        if missing:
            what = t("Lamp {n} has no programme on ordinary days: {d}.", "灯 {n} 在平日没有策略：{d}。",
                     n=name, d=", ".join(missing))  # fmt: skip
            hint = t("End with a [[lighting.programme]] without group, days and dates.",
                     "请在最后写一个不带 group、days、dates 的 [[lighting.programme]]。")  # fmt: skip
            plan.pole.document.error("programme_gap", ("lighting",), what, hint)


def _shadowed(plan: Plan, found: Lighting) -> None:
    """The first that fits rules: what stands behind one that always fits never rules."""
    for n, programme in enumerate(found.programmes):
        for other in found.programmes[:n]:
            covers = programme.lamps & ~other.lamps == 0 and programme.weekdays & ~other.weekdays == 0
            if programme.lamps and covers and not other.dates:
                line = plan.pole.document.place(*other.at).line
                what = t("It never rules: the programme in line {l} always fits before.",
                         "该策略永不生效：第 {l} 行的策略总是先匹配。", l=line)  # fmt: skip
                hint = t("Write the special ones first.", "请把特殊日期的策略写在前面。")
                plan.pole.document.warn("programme_shadowed", programme.at, what, hint)
                break


def _points(plan: Plan) -> None:
    """A written point that this pole has not; thresholds in the wrong order."""
    written, doc = plan.pole.lighting or {}, plan.pole.document
    names = {p.name for p in plan.rows}
    for key in ("photocell", "presence"):
        if isinstance(written.get(key), str) and written[key] not in names:
            what = t("This pole has no point {n}.", "该灯杆没有测点 {n}。", n=written[key])
            doc.error("unknown_point", ("lighting", key), what, near.hint(written[key], names))
    options = next((m.options for m in plan.services if m.card.kind == "programme"), None)
    for source in options["remote_priority"] if options else ():
        if source not in _SOURCES:
            what = t("Nobody who writes levels is called {s!r}.", "没有名为 {s!r} 的远程来源。", s=source)
            doc.error("bad_value", ("lighting", "remote_priority"), what, near.hint(str(source), _SOURCES))
    if options and options["dark_below"] >= options["light_above"]:
        key = "light_above" if "light_above" in written else "dark_below"
        what = t("dark_below must be less than light_above, or the lamp flaps.",
                 "dark_below 须小于 light_above，否则灯会反复开关。")  # fmt: skip
        doc.error("out_of_range", ("lighting", key), what)


def _prices(plan: Plan) -> None:
    """What `yigan plan` reckons with; the pole does not need it."""
    written, doc = plan.pole.lighting or {}, plan.pole.document
    for key, kind in (("watts", float), ("price", float), ("currency", str)):
        value = written.get(key, kind())
        if not isinstance(value, (int, float) if kind is float else str) or isinstance(value, bool):
            doc.error("wrong_type", ("lighting", key), wrong_type(key, kind, value))
        elif isinstance(value, (int, float)) and not 0 <= value <= 10000:
            what = t("{k} = {v} is out of range.", "{k} = {v} 超出范围。", k=key, v=value)
            doc.error("out_of_range", ("lighting", key), what, t("0 to 10000.", "0 至 10000。"))


def _twilight(plan: Plan, programme: Programme) -> None:
    """Names of the sun that do not come every day so far from the equator."""
    for key, moment in (("on", programme.on), ("off", programme.off)):
        name = REFERENCES[moment.reference]
        least = {"dusk": _WHITE_NIGHTS, "dawn": _WHITE_NIGHTS, "clock": 91}.get(name, _MIDNIGHT_SUN)
        if abs(plan.pole.site.latitude) >= least:
            at = (*programme.at, key)
            what = t("At this latitude there is no {n} for some weeks: the lamp stays off then.",
                     "该纬度有数周没有 {n}，其间灯不亮。", n=name)  # fmt: skip
            hint = t("Use a clock time.", "请用钟点。")
            if name in ("dusk", "dawn") and abs(plan.pole.site.latitude) < _MIDNIGHT_SUN:
                hint = t("Use sunset and sunrise, or a clock time.", "请用 sunset 与 sunrise，或钟点。")
            plan.pole.document.warn("no_such_sun", at, what, hint)


def _never(plan: Plan, programme: Programme) -> None:
    """A night goes from noon to noon: off at 18:00 comes before on at 20:00."""
    on, off = programme.on, programme.off
    if on.reference == off.reference and off.minutes <= on.minutes:
        what = t("The lamp is never lit: off at {off} is not after on at {on}.", "灯永不亮：{off} 关灯不晚于 {on} 开灯。",
                 on=on, off=off)  # fmt: skip
        hint = t('A night goes from noon to noon. For a lamp that is off write level = 0, for one that is always lit '
                 'on = "12:00", off = "12:00".',
                 '一夜从正午到次日正午。要整夜关灯请写 level = 0；要昼夜常亮请写 on = "12:00"、off = "12:00"。')  # fmt: skip
        plan.pole.document.error(
            "never_lit", (*programme.at, "off" if _written(plan, programme) else "on"), what, hint
        )


def _written(plan: Plan, programme: Programme) -> bool:
    return "off" in plan.pole.lighting["programme"][programme.at[-1]]
