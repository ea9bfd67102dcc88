import random
import unittest

from passing_time import PassingTime
from pole.drivers.winsen import Driver
from pole.errors import BusError, DeviceFault
from pole.quality import GOOD, RANGE, WARMING
from sampled import reading
from serial_line import Line


def octets(text):
    return bytes(int(part, 16) for part in text.split())


# ZE07-CO V1.2 tables 5 to 7, ZE03: to questions, to initiative, the question
TO_QUERY, TO_UPLOAD = octets("FF 01 78 41 00 00 00 00 46"), octets("FF 01 78 40 00 00 00 00 47")
TO_QUERY_03, TO_UPLOAD_03 = octets("FF 01 78 04 00 00 00 00 83"), octets("FF 01 78 03 00 00 00 00 84")
QUESTION = octets("FF 01 86 00 00 00 00 00 79")
CH2O_ANSWER = octets("FF 86 00 2A 00 00 00 20 30")  # ZE07-CH2O p. 5: 42 ug/m3, 32 ppb
CH2O = octets("FF 17 04 00 00 25 13 88 25")  # ZE08-CH2O: 37 ppb
# Made by the same rules
O3 = octets("FF 2A 04 00 00 25 13 88 12")  # 37 ppb
CO = octets("FF 04 03 01 00 25 13 88 38")  # 3.7 ppm of 500.0
CO_FINE = octets("FF 04 04 00 01 2C 13 88 30")  # 300 ppb
SO2 = octets("FF 2B 04 00 00 96 07 D0 64")  # 150 ppb of 2000
NO2 = octets("FF 2C 04 00 00 32 07 D0 C7")  # 50 ppb
CELL = octets("FF 04 03 01 81 2C 13 88 B0")  # ZE15-CO with its fault bit


def frame(*body):
    return b"\xff" + bytes(body) + bytes((-sum(body) & 255,))


