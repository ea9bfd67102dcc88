"""Makers' tables against the firmware's maps: the driver reads by the map what the twin shows by the sheet."""

import re
import struct
from fractions import Fraction

import pytest

from pole import clock as pole_clock
from pole.drivers.modbus_rtu import Bus
from pole.drivers.modbus_sensor import Driver
from yigan import points
from yigan.conf import regmap
from yigan.twin import datasheet, modbus_rtu, modbus_sensor, virtual_time

SHEETS = [datasheet.load(name) for name in datasheet.names()]
QUANTITIES = [pytest.param(q, id=f"{s.name}-{q.shows}") for s in SHEETS for q in s.quantities]
SHARES = (0, 0.137, 0.5, 0.871, 1)  # of the span: both ends, and words whose bytes differ


def read(found: regmap.RegMap, sheet: datasheet.Sheet, **values: float) -> dict:
    """point -> what the driver makes of a twin of `sheet`, by the map `found`."""
    out: list = [None] * len(found.points)

    async def story():
        clock = virtual_time.Clock()
        far = modbus_rtu.Twin(clock, {"baud": 115200})
        part = modbus_sensor.Twin(clock, {"map": sheet.name, "address": 7})
        for name, value in values.items():
            part.set(name, value)
        part.start()
        far.attach(part)
        driver = Driver(Bus(virtual_time.Line(clock, far, 115200), {}), {"address": 7, "plan": found.plan()})
        try:
            await driver.read(out)
        except Exception as error:  # what a wrong map gets
            return {"error": str(error)}
        return dict(zip(found.points, out, strict=True))

    return virtual_time.run(story(), pole_clock)


def disagreements(found: regmap.RegMap, sheet: datasheet.Sheet) -> list[str]:
    """What the map `found` makes of the device otherwise than its sheet says, over the span of every quantity."""
    shown = {q.shows: q for q in sheet.quantities}
    wrong = [f"{name} is not in the sheet" for name in found.points if name.rpartition(".")[2] not in shown]
    if wrong:
        return wrong
    mapped = {name.rpartition(".")[2] for name in found.points}
    for share in SHARES:
        values = {key: ends(shown[key], found, share + k / 1009) for k, key in enumerate(sorted(mapped))}
        got = read(found, sheet, **values)
        for name in found.points:
            key = name.rpartition(".")[2]
            if not near(got.get(name), values[key], name):
                wrong.append(f"{name}: {values[key]} is read as {got.get(name, got)}")
    return wrong


def ends(quantity: datasheet.Quantity, found: regmap.RegMap, share: float) -> float:
    """A value that the device can send, so far within what the point takes; in the unit of the point."""
    point = next(p for name in found.points if (p := points.load().point(name)).key == quantity.shows)
    field = found.field(point.name)
    low = max(-5000.0, float(point.low if field.low is None else field.low * Fraction(10) ** point.scale))
    high = min(
        1000000.0, float(point.high if field.high is None else field.high * Fraction(10) ** point.scale)
    )
    step = quantity.resolution * quantity.unit_in_point
    zero = quantity.zero * quantity.unit_in_point
    first, last = (Fraction(str(low)) - zero) / step, (Fraction(str(high)) - zero) / step
    least, most = SPANS.get(quantity.type, (-1000000, 1000000))
    first, last = max(first, least), min(last, most)
    return float(int(first + (last - first) * Fraction(min(1, share))) * step + zero)


SPANS = {"int16": (-0x8000, 0x7FFE), "uint16": (0, 0xFFFE), "int32": (-0x80000000, 0x7FFFFFFE), "uint32": (0, 0xFFFFFFFE)}  # fmt: skip


