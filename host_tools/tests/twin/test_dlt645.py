"""The DL/T 645 meter's twin at the far end of the firmware's driver: reads, relay, clock, faults and recovery."""

import pytest

from pole import clock as pole_clock
from pole.drivers import dlt645, dlt645_bus, dlt645_control
from pole.errors import DEVICE_EXCEPTION, BusError, DeviceFault, PoleError
from pole.quality import GOOD
from yigan import cards
from yigan.twin import dlt645 as twins
from yigan.twin import virtual_time

CARD = cards.driver("dlt645")
ALL = [p for p in CARD.points if p not in ("relay", "relay_actual", "status_word")]
USUAL = {name: option.default for name, option in CARD.options.items() if option.default is not None}


class Meters:
    """Several twins at the far end of one line."""

    def __init__(self, *twins):
        self.twins = twins
        for twin in twins:
            twin.send = lambda data: self.send(data)
            twin.start()

    def received(self, data):
        for twin in self.twins:
            twin.received(data)


def story(tell, *options, twin=None):
    """Run `tell(drivers, twins)`, a coroutine, with a meter and its driver for each of `options`."""

    async def run():
        clock = virtual_time.Clock()
        made = [twins.Twin(clock, {**o, **(twin or {})}) for o in options]
        line = virtual_time.Line(clock, Meters(*made), 2400)
        drivers = [dlt645.Driver(line, {**USUAL, **o}) for o in options]
        return await tell(drivers, made)

    return virtual_time.run(run(), pole_clock)


async def values(driver, items):
    out = [None] * len(items)
    assert await driver.read(out) == GOOD
    return dict(zip(items, out, strict=True))


def read(items=ALL, twin=None, change=None, **options):
    async def tell(drivers, made):
        for name, value in (change or {}).items():
            made[0].set(name, value)
        return await values(drivers[0], items), drivers[0]

    return story(tell, {"items": list(items), **options}, twin=twin)


def raw(name):
    _, _, decimals, value = twins.ITEMS[name]
    return round(value * 10**decimals)


def test_everything_in_blocks_and_one_by_one():
    wanted = {name: raw(name) for name in ALL}
    blocks, driver = read()
    assert blocks == wanted and driver.bus.sent < 14
    single, driver = read(blocks=False)
    assert single == wanted and driver.bus.sent == len(ALL)


def test_the_usual_items():
    found, driver = read(USUAL["items"])
    assert found == {name: raw(name) for name in USUAL["items"]} and driver.bus.sent == 6


def test_a_meter_without_blocks_is_asked_one_by_one_from_then_on():
    found, driver = read(twin={"blocks_known": False})
    assert found == {name: raw(name) for name in ALL}
    assert driver.bad == 4  # one refusal a block, once


def test_a_single_phase_meter_has_no_values_for_the_other_phases():
    found, _ = read(["voltage_a", "voltage_b", "current_a", "current_c"], twin={"phases": 1})
    assert found == {"voltage_a": 2301, "voltage_b": None, "current_a": 1234, "current_c": None}


def test_export_is_negative():
    found, _ = read(
        ["power", "current_a", "power_factor"],
        change={"power": -386.5, "current_a": -1.5, "power_factor": -0.9},
    )
    assert found == {"power": -3865, "current_a": -1500, "power_factor": -900}


