import unittest

from pole.protocol import alarm
from pole.protocol.alarm import ACKNOWLEDGED, CLEARED, ENDED, RAISED, Alarms

LATCHED = alarm.LATCH


def row(condition, limit=0, clear=None, for_s=0, clear_s=0, flags=0, window_s=0):
    return [0, condition, limit, limit if clear is None else clear, for_s, clear_s, flags, window_s, -1, '""']


def played(it, series, held=()):
    """[(second, new state)] of a series of values, a second each; None is no valid one."""
    core, found = Alarms([it]), []
    for now, raw in enumerate(series):
        state = core.step(0, now, raw is not None, 0 if raw is None else raw, now in held)
        if state >= 0:
            found.append((now, state))
    return found


class Conditions(unittest.TestCase):
    def test_above_with_hysteresis(self):
        it = row(alarm.HIGH, 70, 65)
        self.assertEqual(
            played(it, [60, 70, 71, 70, 66, 65, 70, 71]), [(2, RAISED), (5, CLEARED), (7, RAISED)]
        )

    def test_below_with_hysteresis(self):
        it = row(alarm.LOW, -5, 0)
        self.assertEqual(played(it, [3, -5, -6, -5, -1, 0, -6]), [(2, RAISED), (5, CLEARED), (6, RAISED)])

    def test_equality(self):
        self.assertEqual(played(row(alarm.EQUAL, 1), [0, 1, 1, 0]), [(1, RAISED), (3, CLEARED)])
        self.assertEqual(played(row(alarm.DIFFERS, 2), [2, 3, 0, 2]), [(1, RAISED), (3, CLEARED)])

    def test_gone_for_a_while(self):
        it = row(alarm.GONE, for_s=3, clear_s=2)
        series = [5, None, None, 5, None, None, None, None, 5, 5, 5]
        self.assertEqual(played(it, series), [(7, RAISED), (10, CLEARED)])

    def test_delays_count_only_what_was_seen_without_a_gap(self):
        it = row(alarm.HIGH, 10, for_s=3)
        self.assertEqual(played(it, [11, 11, 11, None, 11, 11, 11, 11]), [(7, RAISED)])

    def test_no_value_changes_nothing(self):
        self.assertEqual(played(row(alarm.HIGH, 10), [11, None, None, 11, 9]), [(0, RAISED), (4, CLEARED)])

    def test_rates(self):
        up = row(alarm.RISE, 20, window_s=8)
        self.assertEqual(played(up, [0, 10, 20, 21, 21]), [(3, RAISED)])
        self.assertEqual(played(up, [3 * k for k in range(30)]), [(7, RAISED)])  # 21 in eight seconds
        self.assertEqual(played(up, [2 * k for k in range(90)]), [])
        self.assertEqual(played(up, [50, 0, 50, 50]), [(2, RAISED)])
        down = row(alarm.FALL, 20, window_s=8)
        self.assertEqual(played(down, [90, 80, 69] + [69] * 8), [(2, RAISED), (8, CLEARED)])
        both = row(alarm.CHANGE, 20, window_s=8)
        self.assertEqual(played(both, [0, 21])[0], (1, RAISED))
        self.assertEqual(played(both, [0, -21])[0], (1, RAISED))

    def test_a_rate_is_not_seen_across_a_gap(self):
        self.assertEqual(played(row(alarm.CHANGE, 20, window_s=80), [0, 0, None, 500, 500]), [])

    def test_latched_until_seen(self):
        core = Alarms([row(alarm.EQUAL, 1, flags=LATCHED)])
        self.assertEqual(core.acknowledge(0), -1)
        self.assertEqual(
            [core.step(0, k, True, raw) for k, raw in enumerate((1, 0, 1, 0))], [RAISED, ENDED] * 2
        )
        self.assertEqual((core.acknowledge(0), core.acknowledge(0)), (CLEARED, -1))
        self.assertEqual((core.step(0, 9, True, 1), core.acknowledge(0)), (RAISED, ACKNOWLEDGED))
        self.assertEqual(core.step(0, 10, True, 0), CLEARED)

    def test_held_back_while_somebody_works(self):
        it = row(alarm.HIGH, 10, for_s=2)
        self.assertEqual(played(it, [11] * 12, range(1, 6)), [(8, RAISED)])
        self.assertEqual(played(it, [11] * 6 + [9], range(3, 9)), [(2, RAISED), (6, CLEARED)])
        always = row(alarm.HIGH, 10, for_s=2, flags=alarm.ALWAYS)
        self.assertEqual(played(always, [11] * 6, range(6)), [(2, RAISED)])

    def test_floats(self):
        it = row(alarm.LOW, 0.5, 0.75)
        self.assertEqual(played(it, [1.0, 0.5, 0.25, 0.7, 0.75]), [(2, RAISED), (4, CLEARED)])


