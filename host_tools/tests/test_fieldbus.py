"""What bytes on a Modbus line mean to a technician."""

import pytest
from slaves_on_a_way import Wire, slave

from yigan import fieldbus
from yigan.conf import regmap
from yigan.errors import ConfigError, LinkError, Refused, VerifyError
from yigan.fieldbus import ABSENT, ALONE, GARBLED, Line, judge
from yigan.twin import modbus_rtu

ONE = bytes.fromhex("010402013179 74".replace(" ", ""))  # XY-MD02, 30.5 degrees


def test_one_answer_and_its_glitches():
    for heard in (ONE, b"\x00" + ONE, ONE + b"\xff\x00", b"\xaa\xbb\xcc" + ONE):
        assert judge(heard, 1).state == ALONE
        assert judge(heard, 1).pdu == bytes.fromhex("04020131")
    assert judge(modbus_rtu.seal(b"\x01\x83\x02"), 1).refused


def test_a_value_that_looks_like_a_checksum():
    """A number that begins with the CRC of the three bytes before it does not end the frame."""
    begin = bytes.fromhex("010404")
    value = fieldbus.crc16(begin).to_bytes(2, "little") + b"\0\0"
    found = judge(modbus_rtu.seal(begin + value), 1)
    assert (found.state, found.pdu) == (ALONE, begin[1:] + value)


def test_two_are_no_answer():
    other = modbus_rtu.seal(bytes.fromhex("0104020001"))
    mixed = bytes(a & b for a, b in zip(ONE, other, strict=True))
    for heard in (
        ONE + other,
        mixed,
        ONE[:5],
        ONE[:-1] + b"\0",
        modbus_rtu.seal(bytes.fromhex("0204020131")),
    ):
        assert judge(heard, 1).state == GARBLED
    for heard in (b"", b"\0", b"\xff\xff\xff"):
        assert judge(heard, 1).state == ABSENT


def test_a_scan_tells_who_it_may_be():
    found = Line(Wire(slave("xy_md02", 5), slave("jxbs_3001", 9))).scan(1, 12)
    assert [(s.address, s.state) for s in found] == [(5, ALONE), (9, ALONE)]
    assert "xy_md02" in found[0].kinds and "jxbs_3001" in found[1].kinds
    assert "jxbs_3001" not in found[0].kinds


def test_two_of_a_kind_are_found_by_what_they_measure():
    """Asked for what they do not have they refuse in unison, and look like one."""
    wire = Wire(slave("xy_md02", 1, temperature=20.5), slave("xy_md02", 1, temperature=21.7))
    assert judge(wire.heard(1, bytes.fromhex("0300000001")), 1).state == ALONE
    assert [(s.address, s.state) for s in Line(wire).scan(1, 3)] == [(1, GARBLED)]


@pytest.mark.parametrize("kind", [name for name in regmap.names() if regmap.load(name).address_register >= 0])
def test_every_map_that_names_its_address_register(kind):
    wire = Wire(slave(kind, regmap.load(kind).address))
    Line(wire).readdress(kind, 7, power_cycle=wire.restart)
    assert wire.slaves[0].address == 7


def test_a_sensor_that_is_never_switched_off(monkeypatch):
    monkeypatch.setattr(fieldbus.time, "sleep", lambda s: None)
    with pytest.raises(VerifyError):
        Line(Wire(slave("noise"))).readdress("noise", 7)


def test_what_readdressing_refuses():
    with pytest.raises(Refused):  # two at the old one
        Line(Wire(slave("noise", la=50), slave("noise", la=61))).readdress("noise", 7)
    with pytest.raises(Refused):  # somebody at the new one
        Line(Wire(slave("noise"), slave("noise", 7))).readdress("noise", 7)
    with pytest.raises(LinkError):
        Line(Wire()).readdress("noise", 7)
    with pytest.raises(ConfigError):
        Line(Wire(slave("phg_2091"))).readdress("phg_2091", 7)
    with pytest.raises(ConfigError):
        Line(Wire(slave("noise"))).readdress("noise", 1)


def test_plugged_in_one_by_one():
    """Five sensors, all with address 1 or 2 as delivered."""
    wire, line = Wire(), None
    for n, kind in enumerate(("noise", "xy_md02", "jxbs_3001", "wind_speed", "noise")):
        part = slave(kind, regmap.load(kind).address)
        part.start()
        wire.slaves.append(part)
        line = Line(wire)
        line.readdress(kind, 10 + n, power_cycle=wire.restart)
    assert [(s.address, s.state) for s in line.scan(1, 20)] == [(10 + n, ALONE) for n in range(5)]
