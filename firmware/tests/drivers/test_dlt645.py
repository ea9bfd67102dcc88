import asyncio
import gc
import unittest

from pole import clock
from pole.codec import dlt645 as codec
from pole.drivers import dlt645, dlt645_bus, dlt645_control, dlt645_items
from pole.errors import BusError, DeviceFault, PoleError
from pole.quality import GOOD
from serial_line import Line

# Published exchanges (hwhale.com/article/138066 and the sources of codec/test_dlt645.py)
EXCHANGES = (
    (
        "AAAAAAAAAAAA",
        "energy",
        "68AAAAAAAAAAAA681104333334 33AE16",
        "FEFE68720032091720689108333334 33B93433336D16",
        186,
    ),
    (
        "000000000161",
        "voltage_a",
        "68610100000000681104333434351716",
        "686101000000006891063334343534431016",
        1001,
    ),
    (
        "000000000161",
        "current_a",
        "68610100000000681104333435351816",
        "68610100000000689107333435 35CC7C331616",
        4999,
    ),
    (
        "100023669245",
        "voltage_a",
        "68459266230010681104333434352516",
        "68459266230010689106333434356655 6216",
        2233,
    ),
)
TRIP = "FEFEFEFE68090051050326681C1035333333333333334D348C8C566445CC8216"


def octets(words):
    words = words.replace(" ", "")
    return bytes(int(words[k : k + 2], 16) for k in range(0, len(words), 2))


def frame(address, control, data):
    buf = bytearray(codec.MOST)
    return bytes(buf[: codec.put(buf, 0, address, control, data, len(data))])


class Meter:
    """Answers to a question (its frame) what `answers` says; `asked` keeps the questions."""

    def __init__(self, answers, delay_ms=5):
        self.answers = answers
        self.delay_ms = delay_ms

    def __call__(self, question):
        at = codec.find(question, len(question))
        found = self.answers.get(question[at:])
        return [(self.delay_ms, found)] if found else []


def driver(answers, items, **options):
    line = Line(Meter(answers), 38400)
    return dlt645.Driver(line, dict(options, items=items, timeout_ms=options.get("timeout_ms", 100))), line


def read(one, n):
    out = [None] * n

    async def story():
        return await one.read(out)

    return asyncio.run(story()), out


class Reads(unittest.TestCase):
    def test_published_exchanges(self):
        for address, item, question, answer, value in EXCHANGES:
            one, line = driver({octets(question): octets(answer)}, [item], address=address)
            self.assertEqual(read(one, 1), (GOOD, [value]))
            self.assertEqual(line.sent, [b"\xfe" * 4 + octets(question)])

    def test_the_address_is_asked(self):
        question = octets("68aaaaaaaaaaaa681300df16")
        answer = frame(octets("914002011807"), 0x93, octets("914002011807"))
        one, line = driver({question: answer}, ["power"])
        self.assertEqual(asyncio.run(one.read_address()), "071801024091")

    def test_an_item_nobody_knows(self):
        for name in ("enrgy", "", "energy_", "nergy"):
            with self.assertRaises(PoleError):
                driver({}, [name])

    def test_the_word_of_a_refusal(self):
        address = codec.address("000000000161")
        question = octets("68610100000000681104333434351716")
        one, _ = driver({question: frame(address, 0xD1, b"\x02")}, ["voltage_a"], address="000000000161")
        with self.assertRaises(DeviceFault) as caught:
            read(one, 1)
        self.assertEqual(caught.exception.detail, "no such data")

    def test_a_refused_item_does_not_cost_the_others(self):
        address = codec.address("000000000161")
        answers = {
            octets("68610100000000681104333434351716"): octets("686101000000006891063334343534431016"),
            octets("68610100000000681104333435351816"): frame(address, 0xD1, b"\x02"),
        }
        one, _ = driver(answers, ["current_a", "voltage_a"], address="000000000161")
        self.assertEqual(read(one, 2), (GOOD, [None, 1001]))
        self.assertEqual(one.bad, 1)

    def test_nobody_there(self):
        one, line = driver({}, ["power", "energy"])
        with self.assertRaises(BusError):
            read(one, 2)
        self.assertEqual((len(line.sent), one.bus.timeouts), (1, 1))

    def test_another_meters_answer_is_none(self):
        question = octets(EXCHANGES[1][2])
        for answer in (
            octets(EXCHANGES[3][3]),  # of another meter
            octets(EXCHANGES[2][3]),  # about another item
            question,  # our own echo
            octets(EXCHANGES[1][3])[:-3],
            b"\x00",
        ):
            one, _ = driver({question: answer}, ["voltage_a"], address="000000000161")
            with self.assertRaises(DeviceFault):
                read(one, 1)
            one, _ = driver(
                {question: answer + octets(EXCHANGES[1][3])}, ["voltage_a"], address="000000000161"
            )
            self.assertEqual(read(one, 1), (GOOD, [1001]))

    def test_a_line_that_babbles_ends(self):
        one, line = driver({}, ["voltage_a"])
        for k in range(600):
            line.put(5 * k, b"\x68\x00\x68\xff")
        begun = clock.ticks_ms()
        with self.assertRaises(DeviceFault):
            read(one, 1)
        self.assertTrue(clock.ticks_diff(clock.ticks_ms(), begun) < 1500)


