import random
import unittest

from pole.protocol.rain import SLOT_S, UNSEEN, WINDOWS, Gauge, unpack

DAY0 = 217468800  # 2026-11-22, a multiple of five minutes
LULL = 6 * 3600


class Kept:
    """As pole/keep.py: what was written last survives."""

    def __init__(self):
        self.values = {}
        self.flash = {}

    def get(self, name, usual=0):
        return self.values.get(name, usual)

    def set(self, name, value):
        assert -(1 << 31) < value
        self.values[name] = value

    def drop(self, name):
        self.values.pop(name, None)

    def flush(self):
        self.flash = dict(self.values)

    def cut(self):
        self.values = dict(self.flash)


class Pole:
    """A gauge through its lives; `true` is the real time, which the pole may know, not know, or know wrongly."""

    def __init__(self, true=DAY0 + 1000):
        self.true = true
        self.kept = Kept()
        self.off_by = None  # of the pole's clock; None: it does not know the time
        self.start()

    def start(self):
        self.kept.cut()
        self.born = self.true
        self.gauge = Gauge(self.kept.values, LULL)
        self.tips = []  # (true time) in this life

    def off(self, seconds, flush=True):
        if flush:
            self.kept.flush()
        self.true += seconds
        self.start()

    @property
    def up(self):
        return self.true - self.born

    @property
    def wall0(self):
        return None if self.off_by is None else self.born + self.off_by

    def step(self, seconds=0, tips=0):
        self.true += seconds
        new = self.gauge.step(self.up, self.wall0)
        if tips:
            self.gauge.add(tips, self.up)
        if tips or new:
            self.gauge.pack(self.kept, self.up, self.wall0)

    def rest(self, seconds):
        while seconds > 0:
            self.step(min(60, seconds))
            seconds -= 60

    def sums(self):
        out, sure = [0] * 6, [False] * 6
        self.gauge.sums(self.wall0, out, sure)
        return out, sure

    def storm(self):
        return self.gauge.storm(self.up, self.wall0)


def known(off_by=0):
    pole = Pole()
    pole.off_by = off_by
    return pole


class Windows(unittest.TestCase):
    def test_read_after_the_full_hour_it_is_the_hours_rain(self):
        pole = known()
        pole.rest(-pole.true % 3600)  # 1 h, on the dot
        for _ in range(60):
            pole.step(60, 1)
        self.assertEqual(pole.sums()[0][:2], [6, 60])
        pole.step(SLOT_S - 1)
        self.assertEqual(pole.sums()[0][:2], [6, 60])
        pole.step(1)
        self.assertEqual(pole.sums()[0][:2], [1, 56])

    def test_each_window_forgets_in_time(self):
        pole = known()
        pole.step(0, 7)
        for slots, k in zip(WINDOWS, range(6)):
            while pole.true - DAY0 - 900 < slots * SLOT_S + SLOT_S - 1:
                self.assertEqual(pole.sums()[0][k], 7)
                pole.rest(60)
            pole.rest(120)
            self.assertEqual(pole.sums()[0][k], 0, slots)

    def test_a_new_gauge_is_sure_when_it_has_watched_for_long_enough(self):
        pole = known()
        self.assertEqual(pole.sums()[1], [False] * 6)
        for hours, sure in ((1, 2), (2, 3), (3, 4), (6, 5), (11, 6)):
            pole.rest(hours * 3600)
            self.assertEqual(sum(pole.sums()[1]), sure, hours)

    def test_a_cloudburst_fills_a_slot_and_no_more(self):
        pole = known()
        for _ in range(400):
            pole.step(0, 5)
        self.assertEqual(pole.sums()[0][1], UNSEEN - 1)

    def test_packed_hours(self):
        slots = [0] * 12
        unpack(-1, slots, 0)
        self.assertEqual(slots, [UNSEEN] * 12)
        unpack(5 + (1022 << 110), slots, 0)
        self.assertEqual(slots, [5] + [0] * 10 + [1022])


