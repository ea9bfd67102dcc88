import unittest

from pole.codec.pulse_energy import PulseEnergy


class Energy(unittest.TestCase):
    def counted(self, bits, readings, per_unit=65536, maximum_w=20000, ms=1000):
        one = PulseEnergy(bits, maximum_w)
        one.per_unit = per_unit
        for counter in readings:
            one.count(counter, ms)
        return one

    def test_the_first_reading_is_where_it_begins(self):
        self.assertEqual(self.counted(16, [40000]).units, 0)
        self.assertEqual(self.counted(16, [40000, 40003]).units, 3)

    def test_wraps(self):
        self.assertEqual(self.counted(16, [65530, 3]).units, 9)
        self.assertEqual(self.counted(24, [0xFFFFFE, 1]).units, 3)

    def test_parts_of_a_unit_are_kept(self):
        one = self.counted(16, range(0, 1000, 3), per_unit=int(37.5 * 65536))
        self.assertEqual(one.units, int(999 / 37.5))

    def test_a_chip_that_began_anew(self):
        one = self.counted(16, [30000, 30001, 0, 2])
        self.assertEqual((one.units, one.restarts), (3, 1))

    def test_more_than_the_circuit_can_draw(self):
        # 20 kW for 10 s are 200 kJ: 555 units; the rounding of the time grants a second more
        self.assertEqual(self.counted(24, [0, 600], ms=10000).restarts, 0)
        self.assertEqual(self.counted(24, [0, 700], ms=10000).restarts, 1)

    def test_without_a_scale_nothing_is_counted(self):
        self.assertEqual(self.counted(16, [0, 9, 99], per_unit=0).units, 0)


if __name__ == "__main__":
    unittest.main()
