"""The twins against the published frames, and the firmware's maps and driver against the twins."""

import asyncio

import pytest

from pole import clock as pole_clock
from pole import errors as pole_errors
from pole.drivers.modbus_rtu import Bus
from pole.drivers.modbus_sensor import Driver
from pole.quality import GOOD, WARMING
from yigan.conf import regmap
from yigan.errors import ConfigError
from yigan.twin import modbus_rtu, modbus_sensor, virtual_time

# kind, address, what is set, request, reply: frames that makers print (protocols.md 6, sensors.md A18)
PUBLISHED = [
    ("sensecap_one", 1, {"temperature": 28.3}, "010400000002 71CB", "010404 00006E8C D641"),
    ("xy_md02", 1, {"temperature": 30.5}, "010400010001 600A", "010402 0131 7974"),
    ("phg_2091", 1, {"temperature": 25.0, "ph": 10.07}, "010326000004 4F41", "010308 0000C841B81E2141 2556"),
    ("wind_speed", 2, {"wind_speed": 3.7}, "020300000001 8439", "020302 0025 3D9F"),
    ("noise", 1, {"la": 60.8}, "010300000001 840A", "010302 0260 B90C"),
    ("noise", 1, {"la": 50.1}, "010300000001 840A", "010302 01F5 7993"),
    ("noise", 1, {}, "010607D00002 0886", "010607D00002 0886"),  # the new address holds later
]


def twin(kind: str, address: int = 1, **values: float) -> modbus_sensor.Twin:
    made = modbus_sensor.Twin(None, {"map": kind, "address": address})
    for name, value in values.items():
        made.set(name, value)
    made.start()
    return made


@pytest.mark.parametrize(("kind", "address", "values", "request_", "reply"), PUBLISHED)
def test_published_frames(kind, address, values, request_, reply):
    assert modbus_rtu.reply(twin(kind, address, **values), bytes.fromhex(request_)) == bytes.fromhex(reply)


@pytest.mark.parametrize(
    ("pdu", "reply"),
    [
        ("0300000001", "8302"),  # the wrong function for its registers
        ("0400000001", "8402"),  # register 0000 is not there
        ("0400010003", "8402"),  # runs over the end
        ("0400010000", "8403"),
        ("04000100", "8403"),
        ("0100010001", "8101"),
        ("2B0E0100", "AB01"),
        ("0601010000", "8603"),  # address 0
        ("0600010005", "8602"),  # a measured value cannot be written
        ("0301010001", "03020001"),
    ],
)
def test_exceptions_and_settings(pdu, reply):
    assert twin("xy_md02").request(bytes.fromhex(pdu)) == bytes.fromhex(reply)


def test_no_power_no_answer():
    part = twin("xy_md02")
    part.stop()
    assert part.request(bytes.fromhex("0400010001")) is None


def test_new_address_holds_after_power_up():
    part = twin("xy_md02")
    assert part.request(bytes.fromhex("0601010009"))
    assert part.address == 1
    part.stop()
    part.start()
    assert part.address == 9


def test_stuck():
    part = twin("noise", la=50)
    part.fault("stuck")
    part.set("la", 70)
    assert part.request(bytes.fromhex("0300000001")) == bytes.fromhex("030201F4")
    part.fault("stuck", False)
    assert part.request(bytes.fromhex("0300000001")) == bytes.fromhex("030202BC")


def test_unknown_names_say_the_near_ones():
    with pytest.raises(ConfigError, match="xy_md02"):
        modbus_sensor.Twin(None, {"map": "xy_md2"})
    with pytest.raises(ConfigError, match="humidity"):
        twin("xy_md02").set("humid", 3)
    with pytest.raises(ConfigError, match="bad_crc"):
        twin("xy_md02").fault("badcrc")


IDENTIFIED = [  # request, reply: V1.1b3, 6.21; the AQT530 tells one object a request only (its guide, 6.3)
    ("2B0E0100", "AB03"),
    ("2B0E0401", "2B0E04810000010106415154353330"),
    ("2B0E0405", "AB02"),
    ("2B0D0401", "AB01"),
]


@pytest.mark.parametrize(("pdu", "reply"), IDENTIFIED)
def test_identification(pdu, reply):
    assert twin("aqt530").request(bytes.fromhex(pdu)) == bytes.fromhex(reply)


def test_settings_have_limits_and_are_counted():
    part = twin("sensecap_soil")
    assert part.request(bytes.fromhex("0600200003")) == bytes.fromhex("0600200003")
    assert part.request(bytes.fromhex("0600200004")) == bytes.fromhex("8603")
    assert part.state()["writes"] == 1


def test_no_value_is_what_the_maker_sends_for_it():
    assert (
        twin("ws90", 144, temperature=float("nan")).request(bytes.fromhex("0301670001"))
        == b"\x03\x02\xff\xff"
    )


def test_every_map_has_a_twin():
    assert set(regmap.names()) == set(modbus_sensor.KINDS)


def read(kind: str, values: dict, faults=(), **bus) -> dict:
    """What the firmware makes of a twin, over a line with byte timing: point -> raw."""
    found = regmap.load(kind)
    out: list = [None] * len(found.points)

    async def story():
        clock = virtual_time.Clock()
        far = modbus_rtu.Twin(clock, {"baud": found.baud})
        part = twin(kind, 7, **values)
        for name in faults:
            part.fault(name)
        far.attach(part)
        driver = Driver(
            Bus(virtual_time.Line(clock, far, found.baud), bus), {"address": 7, "plan": found.plan()}
        )
        return await driver.read(out)

    quality = virtual_time.run(story(), pole_clock)
    assert quality in (GOOD, WARMING)
    return dict(zip(found.points, out, strict=True))


@pytest.mark.parametrize("fault", ["noise", "slow"])
def test_faults_that_the_driver_bears(fault):
    assert read("xy_md02", {"temperature": -4.2}, [fault]) == {
        "weather.temperature": -420,
        "weather.humidity": 5500,
    }


def test_a_late_reply_is_none():
    with pytest.raises(pole_errors.BusError) as caught:
        read("xy_md02", {}, ["late"], retries=0)
    assert caught.value.code == pole_errors.NO_ANSWER


def test_a_setting_is_written_once_into_the_twin_and_survives_as_it_is():
    """A soil probe that was left in Fahrenheit: one write, none while it holds, one more when another takes its place."""
    rows = [[0x21, 0], [0x20, 2]]

    async def story():
        clock = virtual_time.Clock()
        far = modbus_rtu.Twin(clock, {"baud": 9600})
        part = twin("sensecap_soil", 7)
        part.request(bytes.fromhex("0600210001"))  # Fahrenheit
        far.attach(part)
        plan, out = regmap.load("sensecap_soil").plan(), [None] * 4
        driver = Driver(
            Bus(virtual_time.Line(clock, far, 9600), {}), {"address": 7, "plan": plan, "settings": rows}
        )
        for _ in range(20):
            await driver.read(out)
        assert (part.writes, out[0]) == (3, 179)  # the test's own, and one for each that differed
        part.stop()
        for _ in range(3):
            with pytest.raises(pole_errors.BusError):
                await driver.read(out)
        part.start()
        part._settings[0x20] = 0  # another probe, as delivered
        await asyncio.sleep(40)
        for _ in range(5):
            await driver.read(out)
        return part.writes, part._settings[0x20]

    assert virtual_time.run(story(), pole_clock) == (4, 2)
