"""The lighting programme: sun, calendar, profile, photocell and presence, without any network.

What it wants of a lamp it bids for (services/lighting.py has the last word), once a second. When it fails itself, the
lamps get the failure level. It is loaded only on poles whose file has a `[lighting]` section, and its options are the
keys of that section; `[[lighting.programme]]`, `[lighting.groups]` and `[lighting.scenes]` come compiled.
---
title_zh = "照明策略"
section = "lighting"
requires_capability = "lamp"
capability = "lamp"
points = ["failure_level", "automatic", "scene", "node.identify"]

[options.failure_level]
type = "float"
default = 100.0
low = 0
high = 100
unit = "%"
en = "Level while the time is unknown and no photocell helps"
zh = "时间未知且无光控时的安全亮度"

[options.stagger]
type = "int"
default = 30
low = 0
high = 600
unit = "s"
en = "Poles of a street switch within so many seconds, each at its own moment; after a power cut, too, if power_on_level = 0"
zh = "同一街道的灯杆在该秒数内错开动作，时刻由杆号决定；power_on_level 为 0 时来电后同样错开"

[options.remote_ends]
type = "enum"
default = "switching"
values = ["switching", "step", "time", "never"]
en = "A remote level ends when the programme switches on or off, at its next change of level, after remote_time, or never"
zh = "远程设定结束于：策略开关灯、策略下一次变化、remote_time 之后，或永不"

[options.remote_time]
type = "int"
default = 3600
low = 10
high = 604800
unit = "s"
en = "Life of a remote level, with remote_ends = \\"time\\""
zh = "远程设定的有效时间（remote_ends 为 time 时）"

[options.remote_priority]
type = "list"
default = ["console", "mqtt", "modbus"]
en = "Who sets levels, the strongest first: a weaker one is refused while a stronger one's level rules"
zh = "远程来源的优先级，强者在前：强者的设定有效时，弱者被拒绝"

[options.photocell]
type = "str"
default = "photocell.illuminance"
en = "Point with the illuminance, lx; without such a point the sun alone decides"
zh = "光照度测点（lx）；没有该测点时仅按日出日落"

[options.dark_below]
type = "int"
default = 20
low = 1
high = 10000
unit = "lx"
en = "The photocell says dark below"
zh = "低于此值为天黑"

[options.light_above]
type = "int"
default = 40
low = 1
high = 10000
unit = "lx"
en = "The photocell says light above"
zh = "高于此值为天亮"

[options.photocell_delay]
type = "int"
default = 60
low = 0
high = 1800
unit = "s"
en = "For so long before it counts: a passing cloud or headlight does not"
zh = "持续该时间才生效，避免云影或车灯误动"

[options.dark_early]
type = "int"
default = 60
low = 0
high = 180
unit = "min"
en = "The photocell may light the lamp so much before the programme does, and keep it so much after; 0: never"
zh = "光控最多可提前开灯、延后关灯的时间；0 为不允许"

[options.light_late]
type = "int"
default = 0
low = 0
high = 60
unit = "min"
en = "The photocell may keep the lamp off so much after the programme says on, and put it off so much before; 0: never"
zh = "光控最多可推迟开灯、提前关灯的时间；0 为不允许"

[options.photocell_level]
type = "float"
default = 100.0
low = 0
high = 100
unit = "%"
en = "Level in the dark while the time is unknown"
zh = "时间未知时光控开灯的亮度"

[options.presence]
type = "str"
default = "traffic.presence"
en = "Point that says that somebody is there"
zh = "表示有人或有车的测点"

[options.presence_level]
type = "float"
default = 0.0
low = 0
high = 100
unit = "%"
en = "Level while somebody is there, if the lamp is lit and that is more; 0: no boost"
zh = "感应到人或车且灯已亮时提升到的亮度；0 为不提升"

[options.presence_hold]
type = "int"
default = 60
low = 1
high = 3600
unit = "s"
en = "For so long after nobody is there any more"
zh = "人或车离开后的保持时间"
"""

from pole import clock, errors, seldom
from pole.protocol import daylight
from pole.protocol.photocell import Photocell
from pole.protocol.lamp_order import IDENTIFY, LOST, REMOTE

_IDENTIFY_S = 120
SWITCHING, STEP = -1, -2  # what ends a remote level, if not so many seconds; 0: nothing


# What is known of one lamp, a list: the evening's date in days since 2020-01-01, the night's plan, the level without
# presence (its changes end a remote level), and the reason under which it bids now.
DAY, PLAN, BASE, REASON = 0, 1, 2, 3


