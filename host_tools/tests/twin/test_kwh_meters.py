"""Modbus kWh meters: the published frames of Eastron's, answered by their twins."""

import pytest

from yigan.conf import regmap
from yigan.twin import modbus_rtu, modbus_sensor

# SDM120 protocol and captures of its library's issue 16: request, volts, reply
PUBLISHED = [
    ("010400000002", 230.2, "010404436633341b38"),
    ("010400000002", 230.9, "0104044366e666c455"),
    ("010400000002", 230.7, "0104044366b3333b3a"),
    ("010400000002", 230.8, "0104044366cccd9a8a"),
]


def twin(kind="sdm120", **values):
    part = modbus_sensor.Twin(None, {"map": kind, "address": 1})
    part.start()
    for name, value in values.items():
        part.set(name, value)
    return part


@pytest.mark.parametrize(("request_hex", "volts", "reply"), PUBLISHED)
def test_published_frames(request_hex, volts, reply):
    got = modbus_rtu.reply(twin(voltage_a=volts), modbus_rtu.seal(bytes.fromhex(request_hex)))
    near = int.from_bytes(got[3:7], "big") - int(reply[6:14], 16)
    assert abs(near) <= 1  # 230.2 of the manual is one unit beside the nearest float
    if near == 0:
        assert got.hex() == reply


@pytest.mark.parametrize(
    "frame", ["01040000000271cb", "0104000c0002b1c8", "010400460002901e", "010400480002f1dd"]
)
def test_published_requests_are_answered(frame):
    assert modbus_rtu.reply(twin(), bytes.fromhex(frame))[:3] == bytes.fromhex("010404")


def test_odd_addresses_are_refused():
    assert modbus_rtu.reply(twin(), modbus_rtu.seal(bytes.fromhex("010400010002"))).hex() == "018402c2c1"
    assert twin().request(bytes.fromhex("0400000003")) == bytes.fromhex("8402")
    assert twin().request(bytes.fromhex("0400580010")) == bytes.fromhex("8402")


def test_the_published_values_of_an_sdm230():
    part = twin(voltage_a=236.494, current_a=0.1248, power=20.887, power_factor=0.9171)
    data = part.request(bytes.fromhex("0400000050"))
    assert data[:2] == bytes.fromhex("04a0") and data[2:5].hex() == "436c7e"


@pytest.mark.parametrize("name", ["sdm120", "sdm630"])
def test_a_round_is_two_questions(name):
    found = regmap.load(name).requests
    assert len(found) == 2 and all(start % 2 == count % 2 == 0 and count <= 80 for _, start, count in found)
