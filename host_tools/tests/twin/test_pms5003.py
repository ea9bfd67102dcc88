"""The particle sensor's twin against the published frames, and the firmware's driver at the other end of its line."""

import pytest

from pole import clock as pole_clock
from pole.drivers.pms5003 import Driver
from pole.errors import BusError, DeviceFault, PoleError
from pole.quality import GOOD, WARMING
from yigan import cards
from yigan.twin import pms5003, virtual_time

POINTS = cards.driver("pms5003").points
# Captured (PyPMS, docs/sensors/Plantower.md): what is in the air, and the frame
CAPTURED = [
    ((0, 8, 8, 210, 70, 45, 30, 0, 0), "424d001c00000008000800000008000800d20046002d001e00000000970002c5"),
    ((0, 5, 5, 138, 46, 23, 15, 0, 0), "424d001c000000050005000000050005008a002e0017000f0000000097000234"),
]
ACTIVE, PASSIVE, READ = "424de100010171", "424de100000170", "424de200000171"
SLEEP, WAKE = "424de400000173", "424de400010174"
PASSIVE_ANSWER = "424d0004e1000174"


def heard(script, seconds=10.0, **options) -> list[tuple[float, bytes]]:
    """(milliseconds, what the twin sent). `script(twin, clock)` arranges things before it gets its power."""
    sent: list[tuple[float, bytes]] = []

    async def story():
        clock = virtual_time.Clock()
        twin = pms5003.Twin(clock, options)
        twin.send = lambda data: sent.append((clock.now_ms(), bytes(data)))
        script(twin, clock)
        twin.start()
        await pole_clock.sleep_ms(1000 * seconds)
        twin.stop()

    virtual_time.run(story(), pole_clock)
    return sent


def told(count, faults=(), options=None, **air) -> list:
    """`count` readings of the driver: (its points, quality), or the error it raised."""
    found: list = []

    async def story():
        twin = pms5003.Twin(virtual_time.Clock(), air)
        line = virtual_time.Line(virtual_time.Clock(), twin, 9600)
        for name in faults:
            twin.fault(name)
        twin.start()
        driver = Driver(line, options or {})
        while len(found) < count:
            out = [None] * len(POINTS)
            try:
                quality = await driver.read(out)
                found.append((dict(zip(POINTS, out, strict=True)), quality))
            except PoleError as error:
                found.append(error)
        twin.stop()

    virtual_time.run(story(), pole_clock)
    return found


def at(ms, text):
    """A script: so many milliseconds after the start the board sends `text`."""
    return lambda twin, clock: clock.call_later(ms, lambda: twin.received(bytes.fromhex(text)))


def fault(name):
    return lambda twin, clock: twin.fault(name)


def frames(script=lambda twin, clock: None, **more) -> list[bytes]:
    return [data for _, data in heard(script, **more)]


def right(data: bytes) -> bool:
    return len(data) == 32 and data[:4] == b"BM\0\x1c" and sum(data[:30]) == int.from_bytes(data[30:], "big")


@pytest.mark.parametrize(("air", "text"), CAPTURED)
def test_captured_frames(air, text):
    assert frames(seconds=1, **dict(zip(POINTS, air, strict=False))) == [bytes.fromhex(text)]


def test_as_it_comes_its_counts_and_masses_are_in_order():
    data = frames(seconds=1)[0]
    words = [int.from_bytes(data[k : k + 2], "big") for k in range(4, 28, 2)]
    assert right(data)
    assert words[3:6] == sorted(words[3:6])
    assert words[6:] == sorted(words[6:], reverse=True)


def test_fast_while_values_change_slow_when_steady():
    def change(twin, clock):
        for k in range(5):
            clock.call_later(700 + 800 * k, lambda k=k: twin.set("pm2_5", 50 + k))

    times = [ms for ms, _ in heard(change, seconds=12)]
    gaps = [b - a for a, b in zip(times, times[1:], strict=False)]
    assert gaps[:5] == pytest.approx([800] * 5)
    assert gaps[-1] == pytest.approx(2300)


def test_passive_mode():
    sent = heard(at(1000, PASSIVE), seconds=20)
    assert [data.hex() for ms, data in sent if ms > 900] == [PASSIVE_ANSWER]

    def ask(twin, clock):
        at(1000, PASSIVE)(twin, clock)
        at(5000, READ)(twin, clock)
        at(9000, ACTIVE)(twin, clock)

    sent = heard(ask, seconds=15)
    assert [ms for ms, data in sent if right(data)][1] == pytest.approx(5000)
    assert sum(right(data) for ms, data in sent if ms > 9000) >= 2


