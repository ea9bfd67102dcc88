import os
import unittest

from passing_time import PassingTime
from points_bin import build
from pole import clock
from pole.keep import Keep
from pole.quality import COMM_FAULT, GOOD, UNCERTAIN
from pole.services.energy import Account, Service
from pole.store import Store, Table

U16, U32, I32 = 2, 4, 3
NAMES = (
    "voltage_a",
    "power",
    "energy",
    "energy_t1",
    "energy_t2",
    "energy_t3",
    "energy_t4",
    "energy_unknown",
    "tariff",
)
KINDS = (U16, I32, U32, U32, U32, U32, U32, U32, U16)
DECIMALS = (1, 1, 2, 2, 2, 2, 2, 2, 0)
ROWS = [
    (
        704 + 64 * m + k,
        "meter." + ("1." if m else "") + name,
        kind,
        DECIMALS[k],
        False,
        -(10**8) if kind == I32 else 0,
        2147483647,
    )
    for m in (0, 1)
    for k, (name, kind) in enumerate(zip(NAMES, KINDS))
]
LAMP_ROWS = [
    (128 + 64 * m + at, "lamp." + ("1." if m else "") + name, kind, decimals, False, 0, 2147483647)
    for m in (0, 1)
    for at, name, kind, decimals in (
        (1, "level_actual", U16, 1),
        (34, "power", U16, 1),
        (38, "energy", U32, 3),
    )
]
# 2026-07-06 was a Monday. [tariff, months, days, from, to]: sharp in July and August evenings, peak, valley over
# midnight, flat for the rest
TABLE = [
    [1, 0x180, 0x7F, 1140, 1260],
    [2, 0x1FFE, 0x1F, 480, 660],
    [4, 0x1FFE, 0x7F, 1320, 360],
    [3, 0x1FFE, 0x7F, 0, 1440],
]
MONDAY = clock.seconds_2020(2026, 7, 6, 0, 0, 0)


class Pole:
    """What the service uses of app.Pole; meters are (driver, short names)."""

    def __init__(self, folder, *meters):
        self.folder = folder
        self.store = Store(Table(build(LAMP_ROWS + ROWS)))
        self.site = {"tz_min": 480}
        self.log = self
        self.said = []
        self.meters = meters
        self.kept = []

    def add(self, level, where, text):
        self.said.append(text)

    def drivers(self, capability):
        return [
            (d, {n: self.store.index(p + "." + n) for n in names})
            for d, p, names in self.meters
            if p.split(".")[0] == capability
        ]

    def keep(self, name, every_s=1800):
        self.kept.append(Keep("%s/%s" % (self.folder, name), every_s))
        return self.kept[-1]

    def put(self, name, raw, quality=GOOD):
        self.store.put(self.store.index("meter." + name), raw, quality)

    def raw(self, name):
        return self.store.raw(self.store.index("meter." + name))


class Chip:
    """A driver that counts pulses."""

    units = 0

    def drawn(self):
        return self.units


class Case(unittest.TestCase):
    NEEDS = ("files",)
    number = 0

    def setUp(self):
        self.time = PassingTime()
        Case.number += 1
        base = os.getenv("TMPDIR") or "/tmp" if hasattr(os, "getenv") else ""
        self.folder = "%s/yigan-energy-%d-%d" % (base, self.time.ticks, Case.number)
        clock.forget()

    def tearDown(self):
        self.time.stop()
        clock.forget()
        for name in ("energy", "energy.1", "energylamp"):
            for slot in (0, 1):
                try:
                    os.remove("%s/%s.%d" % (self.folder, name, slot))
                except OSError:
                    pass
        try:
            os.rmdir(self.folder)
        except OSError:
            pass

    def service(self, *meters, **options):
        """A pole that just started, and its service."""
        pole = Pole(self.folder, *meters)
        return pole, Service(pole, options)

    def run_s(self, service, seconds):
        service.look()
        self.time.steps(service, 1000 * seconds)


