"""Watches every lamp by what it draws: failure, day-burner, dimming failure, wrong power, flicker, a relay that sticks.

The rules are protocol/lamp_health.py's. Power and voltage are those of the lamp's own points, else of the meter of the
same instance (`meter` for `lamp`, `meter.1` for `lamp.1`), else of those that `meters` names. What is learned is kept,
and written once a day. A point that the lamp's driver serves itself is left to it.
---
title_zh = "灯具诊断"
requires_capability = "lamp"
on_request = true
capability = "lamp"
points = ["failure", "dimming_failure", "relay_failure", "day_burner", "flicker", "power_fault", "power_expected", "learn"]

[options.meters]
type = "list"
default = []
en = "The meter of each lamp, in their order: \\"meter\\", \\"meter.1\\"; empty: the one of the same instance"
zh = "各灯对应的电表，按灯的次序；不填则取同实例"

[options.nominal]
type = "float"
default = 0
low = 0
high = 6500
unit = "W"
en = "Power at full light, where it is known: a lamp that is wrong from the first day is found; 0: learned"
zh = "满光功率；已知时填写，可发现安装时即异常的灯；0 为自学习"

[options.deviation]
type = "int"
default = 20
low = 5
high = 80
unit = "%"
en = "Further from the learned power than this is a fault"
zh = "偏离学习功率超过该比例为异常"

[options.confirm_s]
type = "int"
default = 120
low = 10
high = 3600
unit = "s"
en = "A verdict changes after so long; three measurements at least"
zh = "判定确认时间（至少三次测量）"

[options.warm_up_s]
type = "int"
default = 60
low = 0
high = 1800
unit = "s"
en = "After switching on, and after a dip of the mains; 600 for discharge lamps"
zh = "开灯及电压跌落后的预热时间；气体放电灯取 600"

[options.settle_s]
type = "int"
default = 15
low = 0
high = 600
unit = "s"
en = "After a change of level, beyond its fade"
zh = "调光后的稳定时间"

[options.least]
type = "float"
default = 3.0
low = 0
high = 100
unit = "W"
en = "A lit lamp that is not learned yet draws more"
zh = "未学习前亮灯的最小功率"

[options.standby]
type = "float"
default = 8.0
low = 0
high = 100
unit = "W"
en = "A lamp that is off and not learned yet draws less"
zh = "未学习前关灯的最大功率"

[options.voltage_low]
type = "int"
default = 190
low = 0
high = 1000
unit = "V"
en = "Below it nothing is judged or learned"
zh = "低于该电压不判定、不学习"

[options.voltage_high]
type = "int"
default = 253
low = 0
high = 1000
unit = "V"
en = "Above it nothing is judged or learned"
zh = "高于该电压不判定、不学习"

[options.behind_relay]
type = "bool"
default = false
en = "The voltage is measured behind the lamp's relay: tells a relay from a lamp"
zh = "电压在继电器之后测量：可区分继电器与灯具故障"
"""

from pole import clock, seldom
from pole.log import INFO, WARN
from pole.protocol import lamp_health

_DAY_S = 86400
_NAMES = ("failure", "dimming_failure", "day_burner", "power_fault", "flicker", "relay_failure")  # by bit


