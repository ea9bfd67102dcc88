"""A lamp's level without anybody's word: programme, photocell and presence, or what is left of them.

The order is that of protocol/lamp_order.py. Levels are tenths of a per cent, times seconds. What a pole file declares is
a tuple (a class would cost a board more than all its values), the host's conf/lighting.py makes it:

    FAILURE     level without time and photocell
    ALONE       level in the dark without time
    EARLY_S     so much the photocell may lengthen a night at both ends
    LATE_S      so much it may shorten it
    BOOST       level while somebody is there, 0: none
"""

from pole.protocol.lamp_order import LOST, PHOTOCELL, PRESENCE, PROGRAMME

# Places of a night's plan, a list of seconds since 2020-01-01 UTC and levels; behind them a moment and a level per step
ON, OFF, LEVEL, STEPS = 0, 1, 2, 3

FAILURE, ALONE, EARLY_S, LATE_S, BOOST = 0, 1, 2, 3, 4


def evening(now, zone_min):
    """The night of `now` (seconds since 2020-01-01 UTC): its evening's date, in days since 2020-01-01."""
    return (now + zone_min * 60 - 43200) // 86400


def profile(plan, now):
    """The level that the steps say for `now`, lit or not."""
    level, latest = plan[LEVEL], -1
    for k in range(STEPS, len(plan), 2):
        if latest <= plan[k] <= now:
            latest, level = plan[k], plan[k + 1]
    return level


def lit(plan, now):
    return plan[ON] <= now < plan[OFF]


def decide(plan, now, dark, present, rule):
    """(level, reason). plan: the night's, None when no row rules it; now: None while the time is unknown."""
    if now is None or plan is None:
        if dark is None or plan is None and now is not None:
            level, reason = rule[FAILURE], LOST
        else:
            level, reason = rule[ALONE] if dark else 0, PHOTOCELL
    else:
        level, reason = _by_time(plan, now, dark, rule)
    if present and 0 < level < rule[BOOST]:
        return rule[BOOST], PRESENCE
    return level, reason


def _by_time(plan, now, dark, rule):
    if lit(plan, now):
        level = profile(plan, now)
        if dark is False and level and (now < plan[ON] + rule[LATE_S] or now >= plan[OFF] - rule[LATE_S]):
            return 0, PHOTOCELL
        return level, PROGRAMME
    if dark and plan[ON] < plan[OFF] and plan[ON] - rule[EARLY_S] <= now < plan[OFF] + rule[EARLY_S]:
        return profile(plan, min(max(now, plan[ON]), plan[OFF] - 1)), PHOTOCELL
    return 0, PROGRAMME
