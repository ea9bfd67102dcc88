"""A lamp's level without anybody's word: programme, photocell and presence, or what is left of them.

The order is that of protocol/lamp_order.py. Levels are tenths of a per cent, times seconds. What a pole file declares is
a tuple (a class would cost a board more than all its values), the host's conf/lighting.py makes it:

    FAILURE     level without time and photocell
    ALONE       level in the dark without time
    EARLY_S     so much the photocell may lengthen a night at both ends
    LATE_S      so much it may shorten it
    BOOST       level while somebody is there, 0: none
"""

from pole.protocol import programme
from pole.protocol.lamp_order import LOST, PHOTOCELL, PRESENCE, PROGRAMME
from pole.protocol.programme import OFF, ON

FAILURE, ALONE, EARLY_S, LATE_S, BOOST = 0, 1, 2, 3, 4


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
    if programme.lit(plan, now):
        level = programme.profile(plan, now)
        if dark is False and level and (now < plan[ON] + rule[LATE_S] or now >= plan[OFF] - rule[LATE_S]):
            return 0, PHOTOCELL
        return level, PROGRAMME
    if dark and plan[ON] < plan[OFF] and plan[ON] - rule[EARLY_S] <= now < plan[OFF] + rule[EARLY_S]:
        return programme.profile(plan, min(max(now, plan[ON]), plan[OFF] - 1)), PHOTOCELL
    return 0, PROGRAMME