@pytest.mark.parametrize("most", [1, 3, 4, 7, 19])
def test_answers_of_many_frames(most):
    tariffs = ["energy", "energy_t1", "energy_t2", "energy_t3", "energy_t4"]
    if most < 2:
        with pytest.raises(DeviceFault):  # more frames than an answer may have
            read(tariffs, twin={"most": most})
    else:
        found, driver = read(tariffs, twin={"most": most})
        assert found == {name: raw(name) for name in tariffs}
        assert driver.bus.sent == -(-20 // most)


def test_the_only_meter_of_a_line_needs_no_number():
    async def tell(drivers, made):
        await values(drivers[0], ["power"])
        assert drivers[0].address == made[0].address
        assert await drivers[0].read_address() == "000000000161"
        made[0].stop()
        made[0].address = bytes.fromhex("778899001122")
        made[0].start()
        with pytest.raises(BusError):
            await drivers[0].read([None])
        await values(drivers[0], ["power"])  # it was replaced
        return drivers[0].address

    assert story(tell, {"items": ["power"]}) == bytes.fromhex("778899001122")


def test_meters_on_one_line_do_not_disturb_each_other():
    import asyncio

    async def tell(drivers, made):
        for n, twin in enumerate(made):
            twin.set("power", 100.0 + n)
        assert drivers[0].bus is drivers[1].bus is drivers[2].bus
        found = await asyncio.gather(*(values(d, ["power", "energy"]) for d in drivers))
        return [f["power"] for f in found]

    meters = [{"address": f"00000000010{n}", "items": ["power", "energy"]} for n in range(3)]
    assert story(tell, *meters) == [1000, 1010, 1020]


RELAY = ["power", "relay", "relay_actual", "status_word"]
SECRET = {"items": RELAY, "password": "123456", "level": 4}


def test_the_relay_trips_and_closes():
    async def tell(drivers, made):
        seen = [await values(drivers[0], RELAY)]
        for on in (0, 1):
            await drivers[0].write(1, on)
            seen.append(await values(drivers[0], RELAY))
        assert made[0].commands == 2
        return [(v["relay"], v["relay_actual"], v["status_word"]) for v in seen]

    assert story(tell, SECRET) == [(1, 1, 0), (0, 0, 16), (1, 1, 0)]


def test_a_relay_that_does_not_move_is_told():
    async def tell(drivers, made):
        made[0].fault("relay_stuck")
        with pytest.raises(DeviceFault, match="did not move"):
            await drivers[0].write(1, 0)
        return await values(drivers[0], RELAY)

    found = story(tell, SECRET)
    assert (found["relay"], found["relay_actual"]) == (0, 1)


def test_a_wrong_password_is_refused_and_never_told():
    async def tell(drivers, made):
        made[0].secret = b"\x04\x00\x00\x00"
        with pytest.raises(DeviceFault) as caught:
            await drivers[0].write(1, 0)
        assert made[0].closed and made[0].commands == 0
        return caught.value

    error = story(tell, SECRET)
    assert (error.code, error.detail) == (DEVICE_EXCEPTION, "password refused")
    assert "123456" not in repr(error) + str(error)


def test_without_a_password_nothing_is_switched():
    async def tell(drivers, made):
        with pytest.raises(PoleError):
            drivers[0].write(1, 0)

    story(tell, {"items": RELAY})


def test_a_relay_command_dies_with_its_time():
    """Replayed an hour later it is void."""

    async def tell(drivers, made):
        heard = []
        plain = made[0].received
        made[0].received = lambda data: (heard.append(data), plain(data))
        await drivers[0].write(1, 0)
        made[0].set("relay", True)
        command = next(h for h in heard if b"\x68\x1c" in h)
        made[0].set("clock_off_s", 3600)
        plain(command)
        await pole_clock.sleep_ms(2000)
        return made[0].closed

    assert story(tell, SECRET)


def test_the_clock_is_kept():
    async def tell(drivers, made, off):
        made[0].set("clock_off_s", off)
        local = await dlt645_control.Control(drivers[0], {}).time()
        pole_clock.set_time(local - 28800 - int(off), pole_clock.NETWORK)
        before = drivers[0].bus.sent
        await values(drivers[0], ["power"])
        asked = drivers[0].bus.sent - before
        await values(drivers[0], ["power"])
        assert drivers[0].bus.sent == before + asked + 1  # once a day
        return asked, abs(made[0].offset.total_seconds())

    options = {"items": ["power"], "password": "000000", "keep_clock": True}
    try:
        for off, most in ((3, 3), (120, 2), (4000, 4)):
            asked, left = story(lambda d, m, off=off: tell(d, m, off), options)
            assert left <= most and asked == {3: 3, 120: 4, 4000: 5}[off]
    finally:
        pole_clock.forget()


@pytest.mark.parametrize("fault", [f for f in twins.Twin.FAULTS if f != "relay_stuck"])
def test_faults_and_recovery(fault):
    async def tell(drivers, made):
        await values(drivers[0], ALL)
        made[0].fault(fault)
        if fault == "stuck":
            made[0].set("power", 1.0)
        found = []
        for _ in range(4):
            try:
                found.append(await values(drivers[0], ALL))
            except PoleError as error:
                found.append({BusError: "comm_fault", DeviceFault: "fault"}[type(error)])
        made[0].fault(fault, False)
        made[0].set("power", 7.0)
        await pole_clock.sleep_ms(2000)
        assert (await values(drivers[0], ALL))["power"] == 70
        return found

    found = story(tell, {"items": ALL})
    for one in found:
        if isinstance(one, str):
            assert one in twins.MATRIX[fault]
        else:
            assert fault in ("slow", "stuck", "range"), one
            assert fault != "stuck" or one["power"] == 3865
            assert fault != "range" or one["voltage_a"] == 9999 and one["frequency"] == 9999


def test_garbage_never_hurts():
    import random

    async def tell(drivers, made):
        random.seed(645)
        twin, driver = made[0], drivers[0]
        good = bad = 0
        for _ in range(300):
            noise = random.randbytes(random.randrange(1, 300))
            if random.random() < 0.5:
                twin._clock.call_later(random.randrange(400), lambda noise=noise: twin.send(noise))
            try:
                found = await values(driver, ["power", "energy"])
                assert found == {"power": 3865, "energy": 123456}
                good += 1
            except PoleError:
                bad += 1
            assert not driver.bus.under_way
        return good, bad

    good, bad = story(tell, {"items": ["power", "energy"]})
    assert good > 290, (good, bad)  # the meter's frame is found between whatever else there is


def test_one_bus_a_line():
    line = object()
    assert dlt645_bus.shared(line) is dlt645_bus.shared(line)