class Lives(unittest.TestCase):
    def test_a_restart_changes_nothing(self):
        pole = known()
        for _ in range(100):
            pole.step(300, 2)
        before = pole.sums()
        pole.off(20)
        pole.step()
        self.assertEqual(pole.sums()[0], before[0])

    def test_an_outage_ages_what_was_before(self):
        pole = known()
        pole.rest(86400)
        pole.step(0, 9)
        pole.off(2 * 3600)
        pole.step()
        out, sure = pole.sums()
        self.assertEqual((out, sure), ([0, 0, 9, 9, 9, 9], [False, False, False, False, False, True]))
        pole.off(30 * 3600)
        pole.step()
        self.assertEqual(pole.sums()[0], [0] * 6)

    def test_the_time_may_come_late(self):
        """After a start without the time the gap counts as nothing, and nothing that reaches over it is sure."""
        pole = known()
        pole.rest(86400)
        pole.step(0, 9)
        pole.off_by = None
        pole.off(2 * 3600)
        pole.rest(1800)
        pole.step(0, 1)
        self.assertEqual(pole.sums(), ([1, 10, 10, 10, 10, 10], [True] + [False] * 5))
        pole.off_by = 0
        pole.step()
        self.assertEqual(pole.sums(), ([1, 1, 10, 10, 10, 10], [True, False, False, False, False, True]))

    def test_a_life_without_the_time_leaves_its_doubt(self):
        """Through further lives and outages, until the day's window has passed it."""
        pole = known()
        pole.rest(86400)
        pole.step(0, 9)
        pole.off_by = None
        pole.off(3600)
        pole.rest(900)
        pole.step(0, 3)
        pole.off_by = 0
        pole.off(60)
        doubtful = pole.true  # where in the hour before that the three tips fell, nobody knows
        pole.rest(600)
        self.assertEqual((pole.sums()[0][5], pole.sums()[1][5]), (12, False))
        for _ in range(2):
            pole.off(2000)
            pole.rest(3600)
        day = WINDOWS[-1] * SLOT_S
        while pole.true - doubtful < day - 2 * SLOT_S:
            self.assertFalse(pole.sums()[1][5], pole.true - doubtful)
            pole.rest(600)
        pole.rest(4 * SLOT_S)
        self.assertTrue(pole.sums()[1][5])
        pole.rest(7200)
        self.assertEqual(pole.sums(), ([0] * 6, [True] * 6))

    def test_never_any_time(self):
        pole = Pole()
        pole.rest(1800)
        pole.step(0, 4)
        pole.off(900)
        pole.rest(600)
        pole.step(0, 1)
        self.assertEqual(pole.sums()[0], [1, 5, 5, 5, 5, 5])
        pole.off_by = 0
        pole.step()
        self.assertEqual(pole.sums()[0], [1, 5, 5, 5, 5, 5])
        pole.rest(300)
        pole.off(7200)
        pole.step()
        self.assertEqual(pole.sums()[0], [0, 0, 5, 5, 5, 5])

    def test_a_wrong_clock_that_is_put_right(self):
        """It ran three days ahead after a start: what was forgotten comes back, for nothing was written in between."""
        pole = known()
        pole.rest(3600)
        pole.step(0, 9)
        pole.off_by = 3 * 86400
        pole.off(30)
        pole.step()
        self.assertEqual(pole.sums()[0], [0] * 6)
        pole.off_by = 0
        pole.step()
        self.assertEqual(pole.sums()[0][1:], [9] * 5)

    def test_a_clock_behind_what_was_written(self):
        """Then nobody knows how long it was off: nothing before the start is sure, nothing is lost."""
        pole = known()
        pole.rest(86400)
        pole.step(0, 9)
        pole.off_by = -7200
        pole.off(60)
        pole.rest(700)
        self.assertEqual(pole.sums(), ([0, 9, 9, 9, 9, 9], [True] + [False] * 5))

    def test_jumps_do_not_move_what_this_life_has_seen(self):
        pole = known()
        for jump in (0, 86400, -7200, None, 31, -400, 10**8):
            pole.off_by = jump
            pole.step(1, 1)
        self.assertEqual(pole.sums()[0][1], 7)

    def test_hundred_short_lives(self):
        """A supply that fails every few minutes moves nothing by more than its own slot."""
        pole = known()
        pole.step(0, 50)
        begun = pole.true
        while pole.true - begun < 7 * 3600:
            pole.rest(150)
            pole.off(97)
            pole.step()
            out = pole.sums()[0]
            for k, slots in enumerate(WINDOWS):
                age = pole.true - begun
                if age <= slots * SLOT_S - SLOT_S:
                    self.assertEqual(out[k], 50, (k, age))
                elif age >= (slots + 2) * SLOT_S:
                    self.assertEqual(out[k], 0, (k, age))