class Lamp:
    """One lamp, its watch, and where its points are."""

    def __init__(self, service, number, driver, names):
        pole = service.pole
        self.pole = pole
        self.service = service
        self.name = "lamp.%d" % number if number else "lamp"
        self.level = names["level_actual"]
        meter = service.meters[number] if number < len(service.meters) else "meter" + self.name[4:]
        self.power = names["power"] if "power" in names else pole.store.find(meter + ".power")
        self.volts = (
            names["voltage"]
            if "power" in names and "voltage" in names
            else pole.store.find(meter + ".voltage_a")
        )
        self.spare = pole.store.find(meter + ".power"), pole.store.find(meter + ".voltage_a")
        self.driver = driver
        self.places = [
            -1 if name in names else pole.store.find("%s.%s" % (self.name, name)) for name in _NAMES
        ]
        self.expected = pole.store.find(self.name + ".power_expected")
        self.seen = -1  # when the last measurement was made
        self.learned = self.verdict = 0
        keep = service.keep
        knots = [keep.get("%d%d" % (number, k)) for k in range(lamp_health.KNOTS)]
        if service.nominal and not any(knots):
            from pole.protocol import lamp_lesson

            knots = lamp_lesson.nominal(service.nominal)
            seldom.forget(lamp_lesson)
        self.number = number
        self.watch = lamp_health.Watch(knots, service.rule)
        learn = pole.store.find(self.name + ".learn")
        if learn >= 0:
            pole.store.own(learn, self._learn)
            pole.store.put(learn, 0)

    def _learn(self, raw, source):
        """Another lamp hangs there."""
        if raw:
            self.pole.log.add(INFO, self.name, "power is learned anew, asked by " + source)
            self.watch = lamp_health.Watch([0] * lamp_health.KNOTS, self.service.rule)
            self._keep()

    def _keep(self):
        for k, value in enumerate(self.watch.knots):
            self.service.keep.set("%d%d" % (self.number, k), value)

    def step(self, now):
        store, watch = self.pole.store, self.watch
        if getattr(self.driver, "absent", 0) & 2 and self.spare[0] >= 0:  # a DALI gear that measures no power
            self.power, self.volts = self.spare
        if store.valid(self.level):
            watch.look(now, store.raw(self.level))
        at = store.at(self.power)
        if at == self.seen or not store.valid(self.power) or not store.valid(self.level):
            return
        self.seen = at
        volts = store.raw(self.volts) if self.volts >= 0 and store.valid(self.volts) else None
        watch.sample(at, store.raw(self.power), volts)
        self._tell()
        if watch.learned - self.learned >= 6:  # an hour's lessons
            self.learned = watch.learned
            self._keep()

    def _tell(self):
        """Whatever was judged so far; a lamp that failed at night has still failed by day."""
        store, watch = self.pole.store, self.watch
        verdict, known = watch.verdict, watch.known
        if getattr(self.driver, "switched", 0) and not self.service.rule.behind and known & lamp_health.BURNER:
            known |= lamp_health.RELAY  # it is off, and its relay should be, too
            verdict |= lamp_health.RELAY if verdict & lamp_health.BURNER else 0
        for n in range(lamp_health.VERDICTS):
            if self.places[n] >= 0 and known >> n & 1:
                store.put(self.places[n], verdict >> n & 1)
        if self.expected >= 0 and watch.expected >= 0:
            store.put(self.expected, watch.expected)
        changed, self.verdict = verdict ^ self.verdict, verdict
        for n in range(lamp_health.VERDICTS):
            if changed >> n & 1:
                on = verdict >> n & 1
                self.pole.log.add(
                    WARN if on else INFO, self.name, "%s %s" % (_NAMES[n], "found" if on else "gone")
                )


class Service:
    def __init__(self, pole, options):
        self.pole = pole
        self.meters = options["meters"]
        self.nominal = int(options["nominal"] + 0.5)
        self.rule = lamp_health.Rule(
            options["deviation"], options["confirm_s"], options["settle_s"], options["warm_up_s"],
            int(options["least"] * 10), int(options["standby"] * 10), 10 * options["voltage_low"],
            10 * options["voltage_high"], options["behind_relay"],
        )  # fmt: skip
        self.keep = pole.keep("health", _DAY_S)
        self.lamps = []
        self._found = []

    def look(self):
        """New lamps among the built peripherals."""
        for driver, names in self.pole.drivers("lamp"):
            if driver not in self._found and "level_actual" in names:
                self._found.append(driver)
                words = self.pole.store.name(names["level_actual"]).split(".")
                lamp = Lamp(self, int(words[1]) if len(words) == 3 else 0, driver, names)
                if lamp.power >= 0:
                    self.lamps.append(lamp)
                else:
                    self.pole.log.add(WARN, lamp.name, "nobody measures its power")

    def settle(self):
        Service.look = None
        return self.lamps + [self.rule]

    def step(self):
        now = clock.uptime_s()
        for lamp in self.lamps:
            lamp.step(now)
        self.keep.step()
