import gc
import unittest

from passing_time import PassingTime
from points_bin import build
from pole import clock, errors
from pole.log import ERROR, Log
from pole.quality import COMM_FAULT, GOOD, NEVER, STALE, UNCERTAIN
from pole.services import node
from pole.services.node import Service, version_number
from pole.store import BOOL, ENUM, I16, I32, U16, U32, Store, Table

LARGEST = 0xFFFFFFFE
ROWS = (
    (0, "node.uptime", U32, 0, False, 0, LARGEST),
    (1, "node.reset_cause", ENUM, 0, False, 0, 9),
    (4, "node.task_restarts", U32, 0, False, 0, LARGEST),
    (5, "node.heap_free", U32, 0, False, 0, LARGEST),
    (6, "node.heap_largest", U32, 0, False, 0, LARGEST),
    (7, "node.flash_free", U32, 0, False, 0, LARGEST),
    (9, "node.chip_temperature", I16, 1, False, -600, 1500),
    (10, "node.firmware_version", U32, 0, False, 0, 999999999),
    (11, "node.bundle", U32, 0, False, 0, LARGEST),
    (13, "node.clock_time", U32, 0, False, 0, LARGEST, 600),
    (14, "node.clock_trust", ENUM, 0, False, 0, 3),
    (15, "node.clock_step", I32, 0, False, -2147483647, 2147483647),
    (16, "node.points_bad", U16, 0, False, 0, 65534),
    (18, "node.log_errors", U32, 0, False, 0, LARGEST),
    (20, "node.restart", BOOL, 0, True, 0, 1),
    (1537, "air.pm2_5", U16, 1, False, 0, 65000),
    (1539, "air.pm10", U16, 1, False, 0, 65000),
)


class Part:
    """Whatever has attributes: the supervisor, the hal."""


class Pole:
    def __init__(self, rows=ROWS):
        self.store = Store(Table(build(rows)))
        self.log = Log()
        self.info = {"reset_cause": 3, "version": "1.26.3", "bundle": "f00dcafe0123"}
        self.supervisor, self.hal = Part(), Part()
        self.supervisor.restarts = 2
        self.hal.temperature = lambda: 415
        self.asked = []

    def later(self, ms, fn):
        self.asked.append((ms, fn))

    def restart(self):
        pass


