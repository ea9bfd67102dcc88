"""Lines on a clock of our own: timing, framing by silence, the driver-enable pin, collisions."""

import pytest

from yigan.twin.board.loop import VirtualLoop
from yigan.twin.lines import FIFO, Rs485, Settings, Tap, Uart
from yigan.twin.modbus_rtu import crc16, seal


class Part:
    address = 7

    def __init__(self, answer=b""):
        self.answer, self.asked, self.heard, self.send = answer, [], [], None

    def received(self, data):
        self.heard.append(data)

    def request(self, pdu):
        self.asked.append(pdu)
        return self.answer


class Rx:
    """The program's end: what it got and when."""

    def __init__(self, clock, read=True):
        self.clock, self.read, self.got, self.host = clock, read, [], self

    def unread(self):
        return 0 if self.read else sum(len(data) for _, data in self.got)

    def send(self, data):
        self.got.append((self.clock.now_ms(), bytes(data)))

    @property
    def bytes(self):
        return b"".join(data for _, data in self.got)


@pytest.fixture
def clock():
    return VirtualLoop()


def pass_ms(clock, ms):
    done = []
    clock.advance(ms, lambda: done.append(1))
    while not done:
        clock.step()


def frame(address, pdu=b"\x03\0\0\0\1"):
    return seal(bytes([address]) + pdu)


def line(clock, *parts, kind=Uart, read=True):
    made = kind(clock, 1)
    for number, one in enumerate(parts):
        made.attach(Tap(one, f"part{number}", {"baud": 9600}))
    made.rx = Rx(clock, read)
    made.open(Settings(9600), 256)
    return made


def test_bytes_arrive_when_their_last_bit_has(clock):
    air = Part()
    uart = line(clock, air)
    uart.transmit(b"x" * 48)
    pass_ms(clock, 49.9)
    assert air.heard == [] and uart.left_ms() > 0
    pass_ms(clock, 0.2)
    assert air.heard == [b"x" * 48] and uart.left_ms() == 0
    air.send(b"y" * 16)
    pass_ms(clock, 30)
    assert [round(at - 50.1, 1) for at, _ in uart.rx.got] == [8.3, 16.7]


def test_nine_bits_a_character_more_with_parity():
    assert Settings(9600, 8, "E", 1).char_ms == pytest.approx(11 / 9.6)


def test_silence_after_bytes_is_reported_once(clock):
    air, idle = Part(), []
    uart = line(clock, air)
    uart.idle = lambda: idle.append(clock.now_ms())
    air.send(b"12345678")
    air.send(b"1234")
    pass_ms(clock, 100)
    assert idle == [pytest.approx(13 * 10 / 9.6)]


def test_during_an_erase_only_the_hardware_fifo_listens(clock):
    air = Part()
    uart = line(clock, air)
    uart.deaf_until = 500
    air.send(bytes(200))
    pass_ms(clock, 400)
    assert uart.rx.bytes == b""
    pass_ms(clock, 200)
    assert len(uart.rx.bytes) == FIFO and uart.overruns == 200 - FIFO


def test_a_ring_that_nobody_reads_keeps_what_fits(clock):
    air = Part()
    uart = line(clock, air, read=False)
    air.send(bytes(300))
    pass_ms(clock, 400)
    assert len(uart.rx.bytes) == 256 and uart.overruns == 44


def bus(clock, *parts):
    """An RS-485 line and its driver-enable pin."""
    made = line(clock, *parts, kind=Rs485)
    level = [0]
    made.de = lambda: level[0]

    def enable(value):
        level[0] = value
        made.de_changed(value)

    return made, enable


def ask(clock, made, enable, data, off_after=None):
    enable(1)
    made.transmit(data)
    pass_ms(clock, made.left_ms() if off_after is None else off_after)
    enable(0)
    pass_ms(clock, 60)


def test_a_slave_answers_after_the_silence(clock):
    meter = Part(b"\x03\x02\x12\x34")
    made, enable = bus(clock, meter)
    ask(clock, made, enable, frame(7))
    assert meter.asked == [b"\x03\0\0\0\1"]
    assert made.rx.bytes == frame(7, b"\x03\x02\x12\x34")
    # 8 characters out, 10 ms of thought, 7 back
    assert made.rx.got[-1][0] == pytest.approx(15 * 10 / 9.6 + 10, abs=0.1)


@pytest.mark.parametrize(
    "data", [frame(8), frame(7)[:-1], frame(7)[:-1] + b"\0", b"\x07", bytes(300)], ids=["other", "cut", "crc", "one", "long"]
)
def test_what_is_no_frame_for_it_has_no_answer(clock, data):
    meter = Part(b"\x03\x02\x12\x34")
    made, enable = bus(clock, meter)
    ask(clock, made, enable, data)
    pass_ms(clock, 400)
    assert not meter.asked and not made.rx.got


def test_a_broadcast_is_obeyed_by_all_and_answered_by_none(clock):
    meters = Part(b"\x06"), Part(b"\x06")
    made, enable = bus(clock, *meters)
    ask(clock, made, enable, frame(0, b"\x06\0\1\0\2"))
    assert [m.asked for m in meters] == [[b"\x06\0\1\0\2"]] * 2 and not made.rx.got


def test_a_driver_switched_off_early_cuts_the_frame(clock):
    meter = Part(b"\x03\x02\x12\x34")
    made, enable = bus(clock, meter)
    ask(clock, made, enable, frame(7), off_after=6)
    assert not meter.asked and made.cut == 1


def test_a_driver_left_on_drowns_the_answer(clock):
    meter = Part(b"\x03\x02\x12\x34")
    made, enable = bus(clock, meter)
    ask(clock, made, enable, frame(7), off_after=60)
    assert meter.asked and not made.rx.got and made.collisions == 1


def test_two_stations_with_one_address_spoil_each_other(clock):
    made, enable = bus(clock, Part(b"\x03\x02\x12\x34"), Part(b"\x03\x02\x43\x21"))
    ask(clock, made, enable, frame(7))
    got = made.rx.bytes
    assert got and crc16(got[:-2]).to_bytes(2, "little") != got[-2:]


def test_another_baud_rate_or_parity_is_noise(clock):
    for settings in (Settings(19200), Settings(9600, parity="E")):
        meter = Part(b"\x03\x02\x12\x34")
        made, enable = bus(clock, meter)
        made.open(settings, 256)
        ask(clock, made, enable, frame(7))
        assert not meter.asked and made.garbled
