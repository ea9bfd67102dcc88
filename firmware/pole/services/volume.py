"""The volume that went through each pulse flow meter, kept through restarts and power cuts.

Pulses are counted in whole numbers and divided by the factor only when shown, so nothing is lost by rounding; the point is
an f32: from 16,777,216 m3 on it moves in steps of 2 m3. A cut loses what flowed since the last write (pole/keep.py).
---
title_zh = "累计水量"
requires_driver = "flow"
capability = "hydro"
points = ["volume"]

[options.write_min]
type = "int"
default = 10
low = 1
high = 1440
unit = "min"
en = "Written to flash so often, when something flowed; more often wears the flash"
zh = "有流量时写入闪存的间隔"
"""

from pole.quality import GOOD

_SHOW_S = 10


class Account:
    """One meter. `names`: its driver's points by short name."""

    def __init__(self, pole, driver, names, options):
        self.store = pole.store
        self.driver = driver
        prefix = pole.store.name(min(names.values())).rsplit(".", 1)[0]
        self.place = pole.store.find(prefix + ".volume")
        self.kept = pole.keep(prefix.replace("hydro", "flow"), 60 * options.get("write_min", 10))
        self._seen = 0
        k = int(1000 * driver.k + 0.5)
        before = self.kept.get("k", k)
        if before != k:  # another meter, or a better factor: what has flowed has flowed
            self.kept.set("n", self.kept.get("n") * k // before)
        self._k = k

    def step(self):
        new, self._seen = self.driver.counted - self._seen, self.driver.counted
        if new:
            self.kept.add("n", new)
            self.kept.set("k", self._k)
        self.kept.step()

    def show(self):
        if self.place >= 0:
            self.store.put(self.place, self.driver.start_m3 + self.kept.get("n") / self.driver.k, GOOD)


class Service:
    """Finds the meters as they are built."""

    def __init__(self, pole, options):
        self.pole = pole
        self.options = options
        self.accounts = []
        self._turn = 0

    def look(self):
        for driver, names in self.pole.drivers("hydro"):
            if hasattr(driver, "start_m3") and all(a.driver is not driver for a in self.accounts):
                self.accounts.append(Account(self.pole, driver, names, self.options))

    def settle(self):
        Service.look = None
        return self.accounts

    def step(self):
        show = self._turn % _SHOW_S == 0
        self._turn += 1
        for account in self.accounts:
            account.step()
            if show:
                account.show()