class Winsen(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        self.answers = []

    def tearDown(self):
        self.time.stop()

    def answer(self, request):
        return [(30, self.answers.pop(0))] if request == QUESTION and self.answers else []

    def driver(self, gas, *pieces, every_ms=50, **options):
        self.line = Line(self.answer, 9600)
        for k, piece in enumerate(pieces):
            self.line.put(every_ms * k, piece)
        return Driver(self.line, dict({"gas": gas, "warm_up_s": 0}, **options))

    def read(self, driver):
        out = [None]
        self.quality = reading(driver, out)
        return out[0]

    def first(self, gas, data, **options):
        """A frame is believed when it came twice."""
        return self.read(self.driver(gas, data, data, **options))

    def test_frames(self):
        """1 ppb is 1.962 ug/m3 of O3, 1.880 of NO2, 2.619 of SO2, 1.145 of CO, 1.227 of CH2O at 25 degrees, 1013.25 hPa."""
        for gas, data, value in (
            ("hcho", CH2O, 454), ("o3", O3, 726), ("so2", SO2, 3928), ("no2", NO2, 940), ("co", CO_FINE, 343)
        ):  # fmt: skip
            self.assertEqual(self.first(gas, data), value)
            self.assertEqual(self.quality, GOOD)
        self.assertEqual(self.first("co", CO, model="ze15"), 4236)
        self.assertEqual(self.first("co", CO, model="ze07"), 4236)

    def test_other_reference_states(self):
        """0 degrees: 2.141 ug/m3 of O3; on a mountain less."""
        self.assertEqual(self.first("o3", O3, temperature=0.0), 792)
        self.assertEqual(self.first("o3", O3, temperature=-50.0, pressure=1100.0), 1053)
        self.assertEqual(self.first("o3", O3, temperature=60.0, pressure=500.0), 321)

    def test_the_fault_of_a_cell(self):
        for model in ("ze15", "ze03"):
            with self.assertRaises(DeviceFault) as caught:
                self.first("co", CELL, model=model)
            self.assertEqual(caught.exception.detail, "cell")

    def test_counts_beside_the_flag(self):
        """A ZE03 may count to 32767, a ZE15 to 8191."""
        data = frame(0x04, 3, 1, 0x27, 0x10, 0x27, 0x10)
        self.assertEqual(self.first("co", data, model="ze03"), 1144882)  # 1000.0 ppm
        self.assertEqual(self.first("co", data, model="ze12"), 1144882)
        self.assertEqual(self.first("co", data, model="ze15"), 206995)

    def test_another_gas(self):
        with self.assertRaises(DeviceFault) as caught:
            self.first("so2", NO2)
        self.assertEqual(caught.exception.detail, "gas 2c")

    def test_unknown_units(self):
        for data in (
            frame(0x2C, 5, 0, 0, 1, 7, 0),
            frame(0x2C, 4, 4, 0, 1, 7, 0),
            frame(0x2C, 0, 0, 0, 0, 0, 0),
        ):
            with self.assertRaises(DeviceFault):
                self.first("no2", data)

    def test_beyond_its_range(self):
        self.first("so2", frame(0x2B, 4, 0, 0x07, 0xD0, 0x07, 0xD0))
        self.assertEqual(self.quality, GOOD)
        self.first("so2", frame(0x2B, 4, 0, 0x07, 0xD1, 0x07, 0xD0))
        self.assertEqual(self.quality, RANGE)

    def test_switches(self):
        for model, upload, query in (("ze12", TO_UPLOAD, TO_QUERY), ("ze03", TO_UPLOAD_03, TO_QUERY_03)):
            self.first("no2", NO2, model=model)
            self.assertEqual(self.line.sent, [upload])
            driver = self.driver("no2", model=model, mode="query")
            self.answers.append(frame(0x86, 0, 50, 0, 0, 0, 0))
            self.read(driver)
            self.assertEqual(self.line.sent, [query, QUESTION])

    def test_answers(self):
        driver = self.driver("no2", mode="query")
        self.answers = [frame(0x86, 0, 50, 0, 0, 0, 0)] * 2
        self.assertEqual((self.read(driver), self.read(driver)), (940, 940))
        self.assertEqual((driver.period_ms, Driver.period_ms), (5000, 0))
        self.assertEqual(len(self.line.sent), 3)
        self.answers = [frame(0x86, 0, 37, 0, 0, 0, 0)]
        self.assertEqual(self.read(self.driver("co", mode="query", model="ze07")), 4236)
        self.answers = [frame(0x86, 0, 37, 0, 0, 0, 0)]
        self.assertEqual(self.read(self.driver("co", mode="query", model="ze03", answer_ppb=1000)), 42361)
        self.answers = [CH2O_ANSWER]
        self.assertEqual(self.read(self.driver("hcho", mode="query", model="ze07", answer_ppb=1)), 393)

    def test_answers_among_other_frames(self):
        """The switch may be answered, and a frame of the other mode may still be on its way."""
        self.answers = [frame(0x78, 1, 0, 0, 0, 0, 0) + NO2 + frame(0x86, 0, 50, 0, 0, 0, 0)]
        self.assertEqual(self.read(self.driver("no2", mode="query")), 940)
        driver = self.driver("no2", frame(0x86, 0, 9, 0, 0, 0, 0), frame(0x78, 1, 0, 0, 0, 0, 0), NO2, NO2)
        self.assertEqual((self.read(driver), driver.frames.bad), (940, 0))

    def test_it_warms_up(self):
        driver, seen = self.driver("no2", *[NO2] * 20, every_ms=1000, warm_up_s=10), []
        for _ in range(19):
            self.read(driver)
            seen.append(self.quality)
        self.assertEqual(seen, [WARMING] * 10 + [GOOD] * 9)

    def test_it_finds_the_frame(self):
        """Also with the header in the data: of a frame that comes again and again the sum is right from there, too."""
        loud = frame(0x2C, 4, 0, 0x01, 0xFF, 0x07, 0xD0)  # 511 ppb
        for data, value in ((NO2, 940), (loud, 9609)):
            for cut in range(1, 9):
                driver = self.driver("no2", (data * 4)[cut:])
                self.assertEqual(self.read(driver), value)
                self.assertTrue(driver.frames.bad >= 9 - cut)

    def test_every_flipped_bit_is_refused(self):
        for bit in range(72):
            wrong = bytearray(SO2)
            wrong[bit >> 3] ^= 1 << (bit & 7)
            driver = self.driver("so2", SO2, bytes(wrong), SO2)
            self.assertEqual(self.read(driver), 3928)

    def test_a_frame_that_is_right_by_chance(self):
        """Its sum is, its unit or range is not what it was: the next one decides."""
        chance = frame(0x2B, 3, 0, 0, 0x96, 0x07, 0xD0)
        driver = self.driver("so2", SO2, SO2, chance, SO2, SO2, SO2)
        self.assertEqual([self.read(driver) for _ in range(3)], [3928] * 3)

    def test_silence(self):
        driver = self.driver("so2", SO2, SO2)
        self.read(driver)
        before = self.time.ms
        with self.assertRaises(BusError):
            self.read(driver)
        self.assertTrue(3500 <= self.time.ms - before <= 3600)
        self.line.put(0, SO2)
        self.assertEqual(self.read(driver), 3928)
        self.assertEqual(self.line.sent, [TO_UPLOAD] * 2)  # it may have forgotten its mode

    def test_silence_of_one_that_is_asked(self):
        driver = self.driver("so2", mode="query")
        for _ in range(2):
            before = self.time.ms
            with self.assertRaises(BusError):
                self.read(driver)
            self.assertTrue(3000 <= self.time.ms - before <= 3200)

    def test_anything(self):
        random.seed(12)
        good = bad = 0
        for _ in range(60):
            wrong = bytearray(NO2 * 4)
            for _ in range(random.randrange(4)):
                wrong[random.randrange(36)] = random.randrange(256)
            driver = self.driver("no2", bytes(wrong[random.randrange(9) :]))
            try:
                good += self.read(driver) >= 0
            except (BusError, DeviceFault):
                bad += 1
        self.assertTrue(good > 30, (good, bad))


class Conversion(unittest.TestCase):
    """At both ends of each unit, by the molar volume 24.4654 L (25 degrees, 1013.25 hPa)."""

    MASSES = (
        ("so2", 64.066),
        ("no2", 46.0055),
        ("o3", 47.998),
        ("nh3", 17.0305),
        ("h2s", 34.081),
        ("hcho", 30.026),
    )
    TEMPERATURE = 25.0

    def check(self, gas, per_ppb, unit, decimals):
        driver = Driver(None, {"gas": gas, "temperature": self.TEMPERATURE, "warm_up_s": 0})
        ppb = (1000 if unit == 3 else 1) / 10**decimals
        driver._scale(ppb)
        for counts in (0, 1, 2, 999, 5000, 32768, 65534, 65535):
            exact = counts * ppb * per_ppb
            if exact > 4e8:
                continue
            out = [None]
            driver._buf[2], driver._buf[3] = unit, decimals
            driver._buf[4], driver._buf[5] = counts >> 8, counts & 255
            driver._take(out)
            allowed = (
                0.502 + 1e-6 * exact + 1e-4 * ppb * per_ppb
            )  # rounding, float32, a ten-thousandth of a count
            self.assertTrue(abs(out[0] - exact) <= allowed, (gas, unit, decimals, counts, out, exact))

    def test_both_ends(self):
        for gas, molar in self.MASSES:
            for unit in (3, 4):
                for decimals in range(4):
                    self.check(gas, 10 * molar / 24.465404, unit, decimals)

    def test_carbon_monoxide(self):
        for unit in (3, 4):
            for decimals in range(4):
                self.check("co", 28.010 / 24.465404, unit, decimals)


class OnFloat32(Conversion):
    NEEDS = ("cpython",)

    def setUp(self):
        from float32 import F32

        self.TEMPERATURE = F32(25.0)


if __name__ == "__main__":
    unittest.main()
