"""pymodbus, which shares nothing with us, talks to the firmware's Modbus TCP server on both interpreters."""

import asyncio
import os
import socket
import struct
import subprocess
import sys

import pytest
from pymodbus.client import AsyncModbusTcpClient, ModbusTcpClient

from yigan import places, vm
from yigan.errors import LinkError

SERVER = """
import asyncio, sys
sys.path[:0] = sys.argv[2:]
from modbus_points import BLOCKS, store
from pole.log import Log
from pole.uplinks.modbus_tcp import Uplink
if sys.implementation.name == "micropython":
    from pole.hal import net
else:
    from pole.hal import net_linux as net

class Pole:
    pass

pole = Pole()
pole.id, pole.log, pole.counters = "demo-0001", Log(), {}
pole.info = {"version": "1.2.3", "board": "esp32-devkit"}
pole.net = Pole()
pole.net.serve = lambda handler, port: net.serve(handler, port, "127.0.0.1")
pole.store = store()
for name, raw in (("air.pm2_5", 123), ("air.temperature", -250), ("air.count", 4000000000), ("air.ratio", 1.5)):
    pole.store.put(pole.store.index(name), raw)

async def main():
    options = {"port": int(sys.argv[1]), "blocks": BLOCKS, "writers": ["127.0.0.1"]}
    task = asyncio.create_task(Uplink(pole, options).run(lambda: None))
    print("ready")
    await task

asyncio.run(main())
"""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def interpreter(kind: str) -> list[str]:
    if kind == "cpython":
        return [sys.executable, "-u"]
    try:
        return [vm.find(), "-X", "heapsize=176k"]
    except LinkError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module", params=["cpython", "micropython"])
def port(request, tmp_path_factory):
    """A server in a process of its own; its port."""
    script = tmp_path_factory.mktemp("server") / "server.py"
    script.write_text(SERVER, encoding="utf-8")
    firmware = places.firmware()
    paths = [str(firmware), str(firmware / "tests")]
    number = free_port()
    process = subprocess.Popen(
        [*interpreter(request.param), str(script), str(number), *paths],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "MICROPYPATH": ".frozen"},
    )  # fmt: skip
    assert process.stdout.readline().strip() == "ready"
    yield number
    assert process.poll() is None, "the server died"
    process.kill()
    process.communicate()


@pytest.fixture
def client(port):
    made = ModbusTcpClient("127.0.0.1", port=port, timeout=3, retries=0)
    for _ in range(50):  # it says ready just before it listens
        if made.connect():
            break
    yield made
    made.close()


def long(registers: list[int]) -> int:
    return registers[0] << 16 | registers[1]


def test_input_registers(client):
    found = client.read_input_registers(512, count=6).registers
    assert [long(found[k : k + 2]) for k in (0, 2, 4)] == [123, 0xFFFFFF06, 4000000000]
    assert client.convert_from_registers(found[2:4], client.DATATYPE.INT32) == -250


def test_floats(client):
    found = client.read_input_registers(0x4000 + 512, count=4).registers
    assert client.convert_from_registers(found, client.DATATYPE.FLOAT32) == pytest.approx([12.3, -2.5])


def test_windows(client):
    assert client.read_input_registers(0x8000 + 256, count=5).registers == [1, 1, 1, 0, 0xFFFF]
    ages = client.read_input_registers(0xA000 + 256, count=5).registers
    assert max(ages[:3]) < 60 and ages[3:] == [0xFFFF, 0xFFFF]


def test_bits(client):
    assert client.read_discrete_inputs(256, count=8).bits == [True, True, True] + [False] * 5
    assert not client.write_coil(129, True).isError()
    assert client.read_coils(128, count=8).bits[:3] == [False, True, False]
    assert not client.write_coils(129, [False]).isError()
    assert client.read_coils(129, count=1).bits[0] is False


def test_write_and_read_back(client):
    assert not client.write_registers(256, [0, 500]).isError()
    assert client.read_holding_registers(256, count=2).registers == [0, 500]
    found = client.read_holding_registers(0x4000 + 256, count=2).registers
    assert client.convert_from_registers(found, client.DATATYPE.FLOAT32) == 50.0
    words = client.convert_to_registers(12.5, client.DATATYPE.FLOAT32)
    assert not client.write_registers(0x4000 + 256, words).isError()
    assert client.read_holding_registers(256, count=2).registers == [0, 125]
    both = client.readwrite_registers(read_address=256, read_count=2, write_address=256, values=[0, 7])
    assert both.registers == [0, 7]


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda c: c.read_input_registers(0, count=2), 2),
        (lambda c: c.read_holding_registers(318, count=4), 2),
        (lambda c: c.write_register(256, 1), 2),
        (lambda c: c.write_registers(257, [0, 1]), 2),
        (lambda c: c.write_registers(512, [0, 1]), 2),
        (lambda c: c.write_registers(256, [0, 1001]), 3),
        (lambda c: c.write_coil(128, True), 2),
        (lambda c: c.mask_write_register(address=256, and_mask=0, or_mask=1), 1),
        (lambda c: c.read_exception_status(), 1),
        (lambda c: c.read_fifo_queue(address=0), 1),
    ],
)
def test_exceptions(client, ask, code):
    answer = ask(client)
    assert answer.isError() and answer.exception_code == code


def test_device_identification(client):
    basic = client.read_device_information(read_code=1).information
    assert basic == {0: b"yigan", 1: b"pole", 2: b"1.2.3"}
    regular = client.read_device_information(read_code=2).information
    assert regular[5] == b"esp32-devkit" and regular[6] == b"demo-0001"
    assert client.read_device_information(read_code=4, object_id=6).information == {6: b"demo-0001"}
    assert client.read_device_information(read_code=4, object_id=99).exception_code == 2


def test_every_unit_is_the_pole(client):
    for unit in (0, 1, 17, 255):
        assert client.read_input_registers(512, count=2, device_id=unit).registers == [0, 123]


def test_async_clients_at_once(port):
    async def talk(number: int) -> int:
        client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=3, retries=0)
        assert await client.connect()
        good = 0
        for _ in range(50):
            answer = await client.read_input_registers(512, count=16)
            good += answer.registers[1] == 123
            refused = await client.read_input_registers(number, count=2)
            assert refused.exception_code == 2
        client.close()
        return good

    async def story():
        return await asyncio.gather(*(talk(n) for n in range(4)))

    assert asyncio.run(story()) == [50] * 4


def test_garbage_beside_a_client(port, client):
    with socket.create_connection(("127.0.0.1", port)) as bad:
        bad.sendall(b"\x00\x01\x00\x07garbage")
        bad.settimeout(3)
        assert bad.recv(10) == b""
    assert client.read_input_registers(512, count=2).registers == [0, 123]


def test_pipelined(port):
    question = struct.pack(">HHHBBHH", 7, 0, 6, 1, 4, 512, 2)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(question * 100)
        sock.settimeout(3)
        found = b""
        while len(found) < 1300:
            found += sock.recv(4096)
    assert found == struct.pack(">HHHBBBI", 7, 0, 7, 1, 4, 4, 123) * 100
