"""Alarms that the pole file declares: watched once a second, kept as events, told by points and by who asks.

The rules are protocol/alarm.py's. An event is a new state of an alarm: its number, when it came, how old the value was
by then. The last ones stay in RAM; an MQTT uplink sends them one by one and remembers how far it came, the console
lists them. An alarm is named by its place in the pole file, from 1. Writing it to `alarm.acknowledge` acknowledges it,
0 all of them; `node.maintenance` (services/maintenance.py) holds new ones back.
---
title_zh = "告警"
section = "alarm"
tool = "alarms"
capability = "alarm"
points = ["critical", "major", "minor", "info", "unacknowledged", "events", "last", "last_state", "last_reason",
  "acknowledge"]
"""

from pole import clock, seldom
from pole.errors import OUT_OF_RANGE, PoleError
from pole.log import INFO, WARN
from pole.protocol import alarm
from pole.store import decimal

_EVENTS = 16
_ALARM = 6  # protocol/lamp_order.py


class Service:
    """`seq`: the number of the last event, from 1."""

    def __init__(self, pole, options):
        self.pole = pole
        self.store = pole.store
        self.core = alarm.Alarms(options["rows"])
        self.seq = 0
        self._events = [(0, 0, 0, -1, None)] * _EVENTS  # (alarm, state, uptime, age of its value or -1, raw or None)
        self._work = self.store.find("node.maintenance")
        self._lit = None
        i = self.store.find("alarm.acknowledge")
        if i >= 0:
            self.store.own(i, self._acknowledge)
            self.store.put(i, 0)
        self._tell(0, 0, 0)
        pole.alarms = self

    def settle(self):
        return [self.core]

    def step(self):
        """Look at every alarm once."""
        now, core, store = clock.uptime_s(), self.core, self.store
        held = self._work >= 0 and store.raw(self._work) != 0
        for k in range(len(core.rows)):
            i = core.rows[k][alarm.PLACE]
            state = core.step(k, now, store.valid(i), store.raw(i), held)
            if state >= 0:
                self._happened(k, state, now)

    def _happened(self, k, state, now):
        row, store = self.core.rows[k], self.store
        i = row[alarm.PLACE]
        age = now - store.at(i) if store.at(i) >= 0 else -1
        self.seq += 1
        event = k, state, now, age, store.raw(i) if store.valid(i) else None
        self._events[self.seq % _EVENTS] = event
        self._tell(k + 1, state, row[alarm.CONDITION])
        self._light()
        self.pole.log.add(
            WARN if state == alarm.RAISED else INFO,
            "alarm",
            "%d %s %s" % (k + 1, store.name(i), alarm.STATES[state]),
        )

    def _tell(self, *last):
        """The points: how many of each severity, and the last event."""
        counts, unseen, core = [0, 0, 0, 0], 0, self.core
        for k in range(len(core.rows)):
            counts[core.rows[k][alarm.FLAGS] & alarm.SEVERITY] += core.active(k)
            unseen += core.state[k] == alarm.RAISED or core.state[k] == alarm.ENDED
        told = list(zip(alarm.SEVERITIES, counts))
        told += zip(("last", "last_state", "last_reason"), last)
        for name, raw in told + [("unacknowledged", unseen), ("events", self.seq)]:
            i = self.store.find("alarm." + name)
            if i >= 0:
                self.store.put(i, raw)

    def _light(self):
        """The brightest level that an active alarm is linked to."""
        core = self.core
        levels = [row[alarm.LEVEL] for k, row in enumerate(core.rows) if core.active(k)]
        level = max(levels + [-1])
        if level != self._lit:
            self._lit = level
            for lamp in self.pole.lamps:
                lamp.bid(_ALARM, level if level >= 0 else None)

    def _acknowledge(self, raw, source):
        rows = self.core.rows
        if raw > len(rows):
            raise PoleError(OUT_OF_RANGE, "alarm.acknowledge")
        self.pole.log.add(INFO, "alarm", "%d acknowledged by %s" % (raw, source))
        self.store.put(self.store.find("alarm.acknowledge"), raw)
        for k in range(raw - 1, raw) if raw else range(len(rows)):
            state = self.core.acknowledge(k)
            if state >= 0:
                self._happened(k, state, clock.uptime_s())

    def at(self, n):
        """Uptime of event n, if it is still kept."""
        return self._events[n % _EVENTS][2]

    def event(self, n):
        """(number, JSON bytes) of event n, or of the oldest that is still kept; of the last when n is behind it."""
        from pole.protocol import alarm_event  # seldom happens one

        n = min(max(n, self.seq - _EVENTS + 1), self.seq)
        event, store = self._events[n % _EVENTS], self.store
        row, raw = self.core.rows[event[0]], event[4]
        i = row[alarm.PLACE]
        value = None if raw is None else decimal(raw, store.decimals(i), store.kind(i))
        said = alarm_event.text(n, event, row, store.name(i), value, store.unit(i), clock.iso(clock.wall(event[2])))
        seldom.forget(alarm_event)
        return n, said.encode()
