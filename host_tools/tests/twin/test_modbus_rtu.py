"""The slaves' end of a line, and the firmware's master with it: what one bad slave does to the others."""

import asyncio

import pytest

from pole import clock as pole_clock
from pole import errors
from pole.codec import crc
from pole.drivers.modbus_rtu import Bus
from yigan.errors import ConfigError
from yigan.twin import modbus_rtu, modbus_sensor, virtual_time

READ = bytes.fromhex("0300000001")
QUESTION = bytes.fromhex("010300000001840A")
ANSWER = bytes.fromhex("01030201F57993")  # 50.1 dB


class Manual:
    """A clock that the test moves."""

    def __init__(self):
        self.now, self.later = 0.0, []

    def now_ms(self):
        return self.now

    def call_later(self, ms, fn):
        entry = [self.now + ms, fn]
        self.later.append(entry)
        return type("Handle", (), {"cancel": lambda _: entry.__setitem__(1, lambda: None)})()

    def move(self, ms):
        end = self.now + ms
        while due := sorted((e for e in self.later if e[0] <= end), key=lambda e: e[0]):
            self.later.remove(due[0])
            self.now = due[0][0]
            due[0][1]()
        self.now = end


def slave(kind="noise", address=1, *faults):
    made = modbus_sensor.Twin(None, {"map": kind, "address": address})
    made.start()
    for fault in faults:
        made.fault(fault)
    return made


def line(*slaves):
    clock = Manual()
    made = modbus_rtu.Twin(clock, {"baud": 9600})
    said = []
    made.send = said.append
    for one in slaves:
        made.attach(one)
    return made, clock, said


def test_crc_agrees_with_the_firmwares():
    for n in range(64):
        assert modbus_rtu.crc16(bytes(range(n))) == crc.modbus(bytes(range(n)))


def test_silence_ends_a_frame():
    far, clock, said = line(slave())
    far.received(QUESTION[:3])
    clock.move(3)
    far.received(QUESTION[3:])
    clock.move(60)
    assert said == [ANSWER]


def test_a_gap_within_a_frame_spoils_it():
    far, clock, said = line(slave())
    far.received(QUESTION[:3])
    clock.move(5)  # 3.5 characters are 3.6 ms
    far.received(QUESTION[3:])
    clock.move(60)
    assert said == [] and far.frames == 2


@pytest.mark.parametrize("frame", [QUESTION[:-1] + b"\x00", b"\x01", b"", bytes(300), b"\x02" + QUESTION[1:]])
def test_what_is_no_frame_for_it(frame):
    assert modbus_rtu.reply(slave(), frame) is None


def test_nobody_answers_a_broadcast_but_all_obey():
    one = slave("xy_md02", 3)
    assert modbus_rtu.reply(one, modbus_rtu.seal(bytes.fromhex("000601010009"))) is None
    one.start()
    assert one.address == 9


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("silent", errors.BusError, errors.NO_ANSWER),
        ("bad_crc", errors.DeviceFault, errors.BAD_CHECKSUM),
        ("truncated", errors.DeviceFault, errors.SHORT_FRAME),
        ("wrong_address", errors.BusError, errors.NO_ANSWER),
        ("late", errors.BusError, errors.NO_ANSWER),
        ("exception", errors.DeviceFault, errors.DEVICE_EXCEPTION),
    ],
)
def test_what_the_master_says_of_each_fault(fault, kind, code):
    async def story():
        bus = make_bus([slave("noise", 1, fault)])
        with pytest.raises(kind) as caught:
            await bus.exchange(1, READ, 5, bytearray(8))
        assert caught.value.code == code

    virtual_time.run(story(), pole_clock)


def make_bus(slaves, baud=9600, **options):
    clock = virtual_time.Clock()
    far = modbus_rtu.Twin(clock, {"baud": baud})
    for one in slaves:
        far.attach(one)
    return Bus(virtual_time.Line(clock, far, baud), options)


async def poll(bus, address, until_s, rates):
    """A greedy task: asks again as soon as it was answered, or told to wait."""
    loop = asyncio.get_running_loop()
    reply = bytearray(8)
    rates[address] = 0
    while loop.time() < until_s:
        try:
            await bus.exchange(address, READ, 5, reply)
            rates[address] += 1
        except errors.BusError as error:
            if error.code == errors.ISOLATED:
                await asyncio.sleep(0.05)


def rates(dead, seconds=60, **options):
    """Answers of each of five slaves in so many seconds."""
    found: dict = {}

    async def story():
        bus = make_bus(
            [slave("noise", n, *(["silent"] if n in dead else [])) for n in range(1, 6)], **options
        )
        await asyncio.gather(*(poll(bus, n, seconds, found) for n in range(1, 6)))

    virtual_time.run(story(), pole_clock)
    return found


def test_a_dead_slave_among_five_leaves_the_others_their_rate():
    well, hurt = rates(()), rates((3,))
    assert hurt[3] == 0
    for n in (1, 2, 4, 5):
        assert hurt[n] >= 0.8 * well[n], (well, hurt)


def test_all_get_the_same():
    found = rates(())
    assert max(found.values()) - min(found.values()) <= 1


def test_four_dead_slaves_leave_the_fifth_its_rate():
    assert rates((1, 2, 3, 4))[5] >= 0.8 * rates(())[5]


def test_a_slave_that_comes_back_is_asked_again_within_half_a_minute():
    async def story():
        parts = [slave("noise", n) for n in (1, 2)]
        bus = make_bus(parts)
        parts[0].fault("silent")
        found: dict = {}
        tasks = [asyncio.create_task(poll(bus, n, 200, found)) for n in (1, 2)]
        await asyncio.sleep(120)
        assert found[1] == 0
        parts[0].fault("silent", False)
        await asyncio.sleep(31)
        back = found[1]
        for task in tasks:
            task.cancel()
        return back

    assert virtual_time.run(story(), pole_clock) > 0


def test_late_replies_never_answer_the_next_question():
    """Every value names its slave and its register: whatever comes late, none is ever taken for another's."""

    class Register(modbus_sensor.Twin):
        def request(self, pdu):
            return bytes([pdu[0], 2, self.address, pdu[2]])

    async def story():
        parts = [Register(None, {"map": "noise", "address": n}) for n in (1, 2)]
        parts[0].fault("late")
        bus = make_bus(parts, timeout_ms=300, late_ms=200, retries=1)
        bus.health._threshold = 1000  # no mercy: it is asked for ever
        reply = bytearray(8)
        for round_ in range(100):
            for address in (1, 2):
                question = bytes([3, 0, round_, 0, 1])
                try:
                    await bus.exchange(address, question, 5, reply)
                except errors.PoleError:
                    continue
                assert reply[2:4] == bytes([address, round_])
        return bus.strays

    assert virtual_time.run(story(), pole_clock) > 0


def test_unknown_fault():
    with pytest.raises(ConfigError):
        line()[0].fault("loud")
