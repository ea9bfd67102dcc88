"""The order of precedence at one moment: what each rank says then, highest first."""

from dataclasses import dataclass

from yigan import points
from yigan.lang import current, t
from yigan.plan import Night, Street, _device, told


@dataclass(frozen=True)
class Rank:
    """`reason` is the code of `lamp.reason`. `level` in tenths of a per cent when it is known beforehand, else None."""

    reason: int
    name: str
    says: str
    level: int | None = None
    rules: bool = False  # with nobody's order, nobody in the road and a photocell that agrees


def ranks(street: Street, moment: int, lamp: int) -> list[Rank]:
    """All of them; the last three are what bounds whatever rules."""
    order = _device("lamp_order")
    night = street.night(street.evening(moment), lamp)
    level, _ = street.daylight.decide(night.plan, moment, None, False, street.compiled["rule"])
    said = {
        order.IDENTIFY: (t("blinks for two minutes after node.identify = 1", "写 node.identify = 1 后闪烁两分钟"), None),
        order.SWITCH: (t("no switch at the pole", "无本地开关"), None),
        order.MANUAL: (t("manual_level, while manual_expiry runs", "manual_expiry 未到期时以 manual_level 为准"), None),
        order.ALARM: (t("what an alarm is linked to", "告警联动的亮度"), None),
        order.REMOTE: (_remote(street, night, moment), None),
        order.PRESENCE: _presence(street, level),
        order.PHOTOCELL: (_photocell(street, night, moment, level), None),
        order.PROGRAMME: (_programme(street, night, moment), level),
        order.LOST: (t("{n} while the time is unknown and no photocell helps", "时间未知且无光控时 {n}",
                       n=percent(street.compiled["rule"][0])), None),
        order.POWER_ON: (t("{n} from power-up until the first decision", "上电至首次决策前 {n}", n=percent(_power_on(street, lamp))), None),
    }  # fmt: skip
    return [
        Rank(reason, reason_name(reason), *said[reason], rules=reason == order.PROGRAMME)
        for reason in [*order.ORDER, order.POWER_ON]
    ]


def bounds() -> list[str]:
    """What is done to the level that rules, whoever wanted it."""
    return [
        t(
            "thermal cap: lamp_life's thermal_level while the lamp is too hot",
            "过温限幅：灯过热时不超过 thermal_level",
        ),
        t(
            "constant light output: the share of lamp_life's clo_start and clo_hours",
            "恒光通输出：按 clo_start 与 clo_hours 折算",
        ),
        t("the lamp's minimum and maximum level; off stays off", "灯的最低与最高亮度；关灯不受影响"),
        t(
            "its relay's rest, where it has one: dimmed at once, switched when it has rested",
            "继电器最短间隔：立即调光，到时再动作",
        ),
    ]


def percent(tenths: int) -> str:
    return f"{tenths / 10:g} %"


def reason_name(code: int) -> str:
    """In the words of the point table."""
    value = next(v for v in points.load().point("lamp.reason").values if v.code == code)
    return value.zh if current() == "zh" else value.en


def _clock(street: Street, moment: int) -> str:
    return street.local(moment).strftime("%H:%M:%S")


def _remote(street: Street, night: Night, moment: int) -> str:
    ends = street.options["remote_ends"]
    if ends == "never":
        return t("a level of {s} rules until another comes", "{s} 的设定持续有效，直到新的设定",
                 s=_sources(street))  # fmt: skip
    if ends == "time":
        return t(
            "a level of {s} rules for {n} s",
            "{s} 的设定有效 {n} 秒",
            s=_sources(street),
            n=street.options["remote_time"],
        )
    later = [c for c in night.changes if c.moment > moment]
    if ends == "switching":
        lit = [
            c
            for a, c in zip(night.changes, night.changes[1:], strict=False)
            if (a.level > 0) != (c.level > 0)
        ]
        later = [c for c in lit if c.moment > moment]
    until = _clock(street, later[0].moment) if later else t("the next evening", "次日傍晚")
    return t(
        "a level of {s}, written now, rules until {u}",
        "此刻由 {s} 写入的设定有效至 {u}",
        s=_sources(street),
        u=until,
    )


def _sources(street: Street) -> str:
    return " > ".join(street.options["remote_priority"])


def _presence(street: Street, level: int) -> tuple[str, int | None]:
    boost = street.compiled["rule"][4]
    if street.compiled["presence"] < 0:
        return t("not declared, or no such point on this pole", "未声明，或无此测点"), None
    if 0 < level < boost:
        return t("{n} while {p}, and {h} s more", "{p} 时 {n}，并保持 {h} 秒", n=percent(boost),
                 p=street.options["presence"], h=street.options["presence_hold"]), None  # fmt: skip
    return t("nothing: the lamp is off, or brighter already", "无作用：灯未亮，或已更亮"), None


def _photocell(street: Street, night: Night, moment: int, level: int) -> str:
    if street.compiled["lux"] < 0:
        return t("no photocell on this pole", "该杆无光控")
    rule = street.compiled["rule"]
    dark, light = (street.daylight.decide(night.plan, moment, d, False, rule)[0] for d in (True, False))
    if dark != level:
        return t("{n} if it is dark already (below {x} lx)", "若已天黑（低于 {x} lx）则 {n}", n=percent(dark),
                 x=street.options["dark_below"])  # fmt: skip
    if light != level:
        return t("{n} if it is light still (above {x} lx)", "若仍天亮（高于 {x} lx）则 {n}", n=percent(light),
                 x=street.options["light_above"])  # fmt: skip
    return t("has no say at this hour while the time is known", "时间已知时，此刻光控不起作用")


def _programme(street: Street, night: Night, moment: int) -> str:
    line = street.pole.document.place(*night.programme.at).line
    name = night.programme.name or t("the programme", "策略")
    passed = [c for c in night.changes if c.moment <= moment and c.why]
    since = t("since {w}, {c}", "自 {c} {w}", w=_clock(street, passed[-1].moment), c=passed[-1].why) if passed else t(
        "before it is on ({m})", "尚未开灯（{m}）", m=told(night.programme.on))  # fmt: skip
    return t("{n} (line {l}): {s}", "{n}（第 {l} 行）：{s}", n=name, l=line, s=since)


def _power_on(street: Street, lamp: int) -> int:
    name = next(n for n, number in street.lamps.items() if number == lamp)
    part = next(p for p in street.pole.peripherals if p.name == name)
    return round(10 * part.options.get("power_on_level", 100))
