import unittest

from passing_time import PassingTime
from points_bin import build
from pole import clock, errors
from pole.log import Log
from pole.protocol.lamp_order import IDENTIFY, LOST, MANUAL, PHOTOCELL, PRESENCE, PROGRAMME, REMOTE
from pole.services import lighting
from pole.services.programme import STEP, SWITCHING, Service
from pole.store import BOOL, ENUM, F32, U16, U32, Store, Table

LEVELS = "level level_actual manual_level manual_expiry power_on_level failure_level automatic scene reason"
SITE = {"lat": 31230416, "lon": 121473701, "tz_min": 480}
DAY = 2517
NOON = DAY * 86400 + 43200 - 480 * 60
HOUR = 3600
# on 18:00, off 06:00, 50 % from 22:00
ROWS = [[3, 127, 0, 0, 1080, 0, 1800, 1000, 0, 1320, 500]]


def rows(lamps):
    made = [(21, "node.identify", BOOL, 0, True, 0, 1)]
    for lamp in range(lamps):
        prefix = "lamp." if lamp == 0 else "lamp.%d." % lamp
        for k, name in enumerate(LEVELS.split()):
            kind = {"manual_expiry": U32, "reason": ENUM, "automatic": BOOL}.get(name, U16)
            high = {"manual_expiry": 604800, "reason": 11, "automatic": 1, "scene": 255}.get(name, 1000)
            made.append(
                (128 + 64 * lamp + k, prefix + name, kind, 1 if kind == U16 else 0, k not in (1, 8), 0, high)
            )
    made.append((640, "photocell.illuminance", F32, 0, False, 0, 200000))
    made.append((750, "traffic.presence", BOOL, 0, False, 0, 1))
    return made


class Driver:
    def __init__(self):
        self.power_on, self.fade_ms, self.lowest, self.highest = 1000, 0, 10, 1000
        self.level = 1000

    def set(self, level):
        self.level = level


class Pole:
    def __init__(self, lamps):
        self.store = Store(Table(build(rows(lamps))))
        self.log = Log()
        self.site = SITE
        self.lamps = ()
        self._drivers = [Driver() for _ in range(lamps)]

    def drivers(self, capability):
        names = ["lamp.%d." % k if k else "lamp." for k in range(len(self._drivers))]
        return [
            (d, {"level_actual": self.store.find(n + "level_actual")}) for d, n in zip(self._drivers, names)
        ]


