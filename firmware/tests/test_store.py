import random
import unittest

from pole import clock, errors
from pole.quality import FAULT, GOOD, NEVER, RANGE, STALE
from pole.store import BOOL, F32, I32, U16, U32, Store, Table, decimal, from_decimal
from points_bin import build

ROWS = (
    (0, "node.uptime", U32, 0, False, 0, 0xFFFFFFFF),
    (64, "lamp.level", U16, 1, True, 0, 1000),
    (66, "lamp.on", BOOL, 0, True, 0, 1),
    (96, "lamp.1.level", U16, 1, True, 0, 1000),
    (700, "air.temperature", I32, 2, False, -4000, 8500, 5),
    (701, "air.dose", F32, 0, False, 0, 1000),
)


class Refusing:
    def __init__(self):
        self.asked = []

    def __call__(self, raw, source):
        self.asked.append((raw, source))


class StoreTest(unittest.TestCase):
    def setUp(self):
        self.store = Store(Table(build(ROWS)))

    def test_names_and_ids_find_their_place(self):
        store = self.store
        for i, row in enumerate(ROWS):
            self.assertEqual(store.name(i), row[1])
            self.assertEqual(store.index(row[1]), i)
            self.assertEqual(store.by_id(row[0]), i)
        self.assertEqual(store.find("lamp.leve"), -1)
        self.assertEqual(store.by_id(65), -1)
        self.assertEqual(store.by_id(9000), -1)
        with self.assertRaises(ValueError):
            store.index("lamp")

    def test_a_damaged_table_is_refused(self):
        data = build(ROWS)
        for bad in (b"XX" + data[2:], data[:20], data[:2] + b"\x09" + data[3:]):
            with self.assertRaises(errors.ConfigError):
                Table(bad)

    def test_nothing_is_known_at_the_start(self):
        for i in range(self.store.n):
            self.assertEqual(self.store.quality(i), NEVER)
            self.assertEqual(self.store.text(i), "")
            self.assertEqual(self.store.age_s(i), -1)

    def test_a_value_out_of_limits_is_not_valid(self):
        t = self.store.index("air.temperature")
        self.store.put(t, 2150)
        self.assertEqual((self.store.text(t), self.store.quality(t)), ("21.50", GOOD))
        self.store.put(t, 8501)
        self.assertEqual((self.store.text(t), self.store.quality(t)), ("", RANGE))

    def test_u32_uses_its_whole_range(self):
        for value in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
            self.store.put(0, value)
            self.assertEqual((self.store.raw(0), self.store.quality(0)), (value, GOOD))

    def test_an_old_value_is_stale(self):
        t = self.store.index("air.temperature")
        flags = self.store.listen()
        self.store.put(t, 2150)
        flags[t] = 0
        clock._wall.seconds += 6
        self.assertEqual(self.store.quality(t), STALE)
        self.assertEqual(self.store.text(t), "")
        self.store.sweep()
        self.assertEqual(flags[t], 1)

    def test_a_value_that_is_gone_is_stale_and_not_never_measured(self):
        t = self.store.index("air.temperature")
        self.store.put(t, None)
        self.assertEqual(self.store.quality(t), NEVER)
        self.store.put(t, 2150)
        self.store.put(t, None)
        self.assertEqual((self.store.quality(t), self.store.text(t)), (STALE, ""))
        self.store.put(t, None, FAULT)
        self.assertEqual(self.store.quality(t), FAULT)

    def test_listeners_hear_of_changes_only(self):
        t = self.store.index("lamp.level")
        flags = self.store.listen()
        self.store.put(t, 500)
        self.assertEqual(flags[t], 1)
        flags[t] = 0
        self.store.put(t, 500)
        self.assertEqual(flags[t], 0)
        self.store.fail(t, FAULT)
        self.assertEqual(flags[t], 1)

    def test_requests_are_checked_before_the_owner_hears_of_them(self):
        level = self.store.index("lamp.level")
        owner = Refusing()
        for i, raw, code in (
            (0, 5, errors.READ_ONLY),
            (level, 1001, errors.OUT_OF_RANGE),
            (level, -1, errors.OUT_OF_RANGE),
            (level, None, errors.OUT_OF_RANGE),
            (level, 500, errors.NOT_OWNED),
            (99, 0, errors.UNKNOWN_POINT),
        ):
            try:
                self.store.request(i, raw, "test")
                self.fail("not refused")
            except errors.PoleError as error:
                self.assertEqual(error.code, code)
        self.store.own(level, owner)
        self.store.request(level, 500, "test")
        self.assertEqual(owner.asked, [(500, "test")])

    def test_decimals_survive_text_and_back(self):
        random.seed(7)
        for _ in range(500):
            raw, decimals = random.randrange(-1000000000, 1000000000), random.randrange(0, 7)
            self.assertEqual(from_decimal(decimal(raw, decimals), decimals), raw)
        self.assertEqual(decimal(-5, 2), "-0.05")
        self.assertEqual(from_decimal("0.055", 2), 6)
        self.assertEqual(from_decimal(" +7 ", 1), 70)

    def test_text_that_is_no_number_is_refused(self):
        for text in ("", ".", "-", "1e3", "0x10", "1.2.3", "nan", "9" * 19, "--1", "\u0663\u00b2"):
            with self.assertRaises(errors.PoleError):
                from_decimal(text, 2)
        on = self.store.index("lamp.on")
        self.assertEqual([self.store.parse(on, text) for text in ("true", "false", "1", "0")], [1, 0, 1, 0])


if __name__ == "__main__":
    unittest.main()
