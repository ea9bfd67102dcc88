"""The SC16IS752's twin against its data sheet, and sensors that hang on it with drivers that do not know."""

import asyncio

import pytest
from twins_on_i2c import I2c

from pole import clock as pole_clock
from pole.drivers import ds3231 as ds3231_driver
from pole.drivers import gnss as gnss_driver
from pole.drivers import mcp23017 as mcp23017_driver
from pole.drivers import modbus_sensor
from pole.drivers import pcf8574 as pcf8574_driver
from pole.drivers import pms5003 as pms5003_driver
from pole.drivers.modbus_rtu import Bus
from pole.drivers.sc16is752 import Driver
from pole.errors import PoleError
from pole.quality import COMM_FAULT, FAULT, GOOD, NAMES, WARMING
from sampled import sampled
from yigan.conf import regmap
from yigan.twin import ds3231, gnss, mcp23017, pcf8574, pms5003, sc16is752, virtual_time
from yigan.twin.lines import Rs485, Tap, Uart
from yigan.twin.modbus_sensor import Twin as Slave


class Cabinet:
    """A bridge with lines at its channels; `hang` puts a twin on one."""

    def __init__(self, **options):
        self.clock = virtual_time.Clock()
        self.chip = sc16is752.Twin(self.clock, options)
        self.lines = {}
        self.driver = Driver(I2c(self.chip), options)
        self.chip.start()

    def hang(self, channel, twin, kind="uart", **options):
        if channel not in self.lines:
            self.lines[channel] = (Rs485 if kind == "rs485" else Uart)(self.clock, len(self.lines))
            self.chip.connect(channel, self.lines[channel])
        self.lines[channel].attach(Tap(twin, "part", options))
        twin.start()
        return twin

    def bus(self, channel, kind="uart", baud=9600):
        return self.driver.bus({"kind": kind, "on": "bridge", "channel": channel, "baud": baud})


def play(story):
    return virtual_time.run(story(), pole_clock)


async def reading(driver, points):
    out = [None] * points
    try:
        return out, await sampled(driver.read(out))
    except PoleError as error:
        return out, COMM_FAULT if type(error).__name__ == "BusError" else FAULT


def slave(name, address, **values):
    part = Slave(None, {"map": name, "address": address})
    for key, value in values.items():
        part.set(key, value)
    return part


def sensor(bus, name, address):
    return modbus_sensor.Driver(bus, {"address": address, "plan": regmap.load(name).plan()})


def test_sub_addresses_and_divisors():
    """LCR of A is 18, of B 1A; at 14.7456 MHz 9600 baud is 96, 115200 is 8: the data sheet's."""

    async def story():
        cabinet = Cabinet()
        for channel in "ab":
            cabinet.hang(channel, pms5003.Twin(cabinet.clock, {}))
        for data in ("1880", "0060", "0800", "1803", "1a80", "0208", "0a00", "1a03"):
            assert cabinet.chip.write(0x48, bytes.fromhex(data))
        state = cabinet.chip.state()
        assert (state["a"]["baud"], state["b"]["baud"]) == (9600, 115200)
        for sub, value in (("42", 64), ("4a", 0), ("2a", 0x60), ("38", 0xFF), ("78", 0)):
            cabinet.chip.write(0x48, bytes.fromhex(sub))
            assert cabinet.chip.read(0x48, 1) == bytes([value]), sub
        assert not cabinet.chip.write(0x49, b"\x18") and cabinet.chip.read(0x49, 1) is None

    play(story)


def test_rts_follows_what_is_sent_as_efcr_says():
    async def story():
        cabinet = Cabinet()
        cabinet.hang("b", slave("noise", 1), "rs485")
        port = cabinet.chip.ports[1]
        for data in ("1a80", "0260", "0a00", "1a03"):
            cabinet.chip.write(0x48, bytes.fromhex(data))
        for efcr, idle, busy in ((0x30, 0, 1), (0x10, 1, 0), (0x00, 1, 1)):
            cabinet.chip.write(0x48, bytes([0x7A, efcr]))
            assert port.rts() == idle
            cabinet.chip.write(0x48, b"\x02abcd")
            assert port.rts() == busy
            await asyncio.sleep(0.1)
            assert port.rts() == idle

    play(story)


def test_air_on_a_bridge_is_air():
    async def story():
        cabinet = Cabinet()
        cabinet.hang("a", pms5003.Twin(cabinet.clock, {"pm2_5": 80}), baud=9600)
        driver = pms5003_driver.Driver(cabinet.bus("a"), {})
        for _ in range(30):
            out, quality = await reading(driver, 10)
            assert out[1] == 800 and quality in (GOOD, WARMING)
        assert driver.frames.bad == 0 and cabinet.driver.overruns == 0

    play(story)


