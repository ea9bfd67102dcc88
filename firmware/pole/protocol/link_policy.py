"""Which message goes by which link. Pure: it is told the time and who is up.

A link has a class, a cost, a daily budget and a latency; the best one is of the lowest class, then cost, then latency.
The best link that is up is used, with two brakes. A link that was lost is left after `fall_s`, not before: a hiccup
is none. A better link that comes back must stay up for `hold_s` before it is used again, twice as long for each time
it fell within the last hour, at most sixteen times. Only where no other link is up, one is used at once.

`allowed` of a link is what it may carry now, a bit for each class of a journal's records (codec/record.py) and LIVE:

    alarms               every link
    answers              every link but those for emergencies: they go back by the way the command came
    losses, telemetry    the best link, if it is wide or medium
    log                  the best link, if it is wide
    live                 the best link, unless it is for emergencies
"""

from pole.codec import record

WIDE, MEDIUM, NARROW, EMERGENCY = range(4)
NAMES = "wide", "medium", "narrow", "emergency"
LIVE = 5
EVERYTHING = 63
_ALWAYS = 1 << record.ALARM | 1 << record.ANSWER
_BEST = (
    EVERYTHING,
    EVERYTHING & ~(1 << record.LOG),
    _ALWAYS | 1 << LIVE,
    1 << record.ALARM,
)
_OTHERS = (_ALWAYS, _ALWAYS, _ALWAYS, 1 << record.ALARM)
_HOUR = 3600
_MOST = 4  # doublings


class Link:
    """What the policy knows of one uplink."""

    def __init__(self, class_, cost=0, latency_s=0):
        self.rank = class_, cost, latency_s
        self.up = False
        self.since = 0  # when that changed
        self.fell = False
        self.falls = 0  # within an hour of the first
        self.first_fall = 0
        self.enabled = True
        self.exhausted = False  # its budget: alarms only
        self.allowed = 0

    def hold(self, hold_s, now):
        """How long it must be up before it is trusted."""
        if not self.fell:
            return 0
        if self.falls and now - self.first_fall > _HOUR:
            self.falls = 0
        return hold_s << min(max(self.falls - 1, 0), _MOST)


class Policy:
    """`links` in the order of the pole file. `best`: the number of the link in use, -1 for none."""

    def __init__(self, links, hold_s, fall_s, now=0):
        self.links = links
        self.hold_s = hold_s
        self.fall_s = fall_s
        self.switches = 0
        self._order = sorted(range(len(links)), key=lambda k: links[k].rank)
        for link in links:
            link.since = now
        self.best = self._order[0]  # it has `fall_s` from the start to come up

    def tell(self, k, up, now):
        """Link k is up or down at `now` (s)."""
        link = self.links[k]
        up = up and link.enabled
        if up == link.up:
            return
        link.up = up
        link.since = now
        if not up:
            link.fell = True
            if not link.falls or now - link.first_fall > _HOUR:
                link.falls, link.first_fall = 0, now
            link.falls += 1

    def step(self, now):
        """Choose; True when another link is the best now."""
        before = self.best
        self.best = self._choose(now)
        self.switches += before != self.best
        for k in range(len(self.links)):
            link = self.links[k]
            class_ = link.rank[0]
            if not link.enabled:
                link.allowed = 0
            elif link.exhausted:
                link.allowed = 1 << record.ALARM
            else:
                link.allowed = (_BEST if k == self.best else _OTHERS)[class_]
        return before != self.best

    def _choose(self, now):
        first, last = -1, -1
        for k in self._order:
            link = self.links[k]
            if link.exhausted or not link.enabled:
                continue
            if k == self.best and not link.up and now - link.since < self.fall_s:
                last = k  # perhaps it comes back at once
            if link.up:
                if first < 0:
                    first = k
                if k == self.best or now - link.since >= link.hold(self.hold_s, now):
                    return k if last < 0 else last
        if last >= 0:
            return last
        return first
