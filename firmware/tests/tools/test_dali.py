import asyncio
import unittest

from dali_gears import Gear, Line
from pole import errors
from pole.drivers.dali_bus import Bus
from pole.tools import dali as tool


class Log:
    def add(self, *row):
        pass


class Pole:
    log = Log()

    def __init__(self, *gears):
        self.line = Line(*gears)
        self.buses = {"uart1": object(), "dali": Bus(self.line, {})}

    def bus(self, name):
        return self.buses[name]


class Technician(unittest.TestCase):
    def setUp(self):
        tool._jobs.clear()
        self.kept = tool._BLINK_MS
        tool._BLINK_MS = 1

    def tearDown(self):
        tool._BLINK_MS = self.kept

    def job(self, *gears, **request):
        """Start it, wait for its end: (state, rows)."""
        self.pole = Pole(*gears)
        request["do"] = "dali"

        async def story():
            state = tool.answer(self.pole, request)
            self.assertEqual((state["running"], state["error"]), (True, ""))
            again = tool.answer(self.pole, request)
            self.assertTrue(again["running"])
            while True:
                rows = list(tool.answer(self.pole, {"do": "dali"}))
                if not rows[0]["running"]:
                    return rows[0], rows[1:]
                await asyncio.sleep(0)

        return asyncio.run(story())

    def refused(self, *gears, **request):
        with self.assertRaises(errors.PoleError) as caught:
            asyncio.run(self.begin(Pole(*gears), request))
        return caught.exception.detail

    async def begin(self, pole, request):
        return tool.answer(pole, request)

    def test_scan(self):
        gear = Gear(7)
        gear.kept[0xC1] = 1
        gear.banks = {1: bytes(0x15) + b"\x00\x3c"}
        state, rows = self.job(gear, Gear(9), Gear(255), act="scan")
        self.assertEqual([row["a"] for row in rows], [7, 9, None])
        first = rows[0]
        self.assertEqual((first["n"], first["arc"], first["groups"], first["watts"]), (1, 254, 256, 60))
        self.assertEqual((rows[1]["watts"], state["found"], state["error"]), (None, 3, ""))

    def test_commission(self):
        state, rows = self.job(Gear(5), Gear(randoms=[0x1234AB]), act="commission")
        self.assertEqual(rows, [{"a": 0, "random": "1234ab"}])
        self.assertEqual((state["step"], self.pole.line.gears[1].short), (1, 0))
        state, rows = self.job(Gear(5, [9]), Gear(6, [3]), act="commission", all=True)
        self.assertEqual([g.short for g in self.pole.line.gears], [1, 0])

    def test_a_failure_is_told(self):
        state, rows = self.job(Gear(randoms=[1]), Gear(randoms=[1]), act="commission")
        self.assertEqual((state["running"], rows), (False, []))
        self.assertTrue("clash" in state["error"])

    def test_blink_ends_where_it_began(self):
        gear = Gear(3)
        gear.level = 100
        self.job(gear, act="blink", a=3)
        self.assertEqual(gear.level, 100)
        self.assertTrue(self.pole.line.frames.count(0x0705) >= 6)  # RECALL MAX LEVEL

    def test_a_new_address(self):
        state, rows = self.job(Gear(3), act="address", a=3, to=12)
        self.assertEqual((self.pole.line.gears[0].short, rows, state["error"]), (12, [{"a": 12}], ""))
        state, rows = self.job(Gear(3), Gear(12), act="address", a=3, to=12)
        self.assertTrue("in use" in state["error"])
        self.assertEqual([g.short for g in self.pole.line.gears], [3, 12])
        self.job(Gear(3), act="address", a=3, to=None)
        self.assertEqual(self.pole.line.gears[0].short, 255)

    def test_groups(self):
        state, rows = self.job(Gear(3), act="group", a=3, group=9)
        self.assertEqual(rows[0]["groups"], 512)
        state, rows = self.job(Gear(3), act="ungroup", a=3, group=9)
        self.assertEqual(rows[0]["groups"], 0)

    def test_refused(self):
        self.assertEqual(self.refused(act="melt"), "act")
        self.assertEqual(self.refused(act="blink", a=64), "a")
        self.assertEqual(self.refused(act="blink", a=True), "a")
        self.assertEqual(self.refused(act="group", a=1, group=16), "group")
        self.assertEqual(self.refused(act="scan", bus="uart1"), "bus")
        with self.assertRaises(KeyError):
            asyncio.run(self.begin(Pole(), {"act": "blink"}))

    def test_another_job_has_to_wait(self):
        pole = Pole(Gear(3))

        async def story():
            tool.answer(pole, {"act": "scan"})
            tool.answer(pole, {"act": "blink", "a": 3})

        with self.assertRaises(errors.PoleError) as caught:
            asyncio.run(story())
        self.assertEqual((caught.exception.code, caught.exception.detail), (errors.OVERRIDDEN, "scan"))

    def test_nothing_was_done_yet(self):
        self.assertEqual(list(tool.answer(Pole(), {})), [])


if __name__ == "__main__":
    unittest.main()
