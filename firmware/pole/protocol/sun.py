"""When the sun rises and sets, by integers and single precision, within a minute from the equator to the polar circles.

Source: The Astronomical Almanac, section C, "Low precision formulas for the Sun" (0.01 degrees from 1950 to 2050);
rise and set are the upper limb behind 34' of refraction: the centre 50' below the horizon. Civil twilight is the
centre 6 degrees below, without refraction. Each event is refined once with the sun's place at its own moment.
Angles that grow with the years are integers: a board's float has 24 bits, and a year alone takes 19 of them.
"""

import math

HORIZON = 833  # thousandths of a degree below the horizon
CIVIL = 6000

NEVER_DARK = -1  # the sun stays above that height for this day
NEVER_LIGHT = -2  # it stays below

_RAD = math.pi / 180


def _place(minute):
    """(equation of time in minutes, sine of the declination) at `minute` since 2020-01-01 UTC."""
    # J2000 is 7304.5 days before. Microdegrees, exactly; the day's motion is 985647.4 and 985600.28 of them.
    mean = (280460000 + (minute + 10518480) * 9856474 // 14400) % 360000000 / 1000000
    g = (357528000 + (minute + 10518480) * 98560028 // 144000) % 360000000 / 1000000 * _RAD
    spare = 1.915 * math.sin(g) + 0.02 * math.sin(2 * g)  # true longitude - mean longitude
    true = (mean + spare) * _RAD
    tilt = 23.436 * _RAD  # of 2030; it loses 0.0001 degrees in a year
    ascension = math.atan2(math.cos(tilt) * math.sin(true), math.cos(true)) / _RAD
    equation = (mean - ascension + 180) % 360 - 180
    return 4 * equation, math.sin(tilt) * math.sin(true)


def event(day, latitude, longitude, below, setting):
    """Seconds since 2020-01-01 UTC at which the sun's centre passes `below` on `day`; NEVER_DARK or NEVER_LIGHT.

    latitude, longitude: microdegrees, north and east positive. below: HORIZON, CIVIL or other thousandths of a degree.
    setting: after the transit, else before. `day` counts from 2020-01-01 by mean solar time of the place.
    """
    lat = latitude / 1000000 * _RAD
    height = math.sin(-below / 1000 * _RAD)
    base = day * 86400 + 43200 - longitude * 240 // 1000000
    at = 0  # seconds after `base`, the mean sun's noon
    for _ in range(3):
        equation, sine = _place((base + at) // 60)
        angle = (height - math.sin(lat) * sine) / (math.cos(lat) * math.sqrt(1 - sine * sine))
        if angle >= 1:
            return NEVER_LIGHT
        if angle <= -1:
            return NEVER_DARK
        half = math.acos(angle) / _RAD * 240
        at = int((half if setting else -half) - 60 * equation + 0.5)
    return base + at
