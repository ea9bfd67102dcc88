"""Kilowatt-hours that survive power cuts, by tariff, for each meter.

Where the energy comes from, best first: the meter's own register (point `energy` of its driver), the pulses of a
metering chip (`driver.drawn()`, 0.1 Wh since the start), its power over time. What a meter with a register counted
while the pole was off, and what is drawn while the time is unknown, goes to the tariff "unknown". Counters are kept by
pole/keep.py: a cut loses what was drawn since the last write, which is at most `write_wh` or one minute's energy,
and nothing of a meter that has a register.

A lamp whose driver has no register gets `lamp.energy`, too: by its own power, else by the meter of the same instance
(`meter.1` for `lamp.1`). A driver that learns only later whether its gear has one (DALI) takes ours as `counted`, Wh.
---
title_zh = "电能累计与分时"
requires_capability = "meter"
capability = "meter"
points = ["energy", "energy_t1", "energy_t2", "energy_t3", "energy_t4", "energy_unknown", "tariff",
  "lamp.energy"]

[options.tariffs]
type = "list"
default = []
en = "Up to four: { name, times = [\\"08:00-11:00\\"], months = [7, 8], days = [\\"mon\\"], price }; the first that fits counts"
zh = "最多四个费率：{ name, times, months, days, price }，取第一个符合的"

[options.write_min]
type = "int"
default = 15
low = 1
high = 1440
unit = "min"
en = "The counters are written to flash so often at least, when there is something new"
zh = "有变化时写入闪存的最长间隔"

[options.write_wh]
type = "int"
default = 100
low = 1
high = 100000
unit = "W.h"
en = "And as soon as so much energy is not written yet, at most once a minute"
zh = "未写入电能达到该值即写入（每分钟至多一次）"

[options.low_voltage]
type = "int"
default = 160
low = 0
high = 1000
unit = "V"
en = "And at once when a meter sees less than this on phase A: the supply is failing; 0 for never"
zh = "A 相电压低于该值时立即写入（供电将失）；0 为不用"
"""

from pole import clock
from pole.log import WARN
from pole.quality import GOOD, UNCERTAIN

_LONGEST_MS = 5000  # that a power may have to stand for
_SHOW_S = 10
_LEAST_S = 60  # between two writes, whatever happens
_REGISTER_END = 100000000  # eight digits of 0.01 kWh
_REGISTER_UNIT = 100  # of 0.1 Wh
_UNIT = 3600000  # 0.1 Wh in 0.1 W ms
_TARIFFS = ("u", "t1", "t2", "t3", "t4")  # names in the kept record; energies in 0.1 Wh


