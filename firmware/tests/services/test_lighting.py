import unittest

from passing_time import PassingTime
from points_bin import build
from pole import errors
from pole.log import Log
from pole.protocol.lamp_order import MANUAL, POWER_ON, REMOTE
from pole.services.lighting import Service
from pole.store import ENUM, U16, U32, Store, Table

LEVELS = "level level_actual manual_level manual_expiry power_on_level fade_time minimum_level maximum_level reason"


def rows(lamps):
    made = []
    for lamp in range(lamps):
        prefix = "lamp." if lamp == 0 else "lamp.%d." % lamp
        for k, name in enumerate(LEVELS.split()):
            kind = {"manual_expiry": U32, "reason": ENUM}.get(name, U16)
            high = {"manual_expiry": 604800, "reason": 11, "fade_time": 6000}.get(name, 1000)
            made.append((128 + 64 * lamp + k, prefix + name, kind, 0 if kind != U16 else 1, k in (0, 2, 3, 4), 0, high))
    return made


class Lamp:
    """A driver that notes what it was told."""

    def __init__(self, power_on=1000, fade_ms=0, lowest=10, highest=1000):
        self.power_on, self.fade_ms, self.lowest, self.highest = power_on, fade_ms, lowest, highest
        self.level = power_on
        self.seen = []

    def set(self, level):
        self.level = level
        self.seen.append(level)


class Relay:
    """Of the lamp's capability, and nothing to dim."""


class Pole:
    def __init__(self, drivers, lamps):
        self.store = Store(Table(build(rows(lamps))))
        self.log = Log()
        self._drivers = drivers

    def drivers(self, capability):
        assert capability == "lamp"
        places = []
        for k in range(len(self._drivers)):
            prefix = "lamp." if k == 0 else "lamp.%d." % k
            places.append({"level_actual": self.store.find(prefix + "level_actual")})
        return list(zip(self._drivers, places))