class Oracle:
    """The same by looking back over all that was seen, a list of (now, value or None, held); nothing is carried on
    but the state and the moment from which on it may change."""

    def __init__(self, it):
        self.what, self.limit, self.clear = it[1], it[2], it[3]
        self.delays = {False: it[4], True: it[5]}
        self.latch, self.always = bool(it[6] & 4), bool(it[6] & 8)
        self.slot = max(1, it[7] // 8)
        self.seen = []
        self.state = CLEARED
        self.changed = 0  # len(seen) after which a condition must be observed anew

    def given(self, upto, on):
        """Whether observation `upto` differs from the state: True, False, or None when it cannot count."""
        now, value, held = self.seen[upto]
        bound = self.clear if on else self.limit
        if self.what == alarm.GONE:
            it = value is None
        elif value is None:
            return None
        elif self.what == alarm.HIGH:
            it = value > bound
        elif self.what == alarm.LOW:
            it = value < bound
        elif self.what == alarm.EQUAL:
            it = value == self.limit
        elif self.what == alarm.DIFFERS:
            it = value != self.limit
        else:
            it = self.moved(upto) > bound
        return None if it and held and not on and not self.always else it

    def moved(self, upto):
        now, value, _ = self.seen[upto]
        back = upto
        while back > 0 and self.seen[back - 1][1] is not None and self.followed(back):
            back -= 1
        kept = {}  # slot -> the value that stands for it
        last = None
        for at, v, _ in self.seen[back : upto + 1]:
            number = at // self.slot
            for k in range(number if last is None else last + 1, number + 1):
                kept[k] = v
            last = number
        first = self.seen[back][0] // self.slot
        for k in range(first - 7, first):
            kept[k] = self.seen[back][1]
        number = now // self.slot
        old = [kept[k] for k in range(number - 7, number + 1)]
        ways = {alarm.RISE: value - min(old), alarm.FALL: max(old) - value}
        return max(0, ways.get(self.what, max(ways.values())))

    def followed(self, at):
        """Whether observation `at` came soon enough after the one before for its window to go on."""
        return self.seen[at][0] // self.slot - self.seen[at - 1][0] // self.slot < 8

    def step(self, now, value, held):
        self.seen.append((now, value, held))
        on = self.state in (RAISED, ACKNOWLEDGED)
        back = len(self.seen)
        while back > self.changed and self.given(back - 1, on) is (not on):
            back -= 1
        if back == len(self.seen) or now - self.seen[back][0] < self.delays[on]:
            return -1
        self.changed = len(self.seen)
        self.state = RAISED if not on else ENDED if self.latch and self.state == RAISED else CLEARED
        return self.state

    def acknowledge(self):
        if self.state == RAISED:
            self.state = ACKNOWLEDGED
        elif self.state == ENDED:
            self.state = CLEARED
        else:
            return -1
        return self.state


def drawn(lot):
    """A row by lot."""
    what = lot.randint(1, 8)
    limit = lot.randint(-3, 3) if what >= alarm.EQUAL else lot.randint(1, 12)
    width = lot.randint(0, 4)
    clear = limit if what >= alarm.EQUAL else limit + width if what == alarm.LOW else limit - width
    if alarm.RISE <= what <= alarm.CHANGE:
        clear = max(0, clear)
    delays = [lot.choice((0, 0, 1, 2, 5, 9)) for _ in range(2)]
    return row(
        what, limit, clear, delays[0], delays[1], lot.choice((0, 4, 8, 12)), lot.choice((1, 8, 17, 40))
    )


class Property(unittest.TestCase):
    def test_random_series_against_the_oracle(self):
        lot = Lot()
        changes = {CLEARED: 0, RAISED: 0, ACKNOWLEDGED: 0, ENDED: 0}
        for case in range(120):
            it = drawn(lot)
            core, oracle = Alarms([it]), Oracle(it)
            now, value, held = lot.randint(0, 50), 0, False
            for turn in range(90):
                now += lot.choice((1, 1, 1, 1, 1, 1, 2, 3, 30))
                value += lot.choice((-9, -3, -1, 0, 0, 1, 3, 9)) - (value > 15) * 5 + (value < -15) * 5
                held = held != (lot.randint(0, 19) == 0)
                seen = None if lot.randint(0, 9) == 0 else value
                wanted = oracle.step(now, seen, held)
                got = core.step(0, now, seen is not None, value, held)
                self.assertEqual((got, core.state[0]), (wanted, oracle.state), "%d %d %s" % (case, turn, it))
                if got >= 0:
                    changes[got] += 1
                if lot.randint(0, 14) == 0:
                    got = core.acknowledge(0)
                    self.assertEqual(got, oracle.acknowledge())
                    if got >= 0:
                        changes[got] += 1
        self.assertTrue(min(changes.values()) > 50, str(changes))


class Lot:
    """The same numbers on every interpreter."""

    def __init__(self):
        self.seed = 20261122

    def randint(self, low, high):
        self.seed = (self.seed * 1103 + 12345) % 1048573
        return low + (self.seed >> 4) % (high - low + 1)

    def choice(self, things):
        return things[self.randint(0, len(things) - 1)]
