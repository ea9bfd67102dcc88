"""The sun by astral, in seconds since 2020-01-01 UTC: the judge of protocol/sun.py, and of the oracle's nights."""

import datetime as dt

from astral import Observer, sun

EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
HORIZON, CIVIL = 0.8333, 6.0  # 16' of the sun's radius and 34' of refraction; civil twilight


def place(latitude, longitude):
    return Observer(latitude, longitude)


def moment(seconds):
    return EPOCH + dt.timedelta(seconds=seconds)


def height(observer, seconds):
    """Degrees of the sun's centre above the horizon, without refraction."""
    return sun.elevation(observer, moment(seconds), with_refraction=False)


def passes(observer, day, below, setting):
    """When the sun's centre passes `below` degrees under the horizon, found by halving; None when it never does.

    `day` is the date at the place's mean solar time: an event of it always falls on it.
    """
    noon = day * 86400 + 43200 - observer.longitude * 240
    low, high = (noon, noon + 43200) if setting else (noon - 43200, noon)
    if (height(observer, low) + below) * (height(observer, high) + below) > 0:
        return None
    while high - low > 1:
        middle = (low + high) / 2
        if (height(observer, middle) > -below) == setting:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def greenwich(observer, day, setting):
    """astral's own sunrise() and sunset(), where its date is ours; None when there is none."""
    date = EPOCH.date() + dt.timedelta(days=day)
    try:
        found = (sun.sunset if setting else sun.sunrise)(observer, date)
    except ValueError:
        return None
    return (found - EPOCH).total_seconds()