BY_POWER = (object(), "meter", ("voltage_a", "power"))
BY_REGISTER = (object(), "meter", ("energy", "power"))


class Sources(Case):
    def test_power_over_time(self):
        pole, service = self.service(BY_POWER)
        pole.put("power", 3600)  # 360 W: 100 Wh in 1000 s
        self.run_s(service, 1001)
        pole.put("power", 0)
        self.run_s(service, 20)
        self.assertEqual(pole.raw("energy"), 10)
        self.assertEqual(service.accounts[0].kept.get("e"), 1000)

    def test_what_is_returned_is_not_drawn(self):
        pole, service = self.service(BY_POWER)
        pole.put("power", -36000)
        self.run_s(service, 1000)
        self.assertEqual(pole.raw("energy"), 0)

    def test_a_silent_meter_counts_nothing_and_its_total_is_uncertain(self):
        pole, service = self.service(BY_POWER)
        pole.put("power", 36000)
        self.run_s(service, 101)
        pole.put("power", None, COMM_FAULT)
        self.run_s(service, 1000)
        self.assertEqual(pole.raw("energy"), 10)
        self.assertEqual(pole.store.quality(pole.store.index("meter.energy")), UNCERTAIN)

    def test_pulses_of_a_chip(self):
        chip = Chip()
        pole, service = self.service((chip, "meter", ("power",)))
        pole.put("power", 1)
        for _ in range(50):
            chip.units += 33
            self.run_s(service, 1)
        self.run_s(service, 1)
        self.assertEqual(service.accounts[0].kept.get("e"), 1650)

    def test_the_meters_own_register_is_left_alone(self):
        pole, service = self.service(BY_REGISTER, tariffs=TABLE)
        clock.set_time(MONDAY + 1 * 3600, clock.GNSS)  # 09:00 there: peak
        for raw in (5000, 5003, 5010):
            pole.put("energy", raw)
            self.run_s(service, 15)
        self.assertEqual(
            (pole.raw("energy"), pole.raw("energy_t2"), pole.raw("energy_unknown")), (5010, 10, 0)
        )

    def test_a_register_that_wraps_and_one_that_goes_back(self):
        pole, service = self.service(BY_REGISTER)
        for raw in (99999990, 5, 3, 9):
            pole.put("energy", raw)
            self.run_s(service, 15)
        self.assertEqual(service.accounts[0].kept.get("e"), 15 * 100 + 6 * 100)
        self.assertEqual(len(pole.said), 1)

    def test_two_meters(self):
        pole, service = self.service(BY_POWER, (object(), "meter.1", ("power",)))
        pole.put("power", 3600)
        pole.put("1.power", 36000)
        self.run_s(service, 1001)
        self.assertEqual((pole.raw("energy"), pole.raw("1.energy")), (10, 100))

    def test_a_meter_that_keeps_its_own_tariffs(self):
        pole, service = self.service((object(), "meter", ("energy", "energy_t1")), tariffs=TABLE)
        pole.put("energy", 100)
        pole.put("energy_t1", 77)
        self.run_s(service, 30)
        self.assertEqual(pole.raw("energy_t1"), 77)


class Gear:
    """A lamp's driver that serves lamp.energy: its gear's register, else what it is told."""

    counted = None