class Service:
    """options: `rows` (protocol/programme.py), `rule` and `cell` (protocol/daylight.py), `scenes` [number,
    lamps, level, ...], `shift` in seconds, `ends`, `sources`, `hold`, and the places of the points `lux` and `presence`."""

    def __init__(self, pole, options):
        self.pole = pole
        self.options = options
        self.site = pole.site["lat"], pole.site["lon"], pole.site["tz_min"]
        self.rule = options["rule"]
        self.cell = Photocell(*options["cell"])
        self.present_until = 0
        self.identify_until = 0
        self.nights = {}
        self.identify = pole.store.find("node.identify")
        if self.identify >= 0:
            pole.store.own(self.identify, self._identify)
            pole.store.put(self.identify, 0)

    def step(self):
        """Look at time, light and presence, and bid for every lamp."""
        try:
            self._look()
        except Exception:  # whatever it was: no lamp stays as it happened to be
            for lamp in self.pole.lamps:
                self._bid(lamp, self._night(lamp), self.rule[daylight.FAILURE], LOST)
                lamp.bid(IDENTIFY, None)
            raise

    def _look(self):
        up, now = clock.uptime_s(), clock.now()
        dark = self.cell.see(self._reading("lux"), up)
        if self._reading("presence"):
            self.present_until = up + self.options["hold"]
        for lamp in self.pole.lamps:
            night = self._night(lamp)
            if up < self.options["shift"] and not lamp.driver.level:
                continue  # the mains are back for the whole street: one that starts dark waits for its moment
            plan = None if now is None else self._plan(lamp, night, now)
            level, reason = daylight.decide(plan, now, dark, False, self.rule)
            self._end_remote(lamp, night, level, up)
            if up < self.present_until:
                level, reason = daylight.decide(plan, now, dark, True, self.rule)
            self._bid(lamp, night, level, reason)
            if self.identify_until:
                beat_s = 1 + min(9, lamp.driver.fade_ms // 1000)  # a gear that fades gets there first
                lamp.bid(IDENTIFY, 1000 if up // beat_s & 1 else lamp.driver.lowest)
        if 0 < self.identify_until <= up:
            self._identify(0, "")

    def _reading(self, option):
        place, store = self.options[option], self.pole.store
        return store.raw(place) if place >= 0 and store.valid(place) else None

    def _night(self, lamp):
        """What is known of this lamp. One that is new, or whose service has started again, gets its owner here."""
        if lamp.admit is None:
            lamp.admit = self._admit
            lamp.tell("failure_level", self.rule[daylight.FAILURE])
            lamp.tell("scene", 0)
            lamp.own("scene", self._scene)
            lamp.own("automatic", lambda raw, source: self._automatic(lamp, raw, source))
        if lamp.name not in self.nights:
            self.nights[lamp.name] = [None, None, None, None]
        return self.nights[lamp.name]

    def _plan(self, lamp, night, now):
        day = daylight.evening(now, self.site[2])
        if day != night[DAY]:
            from pole.protocol import programme  # with the sun, at noon

            date = clock.date(day * 86400)
            row = programme.find(self.options["rows"], _number(lamp), day, date[1] * 100 + date[2], date[6])
            night[PLAN] = programme.night(row, day, self.site, self.options["shift"]) if row else None
            night[DAY] = day
            seldom.forget(programme)
        return night[PLAN]

    def _bid(self, lamp, night, level, reason):
        if night[REASON] is not None and night[REASON] != reason:
            lamp.bids[night[REASON]] = None  # not by bid(): the lamp is to see one change, not two
        night[REASON] = reason
        lamp.bid(reason, level)
        lamp.tell("automatic", 1 if lamp.bids[REMOTE] is None else 0)

    def _end_remote(self, lamp, night, level, up):
        before, night[BASE] = night[BASE], level
        ends = self.options["ends"]
        if lamp.bids[REMOTE] is None or lamp.remote_at is None or before is None:
            return
        if ends == SWITCHING:
            over = (before == 0) != (level == 0)
        elif ends == STEP:
            over = before != level
        else:
            over = 0 < ends <= up - lamp.remote_at
        if over:
            self._release(lamp)

    def _release(self, lamp):
        lamp.bid(REMOTE, None)
        lamp.tell("scene", 0)
        lamp.tell("automatic", 1)  # who wrote it reads it back at once

    # What somebody upstream wants

    def _admit(self, lamp, source):
        """Whether `source` may set the level: not while a stronger one's rules."""
        order = self.options["sources"]
        if lamp.bids[REMOTE] is None or source not in order:
            return lamp.bids[REMOTE] is None
        return lamp.remote_by not in order or order.index(source) <= order.index(lamp.remote_by)

    def _automatic(self, lamp, raw, source):
        """1: the programme again; 0: the present level stays until somebody says otherwise."""
        if not raw:
            lamp.remote(lamp.wanted[0], source)
            lamp.remote_at = None
            lamp.tell("automatic", 0)
        elif not self._admit(lamp, source):
            raise errors.PoleError(errors.OVERRIDDEN, lamp.name)
        else:
            self._release(lamp)

    def _scene(self, number, source):
        """Every lamp to its level of the scene; 0 ends it."""
        scenes, obeyed = self.options["scenes"], False
        for lamp in self.pole.lamps:
            for k in range(0, len(scenes), 3):
                if scenes[k] == number and scenes[k + 1] >> _number(lamp) & 1:
                    lamp.remote(scenes[k + 2], source)
                    lamp.tell("scene", number)
                    obeyed = True
            if number == 0:
                self._automatic(lamp, 1, source)
                obeyed = True
        if not obeyed:
            raise errors.PoleError(errors.OUT_OF_RANGE, "scene")

    def _identify(self, raw, source):
        self.identify_until = clock.uptime_s() + _IDENTIFY_S if raw else 0
        self.pole.store.put(self.identify, 1 if raw else 0)
        for lamp in () if raw else self.pole.lamps:
            lamp.bid(IDENTIFY, None)


def _number(lamp):
    """The instance of a lamp: 0 of `lamp`, 1 of `lamp.1`."""
    return int(lamp.name.split(".")[1]) if "." in lamp.name else 0