def test_a_receiver_on_a_bridge_loses_nothing():
    """Its burst is ten times what the bridge holds."""

    async def story():
        cabinet = Cabinet()
        cabinet.hang("a", gnss.Twin(cabinet.clock, {}), baud=9600)
        driver = gnss_driver.Driver(cabinet.bus("a"), {"set_clock": False})
        for _ in range(20):
            out, quality = await reading(driver, 15)
            assert quality == GOOD and out[0]
        assert driver.bad == 0 and cabinet.driver.overruns == 0

    play(story)


def test_a_modbus_line_on_each_channel():
    async def story():
        cabinet = Cabinet()
        for address, name in ((1, "xy_md02"), (2, "noise")):
            cabinet.hang("a", slave(name, address), "rs485", baud=9600)
        cabinet.hang("b", slave("jxbs_3001", 4), "rs485", baud=9600)
        a, b = Bus(cabinet.bus("a", "rs485"), {}), Bus(cabinet.bus("b", "rs485"), {})
        parts = [sensor(a, "xy_md02", 1), sensor(a, "noise", 2), sensor(b, "jxbs_3001", 4)]
        for _ in range(20):
            found = await asyncio.gather(
                *(reading(part, n) for part, n in zip(parts, (2, 1, 7), strict=True))
            )
            assert [quality for _, quality in found] == [GOOD] * 3
            assert (found[0][0], found[1][0], found[2][0][3]) == ([3050, 5500], [501], 685)
        assert all(line.cut == line.collisions == 0 for line in cabinet.lines.values())
        assert a.strays == b.strays == 0

    play(story)


def test_a_direction_wired_the_other_way_is_silent():
    """EFCR 0x10 drives the transceiver while nobody speaks: every answer collides."""

    async def story():
        cabinet = Cabinet()
        cabinet.hang("a", slave("noise", 2), "rs485", baud=9600)
        bus = cabinet.bus("a", "rs485")
        part = sensor(Bus(bus, {}), "noise", 2)
        assert (await reading(part, 1))[1] == GOOD
        cabinet.chip.ports[0].regs["efcr"] = 0x10
        assert (await reading(part, 1))[1] == COMM_FAULT

    play(story)


@pytest.mark.parametrize("fault", sc16is752.Twin.FAULTS)
def test_the_matrix(fault):
    async def story():
        cabinet = Cabinet()
        cabinet.hang("a", slave("xy_md02", 1), "rs485", baud=9600)
        part = sensor(Bus(cabinet.bus("a", "rs485"), {"late_ms": 0}), "xy_md02", 1)
        await reading(part, 2)
        cabinet.chip.fault(fault)
        for _ in range(4):
            await asyncio.sleep(1)
            await reading(cabinet.driver, 0)
            quality = NAMES[(await reading(part, 2))[1]]
            assert quality in sc16is752.MATRIX[fault], quality
        cabinet.chip.fault(fault, False)
        for _ in range(40):
            await asyncio.sleep(5)
            out, quality = await reading(part, 2)
        assert (out, quality) == ([3050, 5500], GOOD)

    play(story)
    assert set(sc16is752.MATRIX) == set(sc16is752.Twin.FAULTS)


def test_without_power_and_back():
    async def story():
        cabinet = Cabinet()
        cabinet.hang("b", slave("xy_md02", 1), "rs485", baud=9600)
        part = sensor(Bus(cabinet.bus("b", "rs485"), {}), "xy_md02", 1)
        assert (await reading(part, 2))[1] == GOOD
        cabinet.chip.stop()
        assert (await reading(part, 2))[1] == COMM_FAULT
        cabinet.chip.start()
        await asyncio.sleep(1)
        assert (await reading(part, 2))[1] == GOOD

    play(story)


class Contact:
    drive = None


EXPANDERS = {pcf8574: pcf8574_driver, mcp23017: mcp23017_driver}
CASES = [(chip, fault) for chip in EXPANDERS for fault in ("", *chip.Twin.FAULTS)]


