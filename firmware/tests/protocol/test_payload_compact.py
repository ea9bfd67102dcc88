"""What the compact form looks like on the wire; host_tools/tests/decode/test_compact.py reads it back."""

import struct
import unittest

import points_bin
from pole import clock, quality
from pole.codec import record
from pole.protocol.payload_compact import Compact
from pole.store import Store, Table

ROWS = [
    (32, "node.supply", 2, 2, False, 0, 65500),
    (33, "node.mains", 0, 0, False, 0, 1),
    (1537, "air.pm2_5", 2, 1, False, 0, 65000),
    (1539, "air.pm10", 2, 1, False, 0, 65000),
    (1552, "air.so2", 4, 1, False, 0, 10000000),
    (1920, "weather.temperature", 1, 2, False, -8000, 10000),
]
PM, PM10, SO2, TEMPERATURE = 2, 3, 4, 5


class Base(unittest.TestCase):
    def setUp(self):
        self.store = Store(Table(points_bin.build(ROWS)))
        self.compact = Compact(self.store)

    def message(self, longest=51, start=0):
        return bytes(self.compact.buf[: self.compact.now(longest, start)])

    def bits(self, longest=51, start=0):
        data = self.message(longest, start)
        return "".join(["01"[b >> k & 1] for b in data for k in range(8)])


class Now(Base):
    def test_nothing_measured_is_nothing_said(self):
        self.assertEqual(self.message(), b"\0")

    def test_one_value(self):
        self.store.put(PM, 350)
        # form 0, group 48, no odd ones, byte 0 of 4, point 1 of it, 350 in 16 bits
        wanted = "0000" + "00001100" + "0" + "1000" + "01000000" + "0111101010000000"
        self.assertEqual(self.bits()[: len(wanted)], wanted)
        self.assertEqual(len(self.message()), 6)

    def test_low_is_zero(self):
        self.store.put(TEMPERATURE, -8000)
        self.assertEqual(self.bits()[25:40], "0" * 15)

    def test_a_wide_value_takes_what_it_needs(self):
        sizes = []
        for raw in (0, 255, 256, 4095, 4096, 65535, 65536, 10000000):
            self.store.put(SO2, raw)
            self.message()
            sizes.append(self.compact.bits.n - 27)
        self.assertEqual(sizes, [8, 8, 12, 12, 16, 16, 24, 24])

    def test_without_a_value_the_quality_is_told(self):
        self.store.fail(PM, quality.COMM_FAULT)
        wanted = "0000" + "00001100" + "1" + "0000" + "1000" + "01000000" + "0110"
        self.assertEqual(self.bits()[: len(wanted)], wanted)

    def test_what_its_row_cannot_carry_is_out_of_range(self):
        self.store.put(TEMPERATURE, -8001, quality.MANUAL)
        self.assertEqual(self.bits()[4 + 8 : 4 + 8 + 1 + 4], "1" + "0000")
        self.assertEqual(self.bits()[29:33], "1010")

    def test_the_first_of_the_order_go_first(self):
        for i in range(len(ROWS)):
            self.store.put(i, 1)
        self.compact.order = (TEMPERATURE, PM, PM10, 0, 1, SO2)
        self.assertEqual(len(self.message(11)), 10)
        self.assertEqual(self.compact.rest, 2)  # pm10 must wait: its 16 bits are too many
        self.assertTrue(len(self.message(11, self.compact.rest)) <= 11)
        self.assertEqual(self.compact.rest, 5)  # so2

    def test_never_longer_than_asked(self):
        for i in range(len(ROWS)):
            self.store.put(i, 1, quality.UNCERTAIN if i % 2 else quality.GOOD)
        for longest in range(1, 60):
            self.assertTrue(len(self.message(longest)) <= longest)

    def test_wider_limits_of_a_pole_change_no_bits(self):
        narrow = Compact(self.store, None, {PM: (0, 1000)})
        self.store.put(PM, 350)
        narrow.now(51)
        self.assertEqual(narrow.bits.n, 25 + 10)


class Records(Base):
    def sample(self, number, time, i, raw, q=quality.GOOD, unknown=0):
        buf, payload = bytearray(64), struct.pack("<HBi", ROWS[i][0], q, raw)
        record.pack(buf, 0, record.TELEMETRY, record.SAMPLE | unknown, number, time, payload)
        return buf

    def test_records_of_one_point(self):
        self.compact.history()
        for k in range(8):
            self.assertTrue(self.compact.add(self.sample(100 + k, 5000 + 30 * k, PM, 350 + k), 51))
        self.assertEqual(self.compact.bits.n, 68 + 33 + 7 * 39)
        self.assertEqual(self.compact.bits.length(), (68 + 33 + 7 * 39 + 7) // 8)
        self.assertFalse(self.compact.add(self.sample(109, 5270, PM, 1), 47))

    def test_known_and_unknown_times_do_not_mix(self):
        self.compact.history()
        self.assertTrue(self.compact.add(self.sample(1, 5, PM, 1, unknown=record.UNKNOWN_TIME), 51))
        self.assertFalse(self.compact.add(self.sample(2, 5, PM, 1), 51))
        self.assertEqual(self.compact.buf[0] & 15, 2)

    def test_an_old_number_begins_a_message(self):
        self.compact.history()
        self.compact.add(self.sample(10, 5, PM, 1), 51)
        self.assertFalse(self.compact.add(self.sample(10, 5, PM, 1), 51))

    def test_alarm_in_eleven_bytes(self):
        said = 217497600, 1, 1, 2, 1
        time, alarm, state, severity, reason = said
        self.assertEqual(self.compact.alarm(alarm, state, severity, reason, PM, 1151, time, True), 11)
        self.assertEqual(self.compact.alarm(alarm, state, severity, reason, PM, 1151, time, True, 77), 15)
        self.assertEqual(self.compact.alarm(alarm, state, severity, reason, PM, None, time, False), 9)

    def test_whatever_else(self):
        buf = bytearray(600)
        n = record.pack(buf, 0, record.LOG, record.LINE, 7, 9, b"log\0{}")
        self.assertEqual(self.compact.record(buf, n), 17)
        self.assertEqual(self.compact.record(buf, 501), 0)


class Frugal(Base):
    NEEDS = ("micropython",)

    def test_heap(self):
        import gc

        for i in range(len(ROWS)):
            self.store.put(i, 1)
        clock.uptime_s()
        self.message()
        gc.collect()
        gc.disable()
        before = gc.mem_free()
        self.compact.now(51)
        used = before - gc.mem_free()
        gc.enable()
        self.assertTrue(used < 4000, used)