class Storms(unittest.TestCase):
    def test_a_storm(self):
        pole = known()
        begin = pole.true
        for _ in range(10):
            pole.step(600, 3)
        self.assertEqual(pole.storm(), (30, begin + 600, begin + 6000, True))
        pole.rest(LULL)
        self.assertEqual(pole.storm(), (30, begin + 600, begin + 6000, False))
        pole.step(0, 1)
        self.assertEqual(pole.storm(), (1, pole.true, pole.true, True))

    def test_a_lull_ends_nothing(self):
        pole = known()
        pole.step(0, 1)
        begin = pole.true
        pole.rest(LULL - 60)
        pole.step(0, 1)
        self.assertEqual(pole.storm(), (2, begin, pole.true, True))

    def test_a_storm_through_cuts(self):
        pole = known()
        begin = pole.true
        for _ in range(5):
            pole.step(60, 2)
            pole.off(1800)
        pole.step()
        self.assertEqual(pole.storm(), (10, begin + 60, pole.true - 1800, True))

    def test_an_outage_longer_than_a_lull(self):
        pole = known()
        pole.step(60, 2)
        begin = pole.true
        pole.off_by = None
        pole.off(3 * LULL)
        pole.step(60, 1)
        self.assertEqual(pole.storm()[0], 3)  # nobody knows better yet
        pole.off_by = 0
        self.assertEqual(pole.storm(), (1, pole.true, pole.true, True))
        self.assertTrue(begin < pole.true)

    def test_no_rain_ever(self):
        self.assertEqual(known().storm()[0], 0)
        self.assertFalse(known().storm()[3])


class Oracle(unittest.TestCase):
    """Random tips, restarts, cuts and clocks against a list of all that fell."""

    def life(self, seed, clocks):
        random.seed(seed)
        self.pole, self.fell, self.written, self.life_of = known(), [], 0, 0
        for _ in range(100):
            kind = random.randrange(12)
            if kind < 7:
                self.shower()
            elif kind < 9:
                self.pole.rest(random.choice((100, 1000, 5000, 20000)))
            elif kind == 9 and clocks:
                self.pole.off_by = random.choice(clocks)
            elif kind > 9:
                self.stop()
            self.pole.step()
            self.check(seed, clocks)

    def shower(self):
        for _ in range(random.randrange(1, 20)):
            tips = random.choice((0, 1, 1, 2, 6))
            self.pole.step(random.choice((1, 7, 60, 90)), tips)
            self.fell.append((self.pole.true, tips))
        if random.randrange(2):
            self.pole.kept.flush()
            self.written = len(self.fell)

    def stop(self):
        """A restart, or a cut: what was not written is lost. Time that nobody wrote down is lost with it."""
        cut = random.randrange(2)
        if cut:
            self.fell = self.fell[: self.written]
        self.pole.off(random.choice((1, 30, 299, 2000, 40000)), not cut)
        self.written = self.life_of = len(self.fell)

    def check(self, seed, clocks):
        """With clocks that jump for hours only this life's rain has its place; what was before may come or not."""
        (out, sure_of), now, gauge = self.pole.sums(), self.pole.true, self.pole.gauge
        gauge._summed = gauge._day = None  # slot by slot it is the same
        self.assertEqual(self.pole.sums(), (out, sure_of))
        wild = any(by is None or abs(by) > 60 for by in clocks)
        slack = 1 if clocks else 0
        old = sum(tips for _, tips in self.fell[: self.life_of]) if wild else 0
        sure = self.fell[self.life_of :] if wild else self.fell
        for k, slots in enumerate(WINDOWS):
            least = sum(tips for at, tips in sure if now - at < (slots - slack) * SLOT_S)
            most = old + sum(tips for at, tips in sure if now - at < (slots + 1 + slack) * SLOT_S)
            self.assertTrue(least <= out[k] <= most, (seed, slots, least, out[k], most))

    def test_who_knows_the_time_is_right_to_the_slot(self):
        for seed in range(4):
            self.life(seed, ())

    def test_a_clock_that_is_corrected_by_seconds_moves_a_slot_at_most(self):
        for seed in range(2):
            self.life(seed, (0, 1, -2, 20, -30))

    def test_a_clock_that_jumps_moves_nothing_that_this_life_saw(self):
        for seed in range(2):
            self.life(seed, (0, None, 7200, -50000, 10**8, -3))


if __name__ == "__main__":
    unittest.main()