class Account:
    """One meter: what it drew, by tariff. `names`: its driver's points by short name."""

    def __init__(self, pole, driver, names, options):
        self.store = pole.store
        self.log = pole.log
        first = pole.store.name(min(names.values()))
        self.prefix = first.rsplit(".", 1)[0]
        keep = ("energy" + self.prefix).replace("meter", "")
        self.kept = pole.keep(keep, 60 * options.get("write_min", 15))
        self._drawn = getattr(driver, "drawn", None)
        self._register = names.get("energy", -1)
        self._power = names.get("power", -1)
        self._voltage = names.get("voltage_a", -1)
        self._low = options.get("low_voltage", 160) * 10
        self._write = options.get("write_wh", 100) * 10
        self._part = 0  # of a unit, by power
        self._seen = 0  # drawn() at the last step
        self._unwritten = 0
        self._failing = False
        self._away = True  # the register's next step is what it counted while we were off
        self.fresh = False
        self._places = [
            self._place(n) for n in ("energy_unknown", "energy_t1", "energy_t2", "energy_t3", "energy_t4")
        ]
        if "energy_t1" in names:  # the meter keeps its own tariffs
            self._places = [-1] * 5
        self._tariff = self._place("tariff")
        self._total = self._place("energy") if self._register < 0 else -1
        self.lamp = -1  # lamp.energy
        if self.prefix[0] == "l":
            self.lamp, self._total = self._total, -1
        self.gear = None  # the lamp's driver, where that serves lamp.energy

    def _place(self, name):
        return self.store.find("%s.%s" % (self.prefix, name))

    def step(self, tariff, ms):
        """What was drawn in the last `ms` goes to `tariff`, 0 for unknown."""
        units = self._take(ms)
        if self._away and self._register >= 0:
            tariff = 0
        if units:
            self._away = False
            self.kept.add("e", units)
            self.kept.add(_TARIFFS[tariff], units)
            self._unwritten += units
        self._save()

    def _take(self, ms):
        if self._register >= 0:
            return self._by_register()
        if self._drawn:
            now = self._drawn()
            units, self._seen = now - self._seen, now
            self.fresh = self._power < 0 or self.store.valid(self._power)
            return units
        self.fresh = self._power >= 0 and self.store.valid(self._power)
        if not self.fresh or self.store.raw(self._power) <= 0:  # what is returned is not drawn
            return 0
        part = self._part + self.store.raw(self._power) * ms
        self._part = part % _UNIT
        return part // _UNIT

    def _by_register(self):
        self.fresh = self.store.valid(self._register)
        if not self.fresh:
            return 0
        raw, last = self.store.raw(self._register), self.kept.get("r", -1)
        self.kept.set("r", raw)
        if last < 0 or raw == last:
            self._away = False
            return 0
        steps = raw - last
        if steps < 0:
            steps += _REGISTER_END
            if steps > _REGISTER_END // 100:
                self.log.add(WARN, self.prefix, "register went back: another meter")
                return 0
        return steps * _REGISTER_UNIT

    def _save(self):
        """Rarely, and in time: see the head of this file."""
        failing = self._low > 0 and self._voltage >= 0 and self._supply_fails()
        rested = clock.uptime_s() - self.kept.at >= _LEAST_S  # since the last try, good or not
        if rested and (failing and not self._failing or self._unwritten >= self._write):
            self.kept.flush()
        else:
            self.kept.step()
        if not self.kept.changed:
            self._unwritten = 0
        self._failing = failing and (self._failing or rested)

    def _supply_fails(self):
        volts = self.store.raw(self._voltage)
        return self.store.valid(self._voltage) and volts < self._low + (100 if self._failing else 0)

    def show(self, tariff, tariffs):
        """Totals into the store; uncertain while the meter does not say what it draws."""
        quality = GOOD if self.fresh else UNCERTAIN
        if self._total >= 0:
            self.store.put(self._total, self.kept.get("e") // _REGISTER_UNIT, quality)
        if self.lamp >= 0:
            self.store.put(self.lamp, self.kept.get("e") // 10, quality)
        if self.gear:
            self.gear.counted = self.kept.get("e") // 10
        for k in range(tariffs + 1 if tariffs else 0):
            if self._places[k] >= 0:
                self.store.put(self._places[k], self.kept.get(_TARIFFS[k]) // _REGISTER_UNIT, quality)
        if tariffs and self._tariff >= 0:
            self.store.put(self._tariff, tariff)


class Service:
    """Finds the meters as they are built; a step a second."""

    def __init__(self, pole, options):
        self.pole = pole
        self.options = options
        self.rows = options.get("tariffs") or []  # compiled: [tariff, months, days, from, to] each
        self.tariffs = max([row[0] for row in self.rows] or [0])
        self.offset_s = 60 * pole.site.get("tz_min", 0)
        self.accounts = []
        self._found = []
        self._turn = 0
        self._in_force = 0  # the tariff
        self._last = clock.ticks_ms()

    def tariff(self):
        """The tariff in force, 1 to 4; 0 while the time is unknown, or nothing fits."""
        now = clock.now()
        if now is None:
            return 0
        date = clock.date(now + self.offset_s)
        minute = 60 * date[3] + date[4]
        for number, months, days, first, end in self.rows:
            inside = first <= minute < end if first < end else minute >= first or minute < end
            if inside and months >> date[1] & 1 and days >> date[6] & 1:
                return number
        return 0

    def look(self):
        """New meters among the built peripherals."""
        for driver, names in self.pole.drivers("meter"):
            if driver not in self._found and (
                "power" in names or "energy" in names or hasattr(driver, "drawn")
            ):
                self._found.append(driver)
                self.accounts.append(Account(self.pole, driver, names, self.options))
        for driver, names in self.pole.drivers("lamp"):
            if driver not in self._found and ("energy" not in names or hasattr(driver, "counted")):
                self._lamp(driver, names)

    def _lamp(self, driver, names):
        """A new lamp: by its own power, or with the meter of its instance once that is there."""
        if "power" in names and "energy" not in names:
            self._found.append(driver)
            self.accounts.append(Account(self.pole, driver, names, self.options))
            return
        lamp = self.pole.store.name(min(names.values())).rsplit(".", 1)[0]
        for account in self.accounts:
            if account.prefix[5:] == lamp[4:] and account.prefix[0] == "m":
                self._found.append(driver)
                if "energy" in names:
                    account.gear = driver
                else:
                    account.lamp = self.pole.store.find(lamp + ".energy")

    def settle(self):
        Service.look = Service._lamp = Account._place = None
        return self.accounts

    def step(self):
        """Count what was drawn since the last step."""
        show = self._turn % _SHOW_S == 0
        self._turn += 1
        if show:
            self._in_force = self.tariff()
        now = clock.ticks_ms()
        ms, self._last = min(clock.ticks_diff(now, self._last), _LONGEST_MS), now
        for account in self.accounts:
            account.step(self._in_force, ms)
            if show:
                account.show(self._in_force, self.tariffs)
