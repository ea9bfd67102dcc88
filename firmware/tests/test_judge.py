import gc
import json
import struct
import unittest

from passing_time import PassingTime
from points_bin import build
from pole import clock, errors
from pole.codec.modbus import ILLEGAL_ADDRESS
from pole.judge import Judge
from pole.log import Log
from pole.protocol import plausibility
from pole.protocol.register_image import RegisterImage
from pole.quality import COMM_FAULT, GOOD, RANGE, UNCERTAIN, WARMING
from pole.services.console_desk import row
from pole.services.sampler import Service as Sampler
from pole.store import F32, I16, U16, Store, Table

PM, PM10, LUX, HUMID = range(4)
POINTS = [
    (100, "air.pm2_5", U16, 1, False, 0, 10000),
    (101, "air.pm10", U16, 1, False, 0, 10000),
    (102, "photocell.illuminance", F32, 0, False, 0, 200000),
    (104, "weather.humidity", I16, 1, False, 0, 1000),
]
PM_LINE = [[0, 0, -12, 5417, 5000, 0, 15]]  # 1.0834 * x - 1.25
OPTIONS = {
    "calibration": [[PM, PM_LINE], [LUX, [[0, 0, 1.5, 0.5, 0, 0, 1]]]],
    "plausibility": [
        [
            PM,
            [
                [plausibility.CROSS_HIGH, UNCERTAIN, 900, HUMID, 1, 1],
                [plausibility.STUCK, UNCERTAIN, 600, -1, 1, 1],
            ],
        ],
        [PM10, [[plausibility.HIGH, RANGE, 5000, -1, 1, 1]]],
    ],
}


class Pole:
    safe = True  # without peripherals

    def __init__(self, store=None):
        self.store = store or Store(Table(build(POINTS, ("ug/m3",))))
        self.log = Log()


class Packet:
    def __init__(self):
        self.said = b""

    def raw(self, data):
        self.said += data