class Lamps(Case):
    def lamp(self, pole, name="lamp.energy"):
        return pole.store.raw(pole.store.index(name))

    def test_a_lamp_with_its_own_power(self):
        pole, service = self.service((object(), "lamp", ("level_actual", "power")), BY_POWER, tariffs=TABLE)
        pole.store.put(pole.store.index("lamp.power"), 360)
        pole.put("power", 3600)
        self.run_s(service, 1001)
        self.assertEqual((self.lamp(pole), pole.raw("energy")), (10, 10))  # 10 Wh of the pole's 100
        for kept in pole.kept:
            kept.flush()
        pole, service = self.service((object(), "lamp", ("level_actual", "power")), BY_POWER)
        self.run_s(service, 1)
        self.assertEqual((self.lamp(pole), pole.raw("energy")), (10, 10))
        self.assertEqual(pole.store.quality(pole.store.index("lamp.energy")), UNCERTAIN)

    def test_a_lamp_and_the_meter_of_its_instance(self):
        chip = Chip()
        pole, service = self.service((object(), "lamp.1", ("level_actual",)), BY_POWER)
        self.run_s(service, 11)
        pole.meters += ((chip, "meter.1", ("power",)),)  # it is built later
        pole.put("1.power", 1)
        self.run_s(service, 1)
        chip.units += 1239
        self.run_s(service, 12)
        self.assertEqual((self.lamp(pole, "lamp.1.energy"), pole.raw("1.energy")), (123, 12))
        self.assertFalse(pole.store.valid(pole.store.index("lamp.energy")))

    def test_a_register_is_the_lamps_own(self):
        register = (object(), "lamp", ("level_actual", "power", "energy"))
        pole, service = self.service(register, BY_POWER)
        pole.store.put(pole.store.index("lamp.energy"), 77)
        pole.put("power", 36000)
        self.run_s(service, 101)
        self.assertEqual((self.lamp(pole), len(service.accounts)), (77, 1))

    def test_a_gear_that_may_have_one_is_told(self):
        gear = Gear()
        meter = (object(), "meter", ("energy", "power"))
        pole, service = self.service(meter, (gear, "lamp", ("level_actual", "power", "energy")))
        for raw in (5000, 5003):
            pole.put("energy", raw)
            self.run_s(service, 15)
        self.assertEqual((gear.counted, self.lamp(pole)), (30, 0))  # 0.03 kWh; the point is the driver's


class Cuts(Case):
    def test_what_was_written_comes_back(self):
        pole, service = self.service(BY_POWER)
        pole.put("power", 36000)
        self.run_s(service, 3600)
        before = service.accounts[0].kept.get("e")
        pole, service = self.service(BY_POWER)  # the power was gone
        self.run_s(service, 1)
        lost = before - pole.kept[0].get("e")
        self.assertTrue(0 <= lost <= 1000 + 600, lost)  # 100 Wh, or a minute of 3.6 kW

    def test_the_loss_is_bounded_by_time_too(self):
        pole, service = self.service(BY_POWER)
        pole.put("power", 500)  # 50 W: 12.5 Wh in 15 min
        self.run_s(service, 3599)
        before = service.accounts[0].kept.get("e")
        pole, service = self.service(BY_POWER)
        self.run_s(service, 1)
        self.assertTrue(before - pole.kept[0].get("e") <= 126)

    def test_nothing_of_a_register_is_lost(self):
        """What the meter counted while the pole was off: it is known how much, not when."""
        pole, service = self.service(BY_REGISTER, tariffs=TABLE)
        clock.set_time(MONDAY + 3600, clock.GNSS)
        for raw in (5000, 5100):
            pole.put("energy", raw)
            self.run_s(service, 1000)
        pole, service = self.service(BY_REGISTER, tariffs=TABLE)
        pole.put("energy", 5400)
        self.run_s(service, 20)
        pole.put("energy", 5401)
        self.run_s(service, 20)
        self.assertEqual((pole.raw("energy_unknown"), pole.raw("energy_t2")), (300, 101))

    def test_a_failing_supply_writes_at_once_and_once(self):
        pole, service = self.service(BY_POWER, write_wh=100000, write_min=1440)
        pole.put("power", 500)
        pole.put("voltage_a", 2300)
        self.run_s(service, 100)
        self.assertEqual(service.accounts[0].kept.writes, 0)
        pole.put("voltage_a", 1500)
        self.run_s(service, 2)
        self.assertEqual(service.accounts[0].kept.writes, 1)
        self.run_s(service, 600)
        for volts in (1601, 1599) * 20:  # it flickers
            pole.put("voltage_a", volts)
            self.run_s(service, 5)
        self.assertEqual(service.accounts[0].kept.writes, 1)

    def test_a_supply_that_fails_right_after_a_write(self):
        pole, service = self.service(BY_POWER, write_wh=100000, write_min=1440)
        pole.put("power", 500)
        pole.put("voltage_a", 1500)
        self.run_s(service, 70)
        self.assertEqual(service.accounts[0].kept.writes, 1)
        self.assertTrue(service.accounts[0].kept.at > 0)

    def test_a_full_flash_is_not_hammered(self):
        self.folder += "/no/such"
        pole, service = self.service(BY_POWER)
        pole.put("power", 200000)
        self.run_s(service, 3600)
        self.assertTrue(50 <= service.accounts[0].kept.failed <= 61, service.accounts[0].kept.failed)
        self.folder = self.folder[:-8]

    def test_writes_are_rare_whatever_is_drawn(self):
        for watts, most in ((0, 0), (5, 4), (200, 5), (20000, 61)):
            pole, service = self.service(BY_POWER)
            pole.put("power", 10 * watts)
            self.run_s(service, 3601)
            self.assertTrue(service.accounts[0].kept.writes <= most, (watts, service.accounts[0].kept.writes))