class Items(unittest.TestCase):
    def requests(self, *items, **more):
        return [(r[0], list(r[3])) for r in dlt645_items.requests(items, more.get("blocks", True))]

    def test_blocks(self):
        phases = "voltage_c", "power", "voltage_a"
        self.assertEqual(self.requests(*phases), [(octets("00FF0102"), [2, -1, 0]), (octets("00000302"), [1])])
        self.assertEqual(len(self.requests(*phases, blocks=False)), 3)
        self.assertEqual(self.requests("energy_t2", "relay", "energy"), [(octets("00FF0100"), [2, -1, 0])])
        self.assertEqual(self.requests("current_a", "current_n"), [(octets("00010202"), [0]), (octets("01008002"), [1])])

    def test_a_block_knows_its_parts(self):
        block = dlt645_items.requests(("power", "power_b"), True)[0]
        self.assertEqual([(part[0], part[3]) for part in block[4]], [(octets("00000302"), (0,)), (octets("00020302"), (1,))])


class Secret(unittest.TestCase):
    def test_the_published_trip(self):
        body = dlt645_control.secret(2, "000000", "00000000") + bytes((codec.TRIP, 1))
        body += dlt645_control.stamp((2099, 12, 31, 23, 59, 59))
        self.assertEqual(b"\xfe" * 4 + frame(codec.address("260305510009"), codec.RELAY, body), octets(TRIP))

    def test_numbers_low_digits_first(self):
        self.assertEqual(dlt645_control.secret(4, "123456", "00000789"), octets("0456341289070000"))

    def test_it_is_in_no_error(self):
        one, _ = driver({}, ["relay"], password="135792")
        with self.assertRaises(BusError) as caught:
            asyncio.run(one.write(0, 0))
        self.assertEqual(repr(caught.exception).find("135792"), -1)


class Still:
    """A line whose meter answers at once, without heap of its own."""

    baud = 2400
    char_us = 4583
    poll_ms = 50

    def __init__(self, answers):
        self.answers = answers  # by the DI's second byte on the wire
        self.answer = None

    def begin(self, buf):
        self.answer = self.answers[buf[16]]
        return 0

    def end(self):
        pass

    def take(self, buf):
        if self.answer is None:
            return 0
        n = len(self.answer)
        for k in range(n):
            buf[k] = self.answer[k]
        self.answer = None
        return n


class Heap(unittest.TestCase):
    NEEDS = ("micropython",)

    def test_a_reading_leaves_nothing_and_costs_little(self):
        line = Still({0x34: octets(EXCHANGES[1][3]), 0x35: octets(EXCHANGES[2][3])})
        one = dlt645.Driver(line, {"address": "000000000161", "items": ["voltage_a"]})
        out = [None]

        async def story(count):
            for _ in range(count):
                await one.read(out)

        asyncio.run(story(3))
        gc.collect()
        start = gc.mem_alloc()
        asyncio.run(story(40))
        spent = gc.mem_alloc() - start
        gc.collect()
        self.assertTrue(gc.mem_alloc() - start < 100)
        self.assertTrue(0 < spent / 40 <= 64, spent / 40)
        self.assertEqual(out, [1001])


class Lines(unittest.TestCase):
    def test_one_bus_a_line(self):
        line = Line(Meter({}), 2400)
        self.assertIs(dlt645_bus.shared(line), dlt645_bus.shared(line))


if __name__ == "__main__":
    unittest.main()