class Judged(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        clock.forget()
        self.store = Store(Table(build(POINTS, ("ug/m3",))))
        self.log = Log()
        self.judge = self.store.judge = Judge(self.store, self.log, OPTIONS)

    def tearDown(self):
        self.time.stop()
        clock.forget()

    def seen(self, i):
        return self.store.text(i), self.store.quality(i), self.judge.reason(i), self.judge.raw(i)

    def test_a_reading_is_corrected_and_the_raw_one_kept(self):
        self.judge.put(PM, 350, GOOD)
        self.assertEqual(self.seen(PM), ("36.7", GOOD, 0, 350))  # 37.919 - 1.25 = 36.669
        self.judge.put(HUMID, 500, GOOD)
        self.assertEqual(self.seen(HUMID), ("50.0", GOOD, 0, None))
        self.judge.put(LUX, 7.0, GOOD)
        self.assertEqual(self.seen(LUX), ("5.0", GOOD, 0, 7.0))

    def test_humid_air_makes_particles_uncertain(self):
        self.judge.put(HUMID, 950, GOOD)
        self.judge.put(PM, 350, GOOD)
        self.assertEqual(self.seen(PM), ("36.7", UNCERTAIN, plausibility.CROSS_HIGH, 350))
        self.assertEqual(list(self.log.since(0))[0][2:5], [2, "air.pm2_5", "uncertain: cross_high"])
        self.time.pass_ms(60000)
        self.judge.put(HUMID, 700, GOOD)
        self.judge.put(PM, 350, GOOD)
        self.assertEqual(self.seen(PM), ("36.7", GOOD, 0, 350))
        self.assertEqual(list(self.log.since(1))[0][4], "plausible again")

    def test_who_listens_hears_of_another_reason(self):
        self.judge.put(HUMID, 700, GOOD)
        for _ in range(3):
            self.judge.put(PM, 350, GOOD)
            self.time.pass_ms(300000)
        flags = self.store.listen()
        self.judge.put(HUMID, 950, GOOD)
        self.judge.put(PM, 350, GOOD)
        self.assertEqual((self.seen(PM)[1:3], flags[PM]), ((UNCERTAIN, plausibility.CROSS_HIGH), 1))

    def test_the_log_hears_of_it_once_a_minute(self):
        for k in range(120):
            self.judge.put(HUMID, 950 if k % 2 else 700, GOOD)
            self.judge.put(PM, 350 + k, GOOD)
            self.time.pass_ms(1000)
        self.assertTrue(self.log.seq <= 3, str(self.log.seq))

    def test_the_limits_of_the_point_count_after_calibration(self):
        self.judge.put(PM, 9300, GOOD)
        self.assertEqual(self.seen(PM), ("", RANGE, plausibility.LIMITS, 9300))
        self.judge.put(PM, 9, GOOD)
        self.assertEqual(self.seen(PM), ("", RANGE, plausibility.LIMITS, 9))
        self.judge.put(PM10, 5001, GOOD)
        self.assertEqual(self.seen(PM10), ("", RANGE, plausibility.HIGH, None))

    def test_what_the_driver_doubts_stays_so_and_warming_is_not_judged(self):
        self.judge.put(PM, 350, UNCERTAIN)
        self.assertEqual(self.seen(PM), ("36.7", UNCERTAIN, 0, 350))
        self.judge.put(PM, 9300, WARMING)
        self.assertEqual(self.seen(PM), ("", WARMING, 0, None))

    def test_no_value_says_nothing(self):
        self.judge.put(HUMID, 950, GOOD)
        self.judge.put(PM, 350, GOOD)
        self.store.fail(PM, COMM_FAULT)
        self.assertEqual(self.seen(PM), ("", COMM_FAULT, 0, None))
        self.judge.put(PM, None, COMM_FAULT)
        self.assertEqual(self.seen(PM), ("", COMM_FAULT, 0, None))

    def test_a_sensor_that_comes_back_is_not_stuck(self):
        for _ in range(3):
            self.judge.put(PM, 350, GOOD)
            self.time.pass_ms(300000)
        self.assertEqual(self.seen(PM)[2], plausibility.STUCK)
        self.store.fail(PM, COMM_FAULT)
        self.judge.put(PM, 350, GOOD)
        self.assertEqual(self.seen(PM)[1:3], (GOOD, 0))

    def test_a_clamped_table(self):
        rows = [[99, 0, 110, 0, 1, 0, 0], [500, 100, 110, 1, 1, 0, 27], [0, 0, 510, 0, 1, 0, 0]]
        judge = self.judge = self.store.judge = Judge(self.store, self.log, {"calibration": [[PM, rows]]})
        for raw, text, quality, reason in ((99, "11.0", UNCERTAIN, plausibility.TABLE_END), (300, "31.0", GOOD, 0),
                                           (501, "51.0", UNCERTAIN, plausibility.TABLE_END)):  # fmt: skip
            judge.put(PM, raw, GOOD)
            self.assertEqual(self.seen(PM), (text, quality, reason, raw))

    def test_console_and_mqtt(self):
        self.judge.put(HUMID, 950, GOOD)
        self.judge.put(PM, 350, GOOD)
        self.assertEqual(row(self.store, PM), {"p": "air.pm2_5", "v": "36.7", "u": "ug/m3", "q": "uncertain", "age": 0,
                                            "raw": "35.0", "why": "cross_high"})  # fmt: skip
        self.assertEqual(sorted(row(self.store, HUMID)), ["age", "p", "q", "u", "v"])
        for i, said in ((PM, {"raw": 35.0, "reason": "cross_high"}), (HUMID, {}), (LUX, {"raw": None})):
            packet = Packet()
            self.judge.tell(packet, i)
            self.assertEqual(json.loads((b'{"x":0' + packet.said + b"}").decode()), dict(said, x=0))

    def test_registers(self):
        self.judge.put(HUMID, 950, GOOD)
        self.judge.put(PM, 350, GOOD)
        self.judge.put(LUX, 7.0, GOOD)
        for swapped in (False, True):
            image, out = RegisterImage(self.store, swapped=swapped), bytearray(24)
            self.assertEqual(image.read(out, 2, False, 0xC000 + 200, 10), 0)
            words = struct.unpack(">HHHHHH", out[2:14])
            if swapped:
                words = [words[k ^ 1] for k in range(6)]
            four = struct.pack(">HH", words[4], words[5])
            self.assertEqual((list(words[:4]), struct.unpack(">f", four)[0]), ([0, 350, 0xFFFF, 0xFFFF], 7.0))
            self.assertEqual(image.read(out, 0, False, 0x8000 + 100, 2), 0)
            self.assertEqual(struct.unpack(">HH", out[:4]), (plausibility.CROSS_HIGH << 8 | UNCERTAIN, 0))
            for start, count in ((0xC000 + 201, 2), (0xC000 + 200, 3), (0xC000 + 198, 4), (0xFFFE, 4)):
                self.assertEqual(image.read(out, 0, False, start, count), ILLEGAL_ADDRESS)
        self.store.judge = None
        self.assertEqual(image.read(out, 0, False, 0xC000 + 200, 2), ILLEGAL_ADDRESS)
        self.assertEqual(image.read(out, 0, False, 0x8000 + 100, 1), 0)
        self.assertEqual(out[:2], b"\x00\x02")

    def test_nothing_is_allocated_by_a_reading(self):
        if not hasattr(gc, "mem_alloc"):
            return
        judge = self.judge
        judge.put(HUMID, 700, GOOD)
        judge.put(PM, 9000, GOOD)
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        k = 0
        while k < 100:
            judge.put(PM, 9000, GOOD)
            k += 1
        used = gc.mem_alloc() - before
        gc.enable()
        self.assertTrue(used <= 100, str(used))


class Declared(unittest.TestCase):
    def test_only_a_pole_that_declares_something_has_a_judge(self):
        pole = Pole()
        Sampler(pole, {})
        self.assertTrue(pole.store.judge is None)
        Sampler(pole, {"calibration": [[PM, PM_LINE]]})
        pole.store.judge.put(PM, 350, GOOD)
        self.assertEqual(pole.store.text(PM), "36.7")

    def test_a_judge_that_cannot_be_made_stops_the_sampler(self):
        """Raw values must not pass for corrected ones."""
        with self.assertRaises((IndexError, errors.PoleError)):
            Sampler(Pole(), {"calibration": [[99, PM_LINE]]})


if __name__ == "__main__":
    unittest.main()