class Lighting(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def light(self, *drivers, lamps=1):
        self.driver = drivers[0]
        self.pole = Pole(drivers, lamps)
        self.service = Service(self.pole, {})

    def for_ms(self, ms):
        self.beats = 0
        self.time.run(self.service.run(self.beat), ms)

    def beat(self):
        self.beats += 1

    def write(self, name, raw):
        store = self.pole.store
        store.request(store.index("lamp." + name), raw, "test")

    def now(self, name):
        return self.pole.store.raw(self.pole.store.index("lamp." + name))

    def refused(self, name, raw, code):
        with self.assertRaises(errors.PoleError) as caught:
            self.write(name, raw)
        self.assertEqual(caught.exception.code, code)


class Levels(Lighting):
    def test_the_power_on_level_before_anything_else(self):
        self.light(Lamp(power_on=700))
        self.for_ms(1000)
        self.assertEqual((self.driver.level, self.driver.seen), (700, []))  # the driver did it, and nothing flickers
        self.assertEqual((self.now("level"), self.now("reason")), (700, POWER_ON))

    def test_what_the_lamp_can_do_is_told(self):
        self.light(Lamp(power_on=700, fade_ms=2500, lowest=50, highest=900))
        told = [self.now(n) for n in ("power_on_level", "fade_time", "minimum_level", "maximum_level", "manual_expiry")]
        self.assertEqual(told, [700, 25, 50, 900, 0])

    def test_a_remote_level(self):
        self.light(Lamp())
        self.write("level", 400)
        self.for_ms(200)
        self.assertEqual((self.driver.level, self.now("level_actual")), (400, 400))
        self.assertEqual((self.now("level"), self.now("reason")), (400, REMOTE))

    def test_what_the_table_refuses(self):
        self.light(Lamp())
        self.refused("level", 1001, errors.OUT_OF_RANGE)
        self.refused("level_actual", 5, errors.READ_ONLY)
        self.refused("power_on_level", 5, errors.NOT_OWNED)  # it stands in the pole file
        self.for_ms(200)
        self.assertEqual((self.driver.level, self.now("reason")), (1000, POWER_ON))

    def test_limits(self):
        self.light(Lamp(lowest=100, highest=800, power_on=500))
        for wanted, does in ((1, 100), (99, 100), (450, 450), (1000, 800), (0, 0), (50, 100)):
            self.write("level", wanted)
            self.for_ms(200)
            self.assertEqual((self.driver.level, self.now("level_actual")), (does, does))
            self.assertEqual(self.now("level"), wanted)  # the wish stays readable as it was written

    def test_off_stays_off(self):
        self.light(Lamp(power_on=0, lowest=300))
        self.for_ms(5000)
        self.assertEqual((self.driver.level, self.driver.seen), (0, []))
        self.write("level", 0)
        self.for_ms(5000)
        self.assertEqual((self.driver.level, self.driver.seen), (0, []))
        self.assertEqual(self.now("reason"), REMOTE)


class Fading(Lighting):
    def test_it_takes_its_time(self):
        self.light(Lamp(fade_ms=2000))
        self.for_ms(200)
        self.write("level", 100)
        self.for_ms(1000)
        self.assertTrue(280 < self.driver.level < 360, self.driver.level)  # half of the way for the eye
        self.for_ms(940)
        self.assertTrue(self.driver.level > 100)
        self.for_ms(200)
        self.assertEqual((self.driver.level, self.now("level_actual")), (100, 100))
        seen = self.driver.seen
        self.assertEqual(seen, sorted(seen, reverse=True))
        self.assertTrue(80 < len(seen) < 110, len(seen))  # a step every 20 ms
        self.for_ms(1000)
        self.assertEqual(len(self.driver.seen), len(seen))

    def test_a_new_level_on_the_way_starts_from_there(self):
        self.light(Lamp(fade_ms=1000))
        self.write("level", 100)
        self.for_ms(500)
        turned = self.driver.level
        self.assertTrue(100 < turned < 1000)
        del self.driver.seen[:]
        self.write("level", 1000)
        self.for_ms(1200)
        self.assertEqual(self.driver.seen, sorted(self.driver.seen))
        self.assertTrue(self.driver.seen[0] >= turned)
        self.assertEqual(self.driver.level, 1000)

    def test_the_same_level_again_does_not_stop_the_way(self):
        """A server that repeats its order every second must not keep the lamp from getting there."""
        self.light(Lamp(fade_ms=3000))
        for _ in range(4):
            self.write("level", 100)
            self.for_ms(1000)
        self.assertEqual(self.driver.level, 100)

    def test_a_lamp_never_stands_between_off_and_its_minimum(self):
        self.light(Lamp(fade_ms=1000, lowest=200))
        for level in (0, 1000, 0):
            self.write("level", level)
            self.for_ms(1200)
            self.assertEqual(self.driver.level, level)
        self.assertEqual([x for x in self.driver.seen if 0 < x < 200], [])

    def test_it_beats(self):
        self.light(Lamp(fade_ms=20000))
        for level in (0, 0):
            self.write("level", level)
            self.for_ms(10000)
            self.assertTrue(self.beats >= 100)


class Manual(Lighting):
    def by_hand(self, level, seconds):
        self.write("manual_level", level)
        self.write("manual_expiry", seconds)

    def test_a_level_alone_starts_nothing(self):
        self.light(Lamp())
        self.write("manual_level", 200)
        self.for_ms(200)
        self.assertEqual((self.driver.level, self.now("reason"), self.now("manual_level")), (1000, POWER_ON, 200))

    def test_it_rules_until_it_expires(self):
        self.light(Lamp())
        self.write("level", 600)
        self.by_hand(200, 600)
        self.for_ms(590000)
        self.assertEqual((self.driver.level, self.now("level"), self.now("reason")), (200, 200, MANUAL))
        self.assertTrue(5 <= self.now("manual_expiry") <= 11)
        self.for_ms(15000)
        self.assertEqual((self.driver.level, self.now("level"), self.now("reason")), (600, 600, REMOTE))
        self.assertEqual(self.now("manual_expiry"), 0)
        self.assertTrue(any("expired" in line[4] for line in self.pole.log.since(0)))

    def test_without_a_remote_level_the_power_on_level_follows(self):
        self.light(Lamp(power_on=900))
        self.by_hand(0, 60)
        self.for_ms(1000)
        self.assertEqual((self.driver.level, self.now("reason")), (0, MANUAL))
        self.for_ms(62000)
        self.assertEqual((self.driver.level, self.now("reason")), (900, POWER_ON))

    def test_a_remote_level_is_refused_meanwhile_and_says_why(self):
        self.light(Lamp())
        self.write("level", 600)
        self.by_hand(200, 60)
        self.refused("level", 700, errors.OVERRIDDEN)
        self.for_ms(1000)
        self.assertEqual(self.driver.level, 200)
        self.for_ms(62000)
        self.assertEqual(self.driver.level, 600)  # what was refused is not done later
        self.write("level", 700)
        self.for_ms(200)
        self.assertEqual(self.driver.level, 700)

    def test_zero_ends_it(self):
        self.light(Lamp())
        self.by_hand(200, 600)
        self.for_ms(1000)
        self.write("manual_expiry", 0)
        self.assertEqual((self.now("reason"), self.now("manual_expiry")), (POWER_ON, 0))
        self.write("level", 300)  # obeyed from that moment
        self.for_ms(200)
        self.assertEqual((self.driver.level, self.now("reason")), (300, REMOTE))

    def test_another_manual_level_while_it_runs(self):
        self.light(Lamp())
        self.by_hand(200, 60)
        self.write("manual_level", 500)
        self.for_ms(1000)
        self.assertEqual((self.driver.level, self.now("level")), (500, 500))

    def test_a_new_expiry_counts_from_now(self):
        self.light(Lamp())
        self.by_hand(200, 60)
        self.for_ms(50000)
        self.write("manual_expiry", 60)
        self.for_ms(50000)
        self.assertEqual(self.now("reason"), MANUAL)
        self.for_ms(12000)
        self.assertEqual(self.now("reason"), POWER_ON)

    def test_the_longest_expiry(self):
        self.light(Lamp())
        self.refused("manual_expiry", 604801, errors.OUT_OF_RANGE)
        self.by_hand(200, 604800)
        for seconds, reason in ((1, MANUAL), (604788, MANUAL), (12, POWER_ON)):
            self.for_ms(200)
            self.time.pass_ms(1000 * seconds)
            self.service.lamps[0].step()
            self.assertEqual(self.now("reason"), reason)

    def test_limits_hold_for_the_hand_too(self):
        self.light(Lamp(lowest=100, highest=800, power_on=500))
        self.by_hand(1000, 60)
        self.for_ms(200)
        self.assertEqual(self.driver.level, 800)


class Several(Lighting):
    def test_each_has_its_own_level(self):
        lamps = Lamp(power_on=1000), Lamp(power_on=300), Lamp(power_on=0)
        self.light(*lamps, lamps=3)
        self.write("level", 400)
        self.write("1.level", 500)
        self.write("2.manual_level", 600)
        self.write("2.manual_expiry", 60)
        self.for_ms(1000)
        self.assertEqual([lamp.level for lamp in lamps], [400, 500, 600])
        self.assertEqual([self.now(n) for n in ("level_actual", "1.level_actual", "2.level_actual")], [400, 500, 600])
        self.assertEqual([self.now(n) for n in ("reason", "1.reason", "2.reason")], [REMOTE, REMOTE, MANUAL])
        self.write("level", 410)  # the hand at the third lamp is none of the first one's business
        self.refused("2.level", 410, errors.OVERRIDDEN)

    def test_each_fades_on_its_own(self):
        quick, slow = Lamp(fade_ms=200), Lamp(fade_ms=5000)
        self.light(slow, quick, lamps=2)
        self.write("level", 100)
        self.write("1.level", 100)
        self.for_ms(1000)
        self.assertEqual(quick.level, 100)
        self.assertTrue(100 < slow.level < 1000)
        self.for_ms(4500)
        self.assertEqual(slow.level, 100)
        self.assertTrue(len(slow.seen) > 200)  # the other's rest does not slow its steps

    def test_what_cannot_be_dimmed_is_left_alone(self):
        self.light(Lamp(), Relay(), lamps=2)
        self.assertEqual(len(self.service.lamps), 1)
        self.refused("1.level", 5, errors.NOT_OWNED)


if __name__ == "__main__":
    unittest.main()
