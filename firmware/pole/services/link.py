"""Leads the uplinks: what goes by which link, what to do about one that stays down, and how each of them is.

The rules are protocol/link_policy.py's and protocol/recovery.py's. An uplink that is led has `up`, `allowed` (which is
written here), `reason` (enum link_reason), `connects`, `bytes_up`, `bytes_down`, `success` (uptime), and may have
`recover(step)`, `offers` (bits of steps) and `budget` (protocol/byte_budget.py).
---
title_zh = "链路管理"
section = "link"
capability = "link"
points = ["state", "reason", "connected_time", "connects", "bytes_sent", "bytes_received", "last_success", "enabled"]

[options.hold_down_s]
type = "int"
default = 60
low = 1
high = 3600
unit = "s"
en = "A better link that comes back must stay up so long before it is used again; longer if it fell often"
zh = "更优链路恢复后须稳定多久才切回；频繁中断时加倍"

[options.fall_s]
type = "int"
default = 20
low = 0
high = 600
unit = "s"
en = "The best link may be away so long before the next one is used"
zh = "最佳链路中断多久后切换"

[options.reboot_after_h]
type = "int"
default = 24
low = 0
high = 720
unit = "h"
en = "Restart the pole when no link was up for so long; 0: never"
zh = "全部链路中断多久后重启；0 表示从不"
"""

import random

from pole import clock
from pole.log import INFO, WARN
from pole.protocol import recovery
from pole.protocol.link_policy import NAMES, Link, Policy

_OFF, _CONNECTING, _UP, _WAITING = 0, 2, 3, 5
_STEPS = "reconnect", "attach again", "restart the modem", "power-cycle the modem"
_WORDS = (
    ("AuthError", 5),
    ("certificate", 6),
    ("time", 7),
    ("-202", 2),
    ("MemoryError", 13),
    ("111", 4),
    ("ECONNREFUSED", 4),
)
_FIELDS = (
    "state",
    "reason",
    "connected_time",
    "connects",
    "bytes_sent",
    "bytes_received",
    "last_success",
    "enabled",
)


def _reason(uplink):
    """The code of enum link_reason. An uplink may have a code, or the text of its last error."""
    if not isinstance(uplink.reason, str):
        return uplink.reason
    for word, code in _WORDS:
        if word in uplink.reason:
            return code
    return 8 if uplink.connects else 3  # it was there once, or nobody answered yet


class Service:
    """`policy`: the Policy; `places`: of its links among the uplinks of the pole file."""

    def __init__(self, pole, options):
        self.pole = pole
        self.places = [row[0] for row in options["links"]]
        links = [Link(class_, cost, latency) for _, class_, cost, _, latency in options["links"]]
        self.policy = Policy(links, options["hold_down_s"], options["fall_s"], clock.uptime_s())
        self._ladders = [recovery.Ladder(0, random.getrandbits) for _ in links]
        self._last = recovery.Last(3600 * options["reboot_after_h"])
        self._points = [[self._find(place, name) for name in _FIELDS] for place in self.places]
        for k in range(len(links)):
            self._own(k)

    def _find(self, place, name):
        return self.pole.store.find("link.%d.%s" % (place, name) if place else "link." + name)

    def _own(self, k):
        i = self._points[k][-1]
        if i >= 0:
            self.pole.store.own(i, lambda raw, source: self._enable(k, raw, source))
            self.pole.store.put(i, 1)

    def _enable(self, k, raw, source):
        self.policy.links[k].enabled = bool(raw)
        self.pole.log.add(INFO, "link", "%d %s by %s" % (self.places[k], "on" if raw else "off", source))
        self.pole.store.put(self._points[k][-1], raw)

    def step(self):
        self.lead(clock.uptime_s())

    def lead(self, now):
        policy, uplinks = self.policy, self.pole.links
        for k in range(len(self.places)):
            uplink = uplinks.get(self.places[k])  # None: it could not be built yet
            policy.tell(k, uplink is not None and uplink.up, now)
            budget = getattr(uplink, "budget", None)
            policy.links[k].exhausted = budget is not None and not budget.allows(0)
        if policy.step(now):
            best = policy.best
            said = "none" if best < 0 else "%d (%s)" % (self.places[best], NAMES[policy.links[best].rank[0]])
            self.pole.log.add(WARN if best < 0 else INFO, "link", "best link: " + said)
        for k in range(len(self.places)):
            uplink = uplinks.get(self.places[k])
            if uplink is not None:
                uplink.allowed = policy.links[k].allowed
                self._recover(k, uplink, now)
            self._tell(k, uplink, now)
        if self._last.step(any(link.up for link in policy.links), now) == recovery.REBOOT:
            self.pole.log.add(WARN, "link", "none for long: restart")
            self.pole.restart()

    def _recover(self, k, uplink, now):
        ladder, link = self._ladders[k], self.policy.links[k]
        ladder.offers = getattr(uplink, "offers", 0)
        step = ladder.step(link.up or not link.enabled, now)
        if step >= 0:
            self.pole.log.add(WARN, "link", "%d stays down: %s" % (self.places[k], _STEPS[step]))
            uplink.recover(step)

    def _tell(self, k, uplink, now):
        link, store = self.policy.links[k], self.pole.store
        state = _UP if link.up else _CONNECTING if link.enabled else _OFF
        if uplink is None:
            values = (_WAITING, 0, 0, 0, 0, 0, -1)
        else:
            ago = now - uplink.success if uplink.success >= 0 else -1
            since = now - link.since if link.up else 0
            reason = 0 if link.up else _reason(uplink)
            values = (state, reason, since, uplink.connects, uplink.bytes_up, uplink.bytes_down, ago)
        places = self._points[k]
        for n in range(len(values)):
            if places[n] >= 0 and values[n] >= 0:
                store.put(places[n], values[n])