def near(got, value: float, name: str) -> bool:
    """The value to the point's step; of floats to their 24 bits."""
    point = points.load().point(name)
    if got is None:
        return False
    if point.type == "f32":
        return abs(got - value) <= 1e-6 * abs(value)
    return abs(got - value * 10**point.decimals) <= 0.5001 + 1e-6 * abs(value) * 10**point.decimals


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_map_reads_what_its_sheet_says(sheet):
    assert disagreements(regmap.load(sheet.name), sheet) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_map_has_the_line_settings_of_its_sheet(sheet):
    found = regmap.load(sheet.name)
    assert (found.baud, found.parity, found.stop) == (sheet.baud, sheet.parity, sheet.stop)
    assert (found.address, found.most >= max(n for *_, n in found.requests)) == (sheet.address, True)
    assert max(n for *_, n in found.requests) <= sheet.most
    assert found.address_register in (-1, sheet.address_register)
    known = {setting.register: setting for setting in sheet.settings}
    for setting in found.held:  # what the map may write, the device takes
        low, high = (end / setting.scale for end in (setting.low, setting.high))
        assert known[setting.register].low <= low <= high <= known[setting.register].high


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_no_request_crosses_a_hole_of_the_sheet(sheet):
    for function, start, count in regmap.load(sheet.name).requests:
        assert function in sheet.functions
        assert any(first <= start and start + count - 1 <= last for first, last in sheet.readable), hex(start)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_sheets_examples(quantity):
    """Bytes to value and back; a printed float may be the neighbour of the nearest one (Eastron's 230.2 V)."""
    raw, value = quantity.example
    assert len(raw) == 2 * quantity.words
    step = float(quantity.resolution) / 2 if quantity.type != "float" else 5e-6 * abs(value) + 1e-9
    tolerance = max(step, 0.0006) if quantity.printed and quantity.type == "float" else step
    assert abs(quantity.value(raw) - value) <= tolerance
    if quantity.type != "float" or not quantity.printed:
        assert quantity.raw(value) == raw


def test_enough_of_them_are_the_makers_own():
    printed = [q for sheet in SHEETS for q in sheet.quantities if q.printed]
    assert len(SHEETS) >= 14 and len(printed) >= 35


MISREAD = [  # a line of a map, what somebody makes of it, the map
    (r"register = 0x0168", "register = 0x0167", "ws90", "temperature"),
    (r"offset = -40", "offset = -39.9", "ws90", ""),
    (r"scale = 10\b", "scale = 1", "ws90", ""),
    (r'order = "cdab"', 'order = "abcd"', "pzem016", ""),
    (r'order = "cdab"', 'order = "badc"', "tuf2000m", ""),
    (r'order = "dcba"', 'order = "cdab"', "y4000", ""),
    (r'type = "i32"', 'type = "u32"', "thies_clima", ""),
    (r'type = "i16"', 'type = "u16"', "sen0601", ""),
    (r"scale = 0.1", "scale = 0.01", "noise", ""),
    (r"function = 4", "function = 3", "pmsense", ""),
    (r"scale = 1.88046", "scale = 1.9", "aqt530", ""),
    (r'scale = "1/3600"', 'scale = "1/60"', "tuf2000m", ""),
    (r"join = 0 ", "join = 125 ", "sen0657", ""),
]


@pytest.mark.parametrize(("line", "instead", "name", "drop"), MISREAD)
def test_a_misread_sheet_shows(tmp_path, line, instead, name, drop):
    text = (regmap.folder() / f"{name}.toml").read_text(encoding="utf-8")
    if drop:
        text = re.sub(rf'\[\[field\]\][^\[]*point = "{drop}"[^\[]*', "", text)
    changed, times = re.subn(line, instead, text, count=1)
    assert times == 1
    path = tmp_path / f"{name}.toml"
    path.write_text(changed, encoding="utf-8")
    assert disagreements(regmap.read(path), datasheet.load(name))


def test_what_a_maker_sends_for_no_value_is_none():
    got = read(regmap.load("ws90"), datasheet.load("ws90"), temperature=float("nan"), humidity=55)
    assert (got["weather.temperature"], got["weather.humidity"]) == (None, 5500)
    got = read(
        regmap.load("thies_clima"),
        datasheet.load("thies_clima"),
        temperature=float("nan"),
        wind_speed=float("nan"),
    )
    assert (got["weather.temperature"], got["weather.wind_speed"]) == (None, None)


def test_orders_of_bytes():
    """1.5 in the four orders, as MODBUS documents write them."""
    for order, raw in (
        ("ABCD", "3fc00000"),
        ("CDAB", "00003fc0"),
        ("BADC", "c03f0000"),
        ("DCBA", "0000c03f"),
    ):
        quantity = datasheet.Quantity("x", "x", 0, "float", (bytes(4), 0.0), False, order)
        assert quantity.raw(1.5).hex() == raw and quantity.value(bytes.fromhex(raw)) == 1.5
    word = datasheet.Quantity("x", "x", 0, "int16", (bytes(2), 0.0), False, "BADC")
    assert word.raw(-2) == struct.pack("<h", -2)
