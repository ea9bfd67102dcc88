"""Where the pole stands: WGS-84 degrees and an IANA time zone."""

from yigan.conf import zone
from yigan.conf.plan import Plan
from yigan.conf.pole import Site
from yigan.errors import ConfigError
from yigan.lang import t

_POLAR = 72  # no street has lamps nearer to a pole of the earth; Urumqi's longitude, 87, is a usual slip here
_HOURS_OFF = 4  # wider than any time zone is from its sun: western China is 2.9 hours off


def rule(plan: Plan) -> None:
    """Range, swapped co-ordinates, unknown zone, a zone that does not fit the longitude, summer time."""
    site, doc = plan.pole.site, plan.pole.document
    if not isinstance(doc.data.get("site"), dict):
        return
    if _swapped(site):
        doc.error(
            "swapped_position",
            ("site", "latitude"),
            t("latitude {a} and longitude {b} look swapped.", "latitude {a} 与 longitude {b} 像是写反了。",
              a=site.latitude, b=site.longitude),
            t("Write latitude = {b}, longitude = {a}.", "请写 latitude = {b}，longitude = {a}。",
              a=site.latitude, b=site.longitude),
        )  # fmt: skip
    else:
        _range(plan)
    _zone(plan)


def _swapped(site: Site) -> bool:
    return abs(site.latitude) > _POLAR and abs(site.longitude) <= _POLAR and abs(site.latitude) <= 180


def _range(plan: Plan) -> None:
    site, doc = plan.pole.site, plan.pole.document
    for key, value, most in (("latitude", site.latitude, 90), ("longitude", site.longitude, 180)):
        if not -most <= value <= most:  # false for nan, too
            what = t("{k} {v} is out of range.", "{k} {v} 超出范围。", k=key, v=value)
            hint = t(
                "-{m} to {m} degrees, south and west negative.", "-{m} 至 {m} 度，南纬、西经为负。", m=most
            )
            doc.error("out_of_range", ("site", key), what, hint)
    if site.latitude == site.longitude == 0 and "latitude" in doc.data["site"]:
        what = t("0, 0 is in the Gulf of Guinea.", "0, 0 位于几内亚湾。")
        doc.warn(
            "no_position",
            ("site", "latitude"),
            what,
            t("Write the pole's own position.", "请写灯杆的实际位置。"),
        )


def _zone(plan: Plan) -> None:
    site, doc = plan.pole.site, plan.pole.document
    at = ("site", "timezone")
    try:
        minutes = zone.minutes(site.timezone)
    except ConfigError as error:
        doc.error("unknown_timezone", at, error.what, error.hint)
        return
    if zone.has_summer_time(site.timezone):
        what = t("{z} has summer time; the pole keeps standard time, UTC{o:+g} h, all year.",
                 "{z} 有夏令时；灯杆全年使用标准时间 UTC{o:+g} 小时。", z=site.timezone, o=minutes / 60)  # fmt: skip
        doc.warn("summer_time", at, what)
    if (
        -180 <= site.longitude <= 180
        and abs((site.longitude / 15 - minutes / 60 + 12) % 24 - 12) > _HOURS_OFF
    ):
        what = t(
            "{z} is far from longitude {v}.", "{z} 与经度 {v} 相距甚远。", z=site.timezone, v=site.longitude
        )
        doc.warn("odd_timezone", at, what, t("Check both; east is positive.", "请核对两者；东经为正。"))
