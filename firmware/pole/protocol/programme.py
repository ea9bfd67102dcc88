"""What the lighting programme says: which of its rows rules a night, when it switches, and to which level.

A night goes from noon to noon of the pole's own standard time and has the date of its evening. A row is a flat list of
integers, compiled by the host (conf/lighting.py) from `[[lighting.programme]]`:

    lamps       bit n: it rules lamp instance n
    weekdays    bit 0: the evening of a Monday, ... bit 6: of a Sunday
    n, then n times first and last date: month * 100 + day of any year, or days since 2020-01-01; n = 0: every date
    on, off     each as reference and minutes: CLOCK, minutes after the midnight before the evening; else an offset
                to the sun's event
    level       of the lamp from `on` to `off`, tenths of a per cent
    then any number of times reference, minutes, level: the level from that moment on

The first row that fits rules. The lamp is lit from `on` to `off`; its level is that of the latest step that has
passed, even if it passed before `on`. A row is asked once a night; the plan is then read by protocol/daylight.py.
"""

from pole.protocol import sun

CLOCK, SUNSET, SUNRISE, DUSK, DAWN = 0, 1, 2, 3, 4
_YEARLY = 1231  # up to here it is month and day; as a day since 2020 that is in 2023, and past


def find(rows, lamp, day, mmdd, weekday):
    """The row that rules `lamp` in the night of `day`, or None. `mmdd`, `weekday` (Monday 0): of that date."""
    for row in rows:
        if row[0] >> lamp & 1 and row[1] >> weekday & 1 and _dated(row, day, mmdd):
            return row
    return None


def _dated(row, day, mmdd):
    for k in range(3, 3 + 2 * row[2], 2):
        first, last = row[k], row[k + 1]
        if first > _YEARLY:
            fits = first <= day <= last
        elif first <= last:
            fits = first <= mmdd <= last
        else:  # over the end of the year
            fits = mmdd >= first or mmdd <= last
        if fits:
            return True
    return row[2] == 0


def night(row, day, site, shift):
    """The plan of a night: [on, off, level, then moment and level of each step].

    site: (latitude, longitude in microdegrees, minutes of the zone). shift: seconds by which this pole is later than
    its neighbours, so that a street is not switched at once.
    """
    at = 3 + 2 * row[2]
    on, off = _moment(row, at, day, site), _moment(row, at + 2, day, site) + shift
    noon = day * 86400 - site[2] * 60 + 43200
    # What is lit from noon to noon goes on into the next night: no gap of `shift` at noon.
    plan = [on + shift if on > noon else on, min(off, noon + 86400), row[at + 4]]
    for k in range(at + 5, len(row), 3):
        plan.append(_moment(row, k, day, site) + shift)
        plan.append(row[k + 2])
    return plan


def _moment(row, k, day, site):
    reference, minutes = row[k], row[k + 1]
    midnight = day * 86400 - site[2] * 60
    if reference == CLOCK:
        return midnight + minutes * 60
    setting = reference == SUNSET or reference == DUSK
    below = sun.HORIZON if reference <= SUNRISE else sun.CIVIL
    # The sun's date is that of the place's own mean time, which is up to a day from its zone's.
    solar = day + (site[1] * 240 // 1000000 - site[2] * 60 + 43200) // 86400
    found = sun.event(solar if setting else solar + 1, site[0], site[1], below, setting)
    if found == sun.NEVER_LIGHT:  # on from noon to noon
        return midnight + (43200 if setting else 129600)
    if found == sun.NEVER_DARK:  # off before it is on
        return midnight + (129600 if setting else 43200)
    return found + minutes * 60