class Tariffs(Case):
    def at(self, hour, minute=0, day=0, month_day=0):
        clock.forget()
        clock.set_time(MONDAY + 86400 * day + hour * 3600 + minute * 60 - 28800, clock.GNSS)
        return self.service(tariffs=TABLE)[1].tariff()

    def test_the_table_in_local_time(self):
        for hour, minute, number in (
            (7, 59, 3), (8, 0, 2), (10, 59, 2), (11, 0, 3), (18, 59, 3), (19, 0, 1), (20, 59, 1), (21, 0, 3),
            (22, 0, 4), (23, 59, 4), (0, 0, 4), (5, 59, 4), (6, 0, 3),
        ):  # fmt: skip
            self.assertEqual(self.at(hour, minute), number, (hour, minute))

    def test_days_and_months(self):
        self.assertEqual([self.at(9, 0, day) for day in range(8)], [2, 2, 2, 2, 2, 3, 3, 2])
        self.assertEqual([self.at(20, 0, day) for day in (-6, -5, 0, 56, 57)], [3, 1, 1, 1, 3])

    def test_unknown_time(self):
        clock.forget()
        self.assertEqual(self.service(tariffs=TABLE)[1].tariff(), 0)

    def test_a_day_of_the_same_power(self):
        pole, service = self.service(BY_POWER, tariffs=TABLE)
        pole.put("power", 60000)
        self.run_s(service, 601)  # nobody knows the time yet
        for hour in range(24):
            clock.forget()
            clock.set_time(MONDAY - 28800 + 3600 * hour, clock.GNSS)
            pole.put("power", 60000)
            self.run_s(service, 601)
        shown = [pole.raw(n) for n in ("energy_unknown", "energy_t1", "energy_t2", "energy_t3", "energy_t4")]
        for k, hours in enumerate((1, 2, 3, 11, 8)):
            self.assertTrue(abs(shown[k] - 100 * hours) <= 3, shown)
        self.assertTrue(abs(pole.raw("energy") - 2500) <= 3)

    def test_without_a_table_there_is_one_total(self):
        pole, service = self.service(BY_POWER)
        pole.put("power", 36000)
        self.run_s(service, 101)
        store = pole.store
        self.assertTrue(store.valid(store.index("meter.energy")))
        self.assertFalse(
            store.valid(store.index("meter.energy_t1")) or store.valid(store.index("meter.tariff"))
        )


class Steps(Case):
    def test_a_step_that_counts_nothing_costs_nothing(self):
        pole, _ = self.service(BY_POWER)
        account = Account(pole, *pole.drivers("meter")[0], {})
        for _ in range(1000):
            account.step(1, 1000)
        self.assertEqual((account.kept.values, account.kept.changed), ({}, False))


if __name__ == "__main__":
    unittest.main()