class Played(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        clock.forget()
        self.kept = node.largest_block
        self.searches = 0
        if hasattr(gc, "freeze"):  # on CPython each of its collections would look through all of pytest
            gc.freeze()

    def tearDown(self):
        node.largest_block = self.kept
        self.time.stop()
        clock.forget()
        if hasattr(gc, "unfreeze"):
            gc.unfreeze()

    def play(self, pole, ms=1):
        node.largest_block = self.largest  # the 32-bit interpreter's heap grows as far as somebody tries it
        self.service = Service(pole, {})
        self.time.steps(self.service, ms)
        return lambda name: pole.store.text(pole.store.index("node." + name))

    def largest(self):
        self.searches += 1
        return 4096


class Node(Played):
    def test_what_the_pole_knows_of_itself(self):
        said = self.play(Pole())
        self.assertEqual((said("reset_cause"), said("task_restarts"), said("log_errors")), ("3", "2", "0"))
        self.assertEqual((said("firmware_version"), said("bundle")), ("1026003", str(0xF00DCAFE)))
        self.assertEqual((said("chip_temperature"), said("restart")), ("41.5", "false"))
        self.assertTrue(abs(int(said("uptime")) - clock.uptime_s()) <= 5)

    def test_it_goes_on(self):
        pole = Pole()
        said = self.play(pole)
        up = int(said("uptime"))
        pole.supervisor.restarts = 7
        pole.log.add(ERROR, "x", "y")
        self.time.steps(self.service, 60000)
        self.assertTrue(55 <= int(said("uptime")) - up <= 65)
        self.assertEqual((said("task_restarts"), said("log_errors")), ("7", "1"))

    def test_a_pole_with_few_points(self):
        pole = Pole(ROWS[:1])
        self.assertTrue(int(self.play(pole)("uptime")) >= 0)
        self.assertEqual([i for i in self.service.places if i >= 0], [0])

    def test_what_the_board_cannot_tell_has_no_value(self):
        pole = Pole()
        pole.hal.temperature = lambda: None
        pole.info["version"] = pole.info["bundle"] = ""
        said = self.play(pole)
        self.assertEqual((said("chip_temperature"), said("firmware_version"), said("bundle")), ("", "", "0"))

    def test_time_is_unknown_until_a_source_says_it(self):
        pole = Pole()
        said = self.play(pole)
        self.assertEqual((said("clock_time"), said("clock_trust")), ("", "0"))
        clock.set_time(217000000, clock.NETWORK)
        self.play(pole)
        self.assertTrue(0 <= int(said("clock_time")) - 217000000 <= 6)
        self.assertEqual(said("clock_trust"), "2")
        clock.set_time(217000000 - 3600, clock.GNSS)
        self.play(pole)
        self.assertEqual(said("clock_trust"), "3")
        self.assertTrue(-3606 <= int(said("clock_step")) <= -3600)

    def test_points_without_a_good_value(self):
        pole = Pole()
        store = pole.store
        said = self.play(pole)
        self.assertEqual(said("points_bad"), "0")  # never measured is not bad
        for quality, bad in ((GOOD, 0), (UNCERTAIN, 1), (COMM_FAULT, 1), (NEVER, 0)):
            store.fail(15, quality)
            self.play(pole)
            self.assertEqual(said("points_bad"), str(bad))
        store.fail(15, COMM_FAULT)
        store.fail(16, STALE)
        self.play(pole)
        self.assertEqual(said("points_bad"), "2")

    def test_restart_is_asked_and_answered_first(self):
        pole = Pole()
        self.play(pole)
        restart = pole.store.index("node.restart")
        pole.store.request(restart, 0, "modbus")
        self.assertEqual(pole.asked, [])
        pole.store.request(restart, 1, "modbus")
        self.assertEqual(pole.asked, [(1000, pole.restart)])
        self.assertTrue("modbus" in list(pole.log.since(0))[-1][4])
        with self.assertRaises(errors.PoleError):
            pole.store.request(restart, 2, "modbus")


class Memory(Played):
    def test_free_heap(self):
        said = self.play(Pole(), 40000)  # the largest block is looked for when everything is loaded
        if hasattr(gc, "mem_free"):
            self.assertTrue(0 < int(said("heap_free")))
            self.assertEqual(said("heap_largest"), "4096")
        else:
            self.assertEqual((said("heap_free"), said("heap_largest")), ("", ""))

    def test_the_search_is_rare(self):
        """It allocates all there is, so not every period; but a pole that runs for days looks again."""
        self.play(Pole(), 590000)
        self.assertEqual(self.searches, 1 if hasattr(gc, "mem_free") else 0)
        self.time.steps(self.service, 600000)
        self.assertEqual(self.searches, 2 if hasattr(gc, "mem_free") else 0)

    def test_flash(self):
        for blocks, free in ((1000, 4096000), (1 << 40, LARGEST)):
            kept, node.os = node.os, Part()
            node.os.statvfs = lambda path, n=blocks: (4096, 4096, n, n, n, 0, 0, 0, 0, 255)
            try:
                self.assertEqual(self.play(Pole())("flash_free"), str(free))
            finally:
                node.os = kept

    def test_no_flash(self):
        def statvfs(path):
            raise OSError(19)

        kept, node.os = node.os, Part()
        node.os.statvfs = statvfs
        try:
            self.assertEqual(self.play(Pole())("flash_free"), "")
        finally:
            node.os = kept


class LargestBlock(unittest.TestCase):
    NEEDS = ("micropython",)

    def test_it_is_what_can_still_be_had(self):
        gc.collect()
        size = node.largest_block()
        gc.collect()
        self.assertTrue(1000 < size <= gc.mem_free())
        self.assertEqual(len(bytearray(size - 256)), size - 256)

    def test_a_heap_with_something_in_its_middle(self):
        before = node.largest_block()
        block = bytearray(before // 2)
        self.assertTrue(node.largest_block() <= before - len(block) + 4096)


class Version(unittest.TestCase):
    def test_versions(self):
        for text, number in (
            ("0.0.1", 1),
            ("0.12.3", 12003),
            ("1.2.3-dev+4", 1002003),
            ("10.20.30+abc", 10020030),
            ("", None),
            ("1.2", None),
            ("1.2.x", None),
            ("1.2.3.4", None),
        ):
            self.assertEqual((text, version_number(text)), (text, number))


if __name__ == "__main__":
    unittest.main()
