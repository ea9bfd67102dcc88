"""Every register map against strangers: a pymodbus server that holds its maker's table, read by the firmware's driver on
CPython and on MicroPython, and by Debian's mbpoll, over serial RTU.
"""

import asyncio
import os
import re
import shutil
import struct
import subprocess
import tty

import pytest
from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice
from twin.test_modbus_rtu_pymodbus import Terminal

from benchmarks import harness
from pole.drivers.modbus_rtu import Bus
from pole.drivers.modbus_sensor import Driver
from yigan import points
from yigan.conf import regmap
from yigan.twin import datasheet

ADDRESS = 5
SHEETS = [datasheet.load(name) for name in datasheet.names()]
ON_THE_VM = ("thies_clima", "tuf2000m", "y4000")  # 32-bit integers with their no-value, floats in two orders


def table(sheet: datasheet.Sheet, function: int) -> list[SimData]:
    """The sheet's examples where it may be read, exception 02 elsewhere."""
    words = {setting.register: setting.delivered for setting in sheet.settings} if function == 3 else {}
    if function in sheet.functions:
        words |= {register: 0 for first, last in sheet.readable for register in range(first, last + 1)}
        words |= sheet.registers()
    runs: dict[int, list[int]] = {}
    for register in sorted(words):
        start = next((first for first, run in runs.items() if first + len(run) == register), register)
        runs.setdefault(start, []).append(words[register])
    return [
        SimData(first, values=run, datatype=DataType.REGISTERS)
        for first, run in (runs or {0xFFFF: [0]}).items()
    ]


class Server:
    """pymodbus on one end of a pseudo terminal; `ours` is the other end's file."""

    def __init__(self, sheet: datasheet.Sheet):
        self.ours, self.theirs = os.openpty()
        for end in (self.ours, self.theirs):
            tty.setraw(end)
        bits = [SimData(0, values=[False], datatype=DataType.BITS)]
        slave = SimDevice(ADDRESS, simdata=(bits, bits, table(sheet, 3), table(sheet, 4)))
        self.server = ModbusSerialServer(
            slave, framer=FramerType.RTU, port=os.ttyname(self.theirs), baudrate=sheet.baud, ignore_missing_devices=True,
        )  # fmt: skip

    async def __aenter__(self):
        await self.server.serve_forever(background=True)
        return self

    async def __aexit__(self, *_):
        await self.server.shutdown()
        os.close(self.ours)
        os.close(self.theirs)


class Cable:
    """A second pseudo terminal, tied to the server's: for programs that want the name of a port."""

    def __init__(self, server: Server):
        self.ours, self.theirs = os.openpty()
        for end in (self.ours, self.theirs):
            tty.setraw(end)
        self.name, self.ends = os.ttyname(self.theirs), (self.ours, server.ours)
        for source, target in (self.ends, self.ends[::-1]):
            os.set_blocking(source, False)
            asyncio.get_running_loop().add_reader(source, self.carry, source, target)

    @staticmethod
    def carry(source: int, target: int) -> None:
        os.write(target, os.read(source, 300))

    def close(self) -> None:
        for end in self.ends:
            asyncio.get_running_loop().remove_reader(end)
        os.close(self.ours)
        os.close(self.theirs)


def run(story, sheet):
    async def main():
        async with Server(sheet) as server:
            return await story(server)

    return asyncio.run(asyncio.wait_for(main(), 60))


def expected(sheet: datasheet.Sheet) -> dict[str, float]:
    """point -> the sheet's examples in the point's unit."""
    shown = {q.shows: q.usual for q in sheet.quantities}
    return {name: shown[name.rpartition(".")[2]] for name in regmap.load(sheet.name).points}


def assert_same(name: str, got: dict) -> None:
    for point_name, value in expected(datasheet.load(name)).items():
        point, raw = points.load().point(point_name), got[point_name]
        assert raw is not None, point_name
        step = 10.0**point.scale if point.type != "f32" else 0
        assert abs(float(raw) * 10.0**point.scale - value) <= 0.5001 * step + 3e-6 * abs(value), (
            point_name,
            raw,
        )


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_the_driver_reads_pymodbus(sheet):
    found = regmap.load(sheet.name)

    async def story(server):
        out = [None] * len(found.points)
        bus = Bus(Terminal(server.ours), {"timeout_ms": 500, "late_ms": 50})
        await Driver(bus, {"address": ADDRESS, "plan": found.plan()}).read(out)
        return dict(zip(found.points, out, strict=True))

    assert_same(sheet.name, run(story, sheet))


