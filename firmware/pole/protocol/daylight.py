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
_BLIND_S = 120  # a photocell that says nothing for so long has no say


class Photocell:
    """Dark or not, with hysteresis: below `on_lux` for `delay_s` it gets dark, above `off_lux` it gets light."""

    def __init__(self, on_lux, off_lux, delay_s):
        self.on_lux = on_lux
        self.off_lux = off_lux
        self.delay_s = delay_s
        self.dark = None  # None: not known
        self._seen = 0  # uptime of the last reading
        self._since = None  # uptime of the first reading that says otherwise

    def see(self, lux, uptime):
        """A reading, or None when there is none. `dark` afterwards."""
        if lux is None:
            self._since = None
            if uptime - self._seen >= _BLIND_S:
                self.dark = None
            return self.dark
        self._seen = uptime
        if self.dark is None:
            self.dark = lux < self.off_lux  # in doubt there is light
        if not (lux > self.off_lux if self.dark else lux < self.on_lux):
            self._since = None
            return self.dark
        if self._since is None:
            self._since = uptime
        if uptime - self._since >= self.delay_s:
            self.dark = not self.dark
            self._since = None
        return self.dark


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