class Street(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        clock.forget()

    def tearDown(self):
        self.time.stop()
        clock.forget()

    def light(self, lamps=1, **options):
        self.pole = Pole(lamps)
        self.lighting = lighting.Service(self.pole, {})
        given = {"rows": ROWS, "rule": [600, 900, 3600, 0, 0], "cell": [20, 40, 60], "scenes": [], "shift": 0,
                 "ends": SWITCHING, "sources": ["console", "mqtt", "modbus"], "hold": 60, "lux": -1, "presence": -1}  # fmt: skip
        for name in ("lux", "presence"):
            if name in options:
                options[name] = self.pole.store.index(options[name])
        given.update(options)
        self.service = Service(self.pole, given)

    def at(self, hours, minutes=0):
        """It is so late now, of the day whose evening DAY is; a second later everybody has seen it."""
        clock.forget()
        clock.set_time(NOON + (hours - 12) * HOUR + minutes * 60, clock.GNSS)
        self.tick()

    def tick(self, seconds=1):
        for _ in range(seconds):
            self.time.pass_ms(1000)
            self.service.step()
            for lamp in self.pole.lamps:
                lamp.step()

    def put(self, name, raw):
        self.pole.store.put(self.pole.store.index(name), raw)

    def write(self, name, raw, source="mqtt"):
        self.pole.store.request(self.pole.store.index(name), raw, source)

    def raw(self, name):
        return self.pole.store.raw(self.pole.store.index(name))

    def shows(self, level, reason, lamp=0):
        self.assertEqual(
            (
                self.pole.lamps[lamp].driver.level,
                self.raw("lamp.reason" if lamp == 0 else "lamp.%d.reason" % lamp),
            ),
            (level, reason),
        )

    def refused(self, code, name, raw, source="mqtt"):
        with self.assertRaises(errors.PoleError) as caught:
            self.write(name, raw, source)
        self.assertEqual(caught.exception.code, code)


class Nights(Street):
    def test_a_night(self):
        self.light()
        for hours, level in ((17, 0), (18, 1000), (22, 500), (29, 500), (30, 0), (36, 0), (42, 1000)):
            self.at(hours)
            self.shows(level, PROGRAMME)
        self.assertEqual(self.raw("lamp.automatic"), 1)

    def test_every_change_is_logged_and_nothing_else(self):
        self.light()
        self.at(17)
        first = self.pole.log.seq
        self.at(18)
        self.tick(50)
        self.at(22)
        self.tick(50)
        said = [line[4] for line in self.pole.log.since(first)]
        self.assertEqual(said, ["level 1000, reason 3", "level 500, reason 3"])

    def test_without_time(self):
        self.light()
        self.tick()
        self.shows(600, LOST)
        self.assertEqual(self.raw("lamp.failure_level"), 600)
        self.at(13)
        self.shows(0, PROGRAMME)
        clock.forget()
        self.tick()
        self.shows(600, LOST)

    def test_a_night_that_no_row_rules(self):
        self.light(rows=[[1, 1, 0, 0, 1080, 0, 1800, 1000]])  # Mondays only
        self.at(20)
        self.shows(600, LOST)
        self.at(44)
        self.shows(1000, PROGRAMME)

    def test_after_a_power_cut_a_street_is_not_lit_at_once(self):
        for level, seen in ((0, 0), (1000, 500)):  # one that starts lit is lit already
            self.light(shift=20)
            clock._wall.seconds = 0
            self.pole.lamps[0].driver.level = level
            self.at(23)
            self.tick(15)
            self.assertEqual(self.pole.lamps[0].driver.level, seen)
            self.tick(10)
            self.shows(500, PROGRAMME)

    def test_two_lamps(self):
        self.light(lamps=2, rows=[[2, 127, 0, 0, 1140, 0, 1740, 300]] + ROWS)
        self.at(18, 30)
        self.shows(1000, PROGRAMME)
        self.shows(0, PROGRAMME, lamp=1)
        self.at(19)
        self.shows(300, PROGRAMME, lamp=1)

    def test_its_end_is_a_lamp_at_its_failure_level(self):
        self.light()
        self.at(13)
        self.service.cell.dark = True
        self.service.options["lux"] = None
        with self.assertRaises(TypeError):
            self.service.step()
        self.shows_later(600, LOST)

    def shows_later(self, level, reason):
        for lamp in self.pole.lamps:
            lamp.step()
        self.shows(level, reason)

    def test_lighting_that_starts_again_is_found(self):
        self.light()
        self.at(23)
        self.lighting = lighting.Service(self.pole, {})
        self.tick()
        self.shows(500, PROGRAMME)
        self.write("lamp.automatic", 0)


class Light(Street):
    def lux(self, value, seconds=200):
        self.put("photocell.illuminance", float(value))
        self.tick(seconds)

    def test_dark_early(self):
        self.light(lux="photocell.illuminance")
        self.at(17, 30)
        self.lux(500)
        self.shows(0, PROGRAMME)
        self.lux(5, 50)
        self.shows(0, PROGRAMME)
        self.lux(5, 20)
        self.shows(1000, PHOTOCELL)
        self.at(18)
        self.shows(1000, PROGRAMME)

    def test_alone(self):
        self.light(lux="photocell.illuminance")
        self.lux(5)
        self.shows(900, PHOTOCELL)
        self.lux(500)
        self.shows(0, PHOTOCELL)
        self.pole.store.fail(self.pole.store.index("photocell.illuminance"), 6)
        self.tick(100)
        self.shows(0, PHOTOCELL)
        self.tick(60)
        self.shows(600, LOST)

    def test_presence(self):
        self.light(presence="traffic.presence", rule=[600, 900, 3600, 0, 800])
        self.at(23)
        self.put("traffic.presence", 1)
        self.tick(100)
        self.shows(800, PRESENCE)
        self.put("traffic.presence", 0)
        self.tick(59)
        self.shows(800, PRESENCE)
        self.tick(2)
        self.shows(500, PROGRAMME)
        self.at(32)
        self.put("traffic.presence", 1)
        self.tick(5)
        self.shows(0, PROGRAMME)


class Remote(Street):
    def test_until_the_next_switching(self):
        self.light()
        self.at(20)
        self.write("lamp.level", 300)
        self.tick()
        self.shows(300, REMOTE)
        self.assertEqual(self.raw("lamp.automatic"), 0)
        self.at(23)
        self.shows(300, REMOTE)
        self.at(30)
        self.shows(0, PROGRAMME)

    def test_until_the_next_step(self):
        self.light(ends=STEP)
        self.at(20)
        self.write("lamp.level", 300)
        self.at(22)
        self.shows(500, PROGRAMME)

    def test_for_a_time(self):
        self.light(ends=600)
        self.at(20)
        self.write("lamp.level", 300)
        self.tick(599)
        self.shows(300, REMOTE)
        self.tick(2)
        self.shows(1000, PROGRAMME)

    def test_for_ever(self):
        self.light(ends=0)
        self.at(20)
        self.write("lamp.level", 300)
        for hours in range(21, 70):
            self.at(hours)
            self.shows(300, REMOTE)
        self.write("lamp.automatic", 1)
        self.assertEqual(self.raw("lamp.automatic"), 1)
        self.tick()
        self.shows(1000, PROGRAMME)

    def test_automatic_off_holds_what_is(self):
        self.light()
        self.at(23)
        self.write("lamp.automatic", 0)
        for hours in range(24, 60):
            self.at(hours)
            self.shows(500, REMOTE)
        self.write("lamp.automatic", 1)
        self.at(60)
        self.shows(0, PROGRAMME)

    def test_the_stronger_source(self):
        self.light()
        self.at(20)
        self.write("lamp.level", 300, "modbus")
        self.write("lamp.level", 310, "mqtt")
        self.refused(errors.OVERRIDDEN, "lamp.level", 320, "modbus")
        self.refused(errors.OVERRIDDEN, "lamp.level", 320, "stranger")
        self.refused(errors.OVERRIDDEN, "lamp.automatic", 1, "modbus")
        self.write("lamp.level", 330, "console")
        self.tick()
        self.shows(330, REMOTE)
        self.at(31)
        self.write("lamp.level", 340, "modbus")  # the stronger one's has ended
        self.tick()
        self.shows(340, REMOTE)

    def test_manual_is_above_and_remote_goes_on_below(self):
        self.light()
        self.at(20)
        self.write("lamp.level", 300)
        self.write("lamp.manual_level", 700)
        self.write("lamp.manual_expiry", 60)
        self.tick()
        self.shows(700, MANUAL)
        self.tick(61)
        self.shows(300, REMOTE)

    def test_scenes(self):
        self.light(lamps=2, scenes=[1, 1, 800, 1, 2, 100, 2, 3, 0])
        self.at(20)
        self.write("lamp.1.scene", 1)
        self.tick()
        self.shows(800, REMOTE)
        self.shows(100, REMOTE, lamp=1)
        self.assertEqual(self.raw("lamp.scene"), 1)
        self.write("lamp.scene", 2)
        self.tick()
        self.shows(0, REMOTE)
        self.refused(errors.OUT_OF_RANGE, "lamp.scene", 3)
        self.write("lamp.scene", 0)
        self.tick()
        self.shows(1000, PROGRAMME)
        self.assertEqual((self.raw("lamp.scene"), self.raw("lamp.1.scene")), (0, 0))
        self.write("lamp.scene", 1)
        self.write("lamp.level", 300)  # no scene any more
        self.assertEqual((self.raw("lamp.scene"), self.raw("lamp.1.scene")), (0, 1))


class Identify(Street):
    def test_it_blinks_for_two_minutes_without_switching_off(self):
        self.light()
        self.at(20)
        self.write("node.identify", 1)
        seen = []
        for _ in range(100):
            self.tick()
            seen.append(self.pole.lamps[0].driver.level)
        self.assertEqual((seen.count(1000), seen.count(10)), (50, 50))
        self.assertEqual(self.raw("lamp.reason"), IDENTIFY)
        self.tick(25)
        self.shows(1000, PROGRAMME)
        self.assertEqual(self.raw("node.identify"), 0)

    def test_a_slow_gear_gets_there_and_the_log_keeps_what_was(self):
        self.light()
        self.at(20)
        lamp = self.pole.lamps[0]
        lamp.driver.fade_ms = 2800
        self.write("node.identify", 1)
        seen = []
        for _ in range(60):
            self.tick()
            seen.append(lamp.wanted[0])
        self.assertEqual(sum(a != b for a, b in zip(seen, seen[1:])), 20)
        told = [line for line in self.pole.log.since(0) if line[4].endswith("reason %d" % IDENTIFY)]
        self.assertEqual(len(told), len(self.pole.lamps))

    def test_it_can_be_ended(self):
        self.light()
        self.at(13)
        self.write("node.identify", 1)
        self.tick(3)
        self.write("node.identify", 0)
        self.tick()
        self.shows(0, PROGRAMME)


if __name__ == "__main__":
    unittest.main()
