import os
import random
import struct
import unittest

from passing_time import PassingTime
from pole.codec import record
from pole.journal import Journal
from pole.journal_reader import Reader
from pole.keep import Keep

T = record.TELEMETRY


def remove(folder):
    try:
        for name in os.listdir(folder):
            remove(folder + "/" + name)
        os.rmdir(folder)
    except OSError:
        try:
            os.remove(folder)
        except OSError:
            pass


class Kept(unittest.TestCase):
    NEEDS = ("files",)
    number = 0

    def setUp(self):
        self.time = PassingTime()
        Kept.number += 1
        base = os.getenv("TMPDIR") or "/tmp" if hasattr(os, "getenv") else ""
        self.folder = "%s/yigan-journal-%d-%d" % (base, self.time.ticks, Kept.number)

    def tearDown(self):
        self.time.stop()
        remove(self.folder)

    def begin(self, room=262144):
        return Journal(self.folder + "/j", Keep(self.folder + "/keep"), room)

    def numbers(self, reader):
        found = []
        while reader.next():
            found.append(record.number(reader.buf))
        return found

    def test_a_record_is_what_it_was(self):
        one = self.begin()
        city = one.reader("city")
        number = one.put(record.ALARM, record.EVENT, b"alarm\0{}", 5)
        self.assertTrue(city.next())
        buf = city.buf
        self.assertEqual((record.class_of(buf), record.kind_of(buf), record.number(buf)), (0, record.EVENT, number))
        self.assertEqual(bytes(buf[record.HEAD : city.length - 2]), b"alarm\0{}")
        self.assertFalse(city.next())
        with self.assertRaises(ValueError):
            one.put(T, record.LINE, bytes(record.LONGEST))

    def test_what_is_acknowledged_in_ram_never_touches_the_flash(self):
        one = self.begin()
        city = one.reader("city")
        for _ in range(500):
            number = one.put(T, record.SAMPLE, b"1234567")
            self.assertTrue(city.next())
            city.ack(T, number)
        self.time.pass_ms(61000)
        one.step()
        self.assertEqual((one.used(), os.listdir(self.folder + "/j")), (0, []))

    def test_it_outlives_a_restart_of_ours_without_a_gap(self):
        one = self.begin()
        put = [one.put(T, record.SAMPLE, struct.pack("<I", k)) for k in range(1000)]
        one.flush()
        again = self.begin()
        city = again.reader("city")
        self.assertEqual(self.numbers(city), put)
        self.assertEqual(again.put(T, record.SAMPLE, b"x"), put[-1] + 1)

    def test_a_power_cut_is_a_gap(self):
        one = self.begin()
        for _ in range(10):
            one.put(T, record.SAMPLE, b"1234567")  # in RAM
        again = self.begin()
        city = again.reader("city")
        self.assertTrue(city.next())
        self.assertEqual(record.kind_of(city.buf), record.GAP)
        end, *lasts = struct.unpack_from("<6I", city.buf, record.HEAD)
        self.assertTrue(lasts[T] == 0 and end > 10)
        self.assertTrue(again.put(T, record.SAMPLE, b"x") >= end)

    def test_over_the_room_the_least_important_goes(self):
        one = self.begin(40960)
        city = one.reader("city")
        random.seed(5)
        alarm = one.put(record.ALARM, record.EVENT, b"fire")
        for _ in range(700):
            one.put(random.choice((T, record.LOG)), record.LINE, bytes(100))
        self.assertTrue(one.used() <= 40960 + 4096)
        told, lost = set(), []
        for _ in range(2):
            while city.next():
                told.add(record.number(city.buf))
                if record.kind_of(city.buf) == record.DROPPED:
                    lost.append(struct.unpack_from("<BII", city.buf, record.HEAD))
        self.assertTrue(alarm in told and lost and lost[0][0] == record.LOG)
        for number in range(1, one.number):
            self.assertTrue(number in told or any(low <= number <= high for _, low, high in lost), number)

    def test_how_far_it_is_behind(self):
        one = self.begin()
        city = one.reader("city")
        self.assertEqual(city.behind(), 0)
        put = [one.put(T, record.SAMPLE, b"1234567") for _ in range(9)]
        city.ack(record.ALARM, one.put(record.ALARM, record.EVENT, b"x"))
        self.assertEqual(city.behind(), put[-1])
        city.ack(T, put[-1])
        self.assertEqual(city.behind(), 0)

    def test_who_only_looks_holds_nothing(self):
        one = self.begin()
        city = one.reader("city")
        put = [one.put(T, record.SAMPLE, b"1234567") for _ in range(200)]
        look = Reader(one)
        one.readers.append(look)
        self.assertEqual(self.numbers(look), put)
        look.leave()
        self.assertEqual(self.numbers(city), put)
        city.ack(T, put[-1])
        self.assertEqual(one.used(), 0)


if __name__ == "__main__":
    unittest.main()
