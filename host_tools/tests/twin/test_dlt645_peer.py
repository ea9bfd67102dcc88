"""The firmware's DL/T 645 driver reads the simulated meter of the `dlt645` package; its client reads our twin.

That meter knows no relay service, no blocks and no follow-up frames, and answers what was not for it.

So tripping and closing (control code 1CH) is proved against our own twin, which is drawn from the standard, and against
the published frames (firmware/tests/drivers/test_dlt645.py). Another independent meter that obeys 1CH was looked
for in November 2026 and not found. PyPI: `dlt645` 3.2.0 is the only package of the protocol; its control codes end
at 1BH. npm: no package by the protocol's usual names. Elsewhere, installable by no package manager: clients only
(Gurux, Neuron, several in Go, Rust and C), closed simulators for Windows, and the mock meter in the tests of
olivenet-iot/ivy-4g-gateway, which toggles its relay at any 1CH frame and looks neither at the password nor at the command:
an answer from it would prove no more than a frame.
"""

import asyncio
import os
import socket
import threading
import time
import tty

import pytest
from dlt645 import MeterClientService, MeterServerService

from pole.drivers import dlt645, dlt645_control
from pole.errors import DEVICE_EXCEPTION, DeviceFault
from pole.quality import GOOD
from yigan.twin import dlt645 as twins

ADDRESS = "000000000161"
VALUES = {  # item: (identifier, what the peer is told in its unit, what the driver must say)
    "energy": (0x00010000, 1234.56, 123456),
    "energy_t2": (0x00010200, 0.07, 7),
    "energy_returned": (0x00020000, 12.0, 1200),
    "voltage_a": (0x02010100, 230.1, 2301),
    "voltage_c": (0x02010300, 228.9, 2289),
    "current_a": (0x02020100, 1.234, 1234),
    "current_b": (0x02020200, -5.678, -5678),
    "power": (0x02030000, 0.3865, 3865),
    "power_a": (0x02030100, -1.25, -12500),
    "reactive_power": (0x02040000, 0.05, 500),
    "power_factor": (0x02060000, -0.993, -993),
    "frequency": (0x02800002, 49.98, 4998),
}


class Tcp:
    """A TCP connection as hal gives a line to drivers."""

    baud, char_us, poll_ms = 2400, 1000, 2

    def __init__(self, connection):
        self.connection = connection
        connection.setblocking(False)

    def begin(self, data):
        self.connection.sendall(bytes(data))
        return 0

    def end(self):
        pass

    def take(self, buf):
        try:
            return self.connection.recv_into(buf)
        except BlockingIOError:
            return 0


@pytest.fixture
def meter():
    server = MeterServerService.new_tcp_server("127.0.0.1", 0)
    server.set_address(bytes.fromhex(ADDRESS)[::-1])
    server.set_password("04563412")
    for number, told, _ in VALUES.values():
        assert (server.set_00 if number >> 24 == 0 else server.set_02)(number, told)
    assert server.start()
    yield server
    server.stop()


def ask(meter, items, tell=None, **options):
    """A reading of the driver, or what `tell(driver)` returns."""

    async def story():
        with socket.create_connection(("127.0.0.1", meter.server.port)) as connection:
            driver = dlt645.Driver(Tcp(connection), {"address": ADDRESS, "items": list(items), **options})
            if tell:
                return await tell(driver)
            out = [None] * len(items)
            assert await driver.read(out) == GOOD
            return dict(zip(items, out, strict=True)), driver

    return asyncio.run(asyncio.wait_for(story(), 20))


def test_every_item_it_has(meter):
    wanted = {name: raw for name, (_, _, raw) in VALUES.items()}
    assert ask(meter, VALUES, blocks=False)[0] == wanted
    found, driver = ask(meter, VALUES)  # it refuses blocks: the driver goes on one by one
    assert found == wanted and driver.bad == 4


def test_its_address(meter):
    assert ask(meter, ["power"], lambda driver: driver.read_address()) == ADDRESS


def test_a_stranger_is_not_ours(meter):
    with pytest.raises(DeviceFault):
        ask(meter, ["power"], address="000000000999")


def test_what_it_has_not_is_refused_in_words(meter):
    async def tell(driver):
        await driver.bus.ask(driver.address, 0x11, b"\x77\x77\x77\x02", 4, driver)

    with pytest.raises(DeviceFault) as caught:
        ask(meter, ["power"], tell)
    assert (caught.value.code, caught.value.detail) == (DEVICE_EXCEPTION, "no such data")


@pytest.mark.parametrize("password", ["123456", "654321"])
def test_its_clock_is_set_with_the_right_password_only(meter, password):
    async def tell(driver):
        control = dlt645_control.Control(driver, {"password": password, "level": 4})
        await control.set_time(6 * 366 * 86400)

    if password == "123456":
        ask(meter, ["power"], tell)
        assert meter.get_data_item(0x04000102).value == "000000"
        assert meter.get_data_item(0x04000101).value.startswith("26010")
    else:
        with pytest.raises(DeviceFault) as caught:
            ask(meter, ["power"], tell)
        assert caught.value.detail == "password refused" and password not in repr(caught.value)


class RealClock:
    def now_ms(self):
        return time.monotonic() * 1000

    def call_later(self, ms, fn):
        timer = threading.Timer(ms / 1000, fn)
        timer.daemon = True
        timer.start()
        return timer


@pytest.fixture
def served():
    """(twin, path of a pseudo terminal at which it hangs)."""
    ours, theirs = os.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    twin = twins.Twin(RealClock(), {"address": ADDRESS, "password": "563412", "level": 4})
    twin.send = lambda data: os.write(ours, data)
    twin.start()
    stop = threading.Event()

    def serve():
        while not stop.is_set():
            try:
                twin.received(os.read(ours, 256))
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield twin, os.ttyname(theirs)
    stop.set()
    twin.stop()
    os.close(theirs)
    os.close(ours)


def test_its_client_reads_our_twin(served):
    twin, path = served
    twin.set("power", -386.5)
    client = MeterClientService.new_rtu_client(path, 2400, 8, 1, "N", 3)
    client.address = bytearray(bytes.fromhex(ADDRESS)[::-1])
    assert client.connect()
    try:
        assert client.read_address().value == "610100000000"  # wire order
        assert client.read_00(0x00010000).value == pytest.approx(1234.56)
        assert client.read_02(0x02010100).value == pytest.approx(230.1)
        assert client.read_02(0x02030000).value == pytest.approx(-0.3865)
        assert client.read_02(0x02060000).value == pytest.approx(0.993)
        assert client.write_04(0x04000102, "123456", "00000000") is None  # refused
    finally:
        client.disconnect()