def test_reading_and_active_share_their_sum_and_not_their_meaning():
    assert READ[-4:] == ACTIVE[-4:]
    sent = heard(at(100, READ), seconds=0.5)
    assert [right(data) for _, data in sent] == [True]
    sent = heard(at(100, ACTIVE), seconds=0.5)
    assert [len(data) for _, data in sent] == [8]


def test_sleep_and_wake():
    def nap(twin, clock):
        at(1000, SLEEP)(twin, clock)
        at(5000, READ)(twin, clock)  # not heard in sleep
        at(9000, WAKE)(twin, clock)

    sent = heard(nap, seconds=15)
    assert [len(data) for ms, data in sent if 1000 <= ms <= 9000] == [8]
    assert all(right(data) for ms, data in sent if ms > 9000)
    assert len(sent) >= 4


@pytest.mark.parametrize("text", ["424de100000171", "424de10000", "ff" * 20, "42" * 20])
def test_what_is_no_command(text):
    sent = heard(at(100, text), seconds=0.5)
    assert sent == []
    sent = heard(at(100, text + PASSIVE), seconds=0.5)  # and the next one is heard
    assert [data.hex() for _, data in sent] == [PASSIVE_ANSWER]


def test_without_power():
    def cut(twin, clock):
        at(100, PASSIVE)(twin, clock)
        clock.call_later(1000, twin.stop)
        at(1500, READ)(twin, clock)
        clock.call_later(3000, twin.start)

    sent = heard(cut, seconds=9)
    assert [ms for ms, _ in sent if 1000 <= ms <= 3000] == []
    assert all(right(data) for ms, data in sent if ms > 3000)  # the passive mode is lost
    assert len(sent) >= 3


def test_what_a_person_can_set():
    twin = pms5003.Twin(None, {})
    twin.set("pm2_5", 80)
    assert twin.state()["pm2_5"] == 80
    with pytest.raises(KeyError):
        twin.set("pm25", 80)


def test_every_fault_does_what_it_says():
    """Of the wire; what the driver makes of it stands below."""
    assert frames(fault("silent")) == []
    assert not any(right(data) for data in frames(fault("noise")))
    assert all(data[:3] == b"BM\0" and data[3] != 28 for data in frames(fault("length")))
    assert all(int.from_bytes(d[30:], "big") - sum(d[:30]) == 1 for d in frames(fault("sum")))
    assert all(0 < len(data) < 32 for data in frames(fault("truncate")))
    assert all(right(data) and data[4:28] == bytes(24) for data in frames(fault("zero")))
    assert all(right(data) and data[29] for data in frames(fault("error")))
    assert all(right(data) and data[14:16] == b"BM" for data in frames(fault("header_inside")))

    def stuck(twin, clock):
        twin.fault("stuck")
        clock.call_later(1500, lambda: twin.set("pm2_5", 500))

    assert len(set(frames(stuck))) == 1


def test_no_fault_is_forgotten_here():
    assert set(pms5003.Twin.FAULTS) == {
        "silent", "noise", "slow", "range", "length", "sum", "truncate", "zero", "error", "stuck", "header_inside"
    }  # fmt: skip


@pytest.mark.parametrize("name", pms5003.Twin.FAULTS)
def test_a_fault_ends(name):
    def brief(twin, clock):
        twin.fault(name)
        clock.call_later(5000, lambda: twin.fault(name, False))
        clock.call_later(5000, lambda: twin.set("pm10", 77))

    last = frames(brief, seconds=12)[-1]
    assert right(last)
    assert (last[15], last[29]) == (77, 0)


def test_the_driver_reads_the_air():
    readings = told(20, pm1_0=7, pm2_5=80, pm10=110, count_10=3)
    assert readings[0][0] == {
        "pm1_0": 70, "pm2_5": 800, "pm10": 1100, "count_0_3": 2100, "count_0_5": 700, "count_1_0": 160, "count_2_5": 24,
        "count_5_0": 5, "count_10": 3, "sensor_fault": 0,
    }  # fmt: skip
    assert (readings[0][1], readings[-1][1]) == (WARMING, GOOD)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("silent", BusError), ("noise", DeviceFault), ("length", DeviceFault), ("sum", DeviceFault), ("error", DeviceFault)],
)
def test_the_driver_says_what_is_wrong(name, kind):
    assert [type(said) for said in told(5, [name])] == [kind] * 5


def test_the_driver_believes_no_cut_frame():
    assert all(isinstance(said, (DeviceFault, BusError)) for said in told(20, ["truncate"]))


def test_the_driver_keeps_its_step_with_a_header_inside():
    assert [said[0]["pm10"] for said in told(9, ["header_inside"])] == [0x424D * 10] * 9


def test_the_driver_does_not_take_a_stopped_fan_for_clean_air():
    readings = told(200, ["zero"])
    assert isinstance(readings[0], tuple)
    assert isinstance(readings[-1], DeviceFault)