async def mbpoll(
    port: str, function: int, start: int, count: int, kind: str = ":hex", *more: str
) -> list[str]:
    """What mbpoll prints for registers `start`.. (counted from 0)."""
    command = ["mbpoll", "-m", "rtu", "-b", "9600", "-P", "none", "-a", str(ADDRESS), "-0", "-r", str(start), "-c", str(count),
               "-t", f"{7 - function}{kind}", "-1", "-o", "2", *more, port]  # fmt: skip
    made = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = (await made.communicate())[0].decode()
    assert made.returncode == 0, said
    return re.findall(r"^\[\d+\]:\s+(\S+)", said, re.M)


@pytest.mark.skipif(shutil.which("mbpoll") is None, reason="Debian's mbpoll is not here")
@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_mbpoll_reads_the_same(sheet):
    """The very requests that the board sends; then, where mbpoll knows the order, the numbers themselves."""
    found = regmap.load(sheet.name)
    words = sheet.registers()

    async def story(server):
        cable = Cable(server)
        try:
            for function, start, count in found.requests:
                heard = [int(word, 16) for word in await mbpoll(cable.name, function, start, count)]
                assert len(heard) == count
                assert heard == [words.get(start + k, 0) for k in range(count)]
            field = next((f for f in found.fields if f.kind in _NUMBERS), None)
            if field:
                kind, *more = _NUMBERS[field.kind]
                (said,) = await mbpoll(cable.name, field.function, field.register, 1, kind, *more)
                quantity = next(q for q in sheet.quantities if q.register == field.register)
                assert float(said) == pytest.approx(_number(quantity), rel=1e-4)
        finally:
            cable.close()

    run(story, sheet)


_NUMBERS = {
    "f32_abcd": (":float", "-B"), "f32_cdab": (":float",), "i32_abcd": (":int", "-B"), "u32_abcd": (":int", "-B"), "u32_cdab": (":int",),
}  # fmt: skip


def _number(quantity: datasheet.Quantity) -> float:
    """The number in the registers, before resolution and zero."""
    return (quantity.value(quantity.example[0]) - float(quantity.zero)) / float(quantity.resolution)


VM = """
import asyncio, select, sys
from pole.drivers.modbus_rtu import Bus
from pole.drivers.modbus_sensor import Driver

class Terminal:
    baud, char_us, poll_ms = 9600, 1042, 1

    def __init__(self, name):
        self.file = open(name, "r+b")
        self.poll = select.poll()
        self.poll.register(self.file, select.POLLIN)

    def begin(self, data):
        self.file.write(data)
        return 0

    def end(self):
        pass

    def take(self, view):
        if not self.poll.poll(0):
            return 0
        view[:1] = self.file.read(1)
        return 1

async def main(plan, slots):
    out = [None] * slots
    bus = Bus(Terminal(sys.argv[1]), {"timeout_ms": 500, "late_ms": 50})
    await Driver(bus, {"address": %d, "plan": plan}).read(out)
    print(out)

asyncio.run(main(%s, %d))
"""


@pytest.mark.parametrize("name", ON_THE_VM)
def test_the_driver_on_micropython_reads_pymodbus(name, tmp_path):
    found = regmap.load(name)
    script = tmp_path / "read.py"
    script.write_text(VM % (ADDRESS, found.plan(), len(found.points)), encoding="utf-8")

    async def story(server):
        cable = Cable(server)
        try:
            made = await asyncio.create_subprocess_exec(
                *harness.command(script, [cable.name]), env=harness.environment(),
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            said = (await made.communicate())[0].decode()
            assert made.returncode == 0, said
            return dict(zip(found.points, eval(said), strict=True))
        finally:
            cable.close()

    assert_same(name, run(story, datasheet.load(name)))


def test_a_hole_is_a_hole_for_pymodbus_too():
    """The whole of an SEN0657's block at once is refused, as on the real one: so its map asks in four."""

    async def story(server):
        os.write(server.ours, _frame(3, 0x1F4, 14))
        await asyncio.sleep(0.3)
        return os.read(server.ours, 64)

    assert run(story, datasheet.load("sen0657"))[1:3] == b"\x83\x02"
    assert len(regmap.load("sen0657").requests) == 4


def _frame(function: int, start: int, count: int) -> bytes:
    from yigan.twin import modbus_rtu

    return modbus_rtu.seal(struct.pack(">BBHH", ADDRESS, function, start, count))
