import unittest

from pole.protocol.photocell import Photocell


class Dusk(unittest.TestCase):
    def test_the_first_reading_decides_and_in_doubt_it_is_dark(self):
        for lux, dark in ((5, True), (25, True), (45, False)):
            self.assertEqual(Photocell(20, 40, 30).see(lux, 0), dark)

    def test_dark_after_the_delay_and_not_by_a_shadow(self):
        cell = Photocell(20, 40, 30)
        cell.see(100, 0)
        told = [cell.see(lux, at) for at, lux in ((10, 5), (20, 100), (30, 5), (50, 5), (59, 5), (60, 5))]
        self.assertEqual(told, [False] * 5 + [True])

    def test_headlights_make_no_day(self):
        cell = Photocell(20, 40, 30)
        cell.see(1, 0)
        told = [cell.see(lux, at) for at, lux in ((10, 900), (20, 1), (30, 900), (45, 900), (61, 900))]
        self.assertEqual(told, [True] * 4 + [False])

    def test_between_the_thresholds_nothing_changes(self):
        for start in (5, 100):
            cell = Photocell(20, 40, 0)
            dark = cell.see(start, 0)
            for at in range(1, 100):
                self.assertEqual(cell.see(20 + at % 21, at), dark)

    def test_who_was_blind_begins_anew(self):
        cell = Photocell(20, 40, 30)
        cell.see(100, 0)
        self.assertEqual(cell.see(None, 60), False)
        self.assertEqual(cell.see(None, 121), None)
        self.assertEqual(cell.see(5, 130), True)

    def test_thresholds_keep_their_distance(self):
        cell = Photocell(20, 40, 30)
        self.assertFalse(cell.move(2, 40))
        self.assertFalse(cell.move(3, 20))
        self.assertTrue(cell.move(2, 39))
        self.assertEqual((cell.on_lux, cell.off_lux), (39, 40))

    def test_what_a_driver_tells(self):
        out = [0] * 4
        cell = Photocell(20, 40, 30)
        cell.give(None, 0, out)
        self.assertEqual(out, [None, None, 20, 40])
        cell.give(3.5, 1, out)
        self.assertEqual(out, [3.5, 1, 20, 40])


class Cell(unittest.TestCase):
    def see(self, cell, lux, start, seconds):
        for up in range(start, start + seconds):
            cell.see(lux, up)
        return cell.dark

    def test_the_first_reading_counts_at_once(self):
        for lux, dark in ((0, True), (19, True), (30, True), (40, False), (1000, False)):
            self.assertEqual(Photocell(20, 40, 60).see(lux, 5), dark)

    def test_hysteresis_and_delay(self):
        cell = Photocell(20, 40, 60)
        self.assertFalse(self.see(cell, 100, 0, 10))
        self.assertFalse(self.see(cell, 30, 10, 1000))  # between the two nothing changes
        self.assertFalse(self.see(cell, 19, 1010, 60))
        self.assertTrue(cell.see(19, 1070))
        self.assertTrue(self.see(cell, 30, 1071, 1000))
        self.assertTrue(self.see(cell, 41, 2071, 60))
        self.assertFalse(cell.see(41, 2131))

    def test_a_headlight_or_a_cloud_does_not_count(self):
        cell = Photocell(20, 40, 60)
        self.see(cell, 5, 0, 10)
        for n in range(20):
            self.see(cell, 500, 100 * n + 10, 50)
            self.assertTrue(self.see(cell, 30, 100 * n + 60, 50))

    def test_no_reading_for_a_while(self):
        cell = Photocell(20, 40, 60)
        self.see(cell, 5, 0, 10)
        self.assertTrue(self.see(cell, None, 10, 119))
        self.assertEqual(self.see(cell, None, 129, 1), None)
        self.assertEqual(cell.see(1000, 500), False)

    def test_silence_does_not_help_a_doubt_to_become_certain(self):
        cell = Photocell(20, 40, 60)
        self.see(cell, 5, 0, 10)
        self.see(cell, 500, 10, 30)
        self.see(cell, None, 40, 50)
        self.assertTrue(self.see(cell, 500, 90, 59))
