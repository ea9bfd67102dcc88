"""Time zones: an IANA name becomes the minutes a pole adds to UTC."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t

_YEAR = 2026  # the rules in force; a zone without summer time gives the same for any year


def minutes(name: str) -> int:
    """Standard time's offset from UTC, minutes east. ConfigError with near names for an unknown zone."""
    return min(_offsets(name))


def has_summer_time(name: str) -> bool:
    """Whether clocks change there within a year: the pole keeps standard time then."""
    return len(_offsets(name)) > 1


def _offsets(name: str) -> set[int]:
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        what = t("There is no time zone {n!r}.", "没有时区 {n!r}。", n=name)
        raise ConfigError(what, hint=near.hint(name, _names(name))) from error
    noons = (datetime(_YEAR, 1, 1, 12) + timedelta(days=n) for n in range(365))
    return {round(zone.utcoffset(noon).total_seconds() / 60) for noon in noons}


def _names(word: str) -> list[str]:
    """Zone names, or the three usual ones when the machine carries no zone data."""
    names = [n for n in available_timezones() if "/" in n and not n.startswith(("posix/", "right/"))]
    if word.upper() in (
        "CST",
        "UTC+8",
        "GMT+8",
        "BEIJING",
        "ASIA/BEIJING",
    ):  # what people write for Beijing time
        return ["Asia/Shanghai"]
    return names or ["Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong"]
