"""The firmware's RTU master asks pymodbus's RTU server through a pseudo terminal."""

import asyncio
import os
import tty

import pytest
from pymodbus import FramerType
from pymodbus.datastore import ModbusDeviceContext, ModbusSequentialDataBlock, ModbusServerContext
from pymodbus.server import ModbusSerialServer

from pole import errors
from pole.drivers.modbus_rtu import Bus
from pole.drivers.modbus_sensor import Driver
from pole.quality import GOOD


class Terminal:
    """Our end of the pseudo terminal, as hal gives a line to drivers."""

    baud, char_us, poll_ms = 9600, 1042, 1

    def __init__(self, handle: int):
        self.handle = handle
        os.set_blocking(handle, False)

    def begin(self, data) -> int:
        os.write(self.handle, bytes(data))
        return 0

    def end(self) -> None:
        pass

    def take(self, buf) -> int:
        try:
            data = os.read(self.handle, len(buf))
        except BlockingIOError:
            return 0
        buf[: len(data)] = data
        return len(data)


def with_server(story):
    """Run `story(bus)` against slave 5: input registers 0.. hold 100.., holding registers 1000.."""

    async def main():
        ours, theirs = os.openpty()
        tty.setraw(ours)
        tty.setraw(theirs)
        slave = ModbusDeviceContext(
            ir=ModbusSequentialDataBlock(1, list(range(100, 150))),
            hr=ModbusSequentialDataBlock(1, list(range(1000, 1050))),
        )
        context = ModbusServerContext(devices={5: slave}, single=False)
        server = ModbusSerialServer(
            context,
            framer=FramerType.RTU,
            port=os.ttyname(theirs),
            baudrate=9600,
            ignore_missing_devices=True,
        )
        await server.serve_forever(background=True)
        try:
            return await story(Bus(Terminal(ours), {"timeout_ms": 200, "late_ms": 50, "retries": 0}))
        finally:
            await server.shutdown()
            os.close(ours)
            os.close(theirs)

    return asyncio.run(asyncio.wait_for(main(), 20))


def ask(pdu: str, address: int = 5) -> bytes:
    async def story(bus):
        reply = bytearray(253)
        data = bytes.fromhex(pdu)
        return bytes(reply[: await bus.exchange(address, data, len(data), reply)])

    return with_server(story)


def test_reads_and_writes():
    assert ask("0400000002") == bytes.fromhex("040400640065")
    assert ask("0300010001") == bytes.fromhex("030203e9")
    assert ask("0600030007") == bytes.fromhex("0600030007")
    assert ask("10000400020400010002") == bytes.fromhex("1000040002")


def test_exceptions():
    with pytest.raises(errors.DeviceFault) as caught:
        ask("0400400002")
    assert (caught.value.code, caught.value.detail) == (errors.DEVICE_EXCEPTION, 2)


def test_a_driver():
    plan = [
        [4, 0, 3, [[0, "u16_abcd", 1, 1, 0, 1], [2, "u32_abcd", 1, 1, 0, 0]]],
        [3, 0, 1, [[0, "i16_abcd", 1, 10, 0, 2]]],
    ]

    async def story(bus):
        out = [None] * 3
        driver = Driver(bus, {"address": 5, "plan": plan})
        for _ in range(5):
            assert await driver.read(out) == GOOD
        return out

    assert with_server(story) == [101 << 16 | 102, 100, 100]