@pytest.mark.parametrize(("twin_module", "fault"), CASES)
def test_expanders(twin_module, fault):
    """Pins in both directions, and the matrix."""

    async def story():
        chip = twin_module.Twin(virtual_time.Clock(), {})
        chip.start()
        driver = EXPANDERS[twin_module].Driver(I2c(chip), {})
        door, relay = Contact(), []
        chip.attach(3, door)
        lamp = Contact()
        lamp.pin = relay.append
        chip.attach(5, lamp)
        contact = driver.bus({"pin": 3, "pull": "up", "active": 0})
        output = driver.bus({"pin": 5, "out": True})

        async def good():
            for level in (1, 0):
                door.drive(None if not level else 0)
                output.value(level)
                await asyncio.sleep(0.02)
                assert (contact.value(), relay[-1], output.value()) == (level, level, level)
            return (await reading(driver, 0))[1]

        assert await good() == GOOD
        if fault:
            chip.fault(fault)
            for _ in range(3):
                await asyncio.sleep(1)
                quality = NAMES[(await reading(driver, 0))[1]]
            assert fault == "stuck" or quality in twin_module.MATRIX[fault]
            chip.fault(fault, False)
            await asyncio.sleep(1)
            await reading(driver, 0)
            assert await good() == GOOD

    play(story)
    assert set(twin_module.MATRIX) == set(twin_module.Twin.FAULTS)


def test_an_expander_that_keeps_nothing_is_faulty():
    async def story():
        chip = mcp23017.Twin(virtual_time.Clock(), {})
        chip.start()
        driver = mcp23017_driver.Driver(I2c(chip), {})
        output = driver.bus({"pin": 5, "out": True})
        chip.fault("stuck")
        output.value(1)
        assert (await reading(driver, 0))[1] == FAULT

    play(story)


def test_published_bytes_of_the_expanders():
    """Data sheets: FF written and P0 and P7 pulled low is 7E; IODIR 00 FF, OLAT 5A is 5A at 12."""
    port = pcf8574.Twin(None, {})
    port.start()
    parts = [Contact(), Contact()]
    for pin, part in zip((0, 7), parts, strict=True):
        port.attach(pin, part)
        part.drive(0)
    assert port.write(0x20, b"\xff") and port.read(0x20, 1) == b"\x7e"
    chip = mcp23017.Twin(None, {})
    chip.start()
    chip.write(0x20, bytes.fromhex("0000ff"))
    chip.write(0x20, bytes.fromhex("145a"))
    chip.write(0x20, b"\x12")
    assert chip.read(0x20, 2) == b"\x5a\x00"
    chip.write(0x20, b"\x0a\x80")  # BANK: IOCON moves to 05
    chip.write(0x20, b"\x05")
    assert chip.read(0x20, 1) == b"\x80"
    chip.write(0x20, b"\x09")
    assert chip.read(0x20, 1) == b"\x5a"


CLOCK = "304513070407 26"  # 13:45:30, day 7, 2026-07-04


def test_published_bytes_of_the_clock():
    part = ds3231.Twin(None, {"time": "2026-07-04T13:45:30"})
    part.start()
    part.write(0x68, b"\0")
    told = part.read(0x68, 7)
    assert told[:5] + bytes([told[5] & 0x7F]) + told[6:] == bytes.fromhex(CLOCK)
    for celsius, data in ((25.25, "1940"), (-0.25, "ffc0"), (-24.75, "e740")):
        part.set("temperature", celsius)
        part.write(0x68, b"\x11")
        assert part.read(0x68, 2) == bytes.fromhex(data)


@pytest.mark.parametrize("twelve", [False, True])
@pytest.mark.parametrize("time", ["2026-02-28T00:00:05", "2028-02-29T12:59:59", "2026-12-31T23:59:50"])
def test_the_clock_tells_the_time_and_keeps_it(time, twelve):
    async def story():
        part = ds3231.Twin(virtual_time.Clock(), {"time": time, "twelve": twelve})
        part.start()
        pole_clock.forget()
        driver = ds3231_driver.Driver(I2c(part), {})
        for _ in range(5):
            assert (await reading(driver, 0))[1] == GOOD
            assert pole_clock.iso(pole_clock.now())[:19] == part.now().isoformat()[:19]
            await asyncio.sleep(7)

    play(story)
    pole_clock.forget()


@pytest.mark.parametrize("fault", ds3231.Twin.FAULTS)
def test_the_matrix_of_the_clock(fault):
    async def story():
        part = ds3231.Twin(virtual_time.Clock(), {"time": "2026-07-04T13:45:30"})
        part.start()
        pole_clock.forget()
        driver = ds3231_driver.Driver(I2c(part), {})
        part.fault(fault)
        for _ in range(4):
            assert NAMES[(await reading(driver, 0))[1]] in ds3231.MATRIX[fault]
            await asyncio.sleep(10)
        part.fault(fault, False)
        pole_clock.forget()
        if fault == "stopped":
            pole_clock.set_time(pole_clock.seconds_2020(2026, 7, 4, 0, 0, 0), pole_clock.NETWORK)
        assert (await reading(driver, 0))[1] == GOOD

    play(story)
    pole_clock.forget()
    assert set(ds3231.MATRIX) == set(ds3231.Twin.FAULTS)
