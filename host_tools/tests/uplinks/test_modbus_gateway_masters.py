"""pymodbus, mbpoll and modbus-serial go through a pole on a virtual board to the sensors on its line."""

import time

import pytest
from pymodbus.client import ModbusTcpClient
from uplinks.masters import mbpoll, modbus_serial

from yigan import bundle, conf
from yigan.deploy.commission import commission
from yigan.twin.virtual import VirtualBoard

POLE = """
id = "gate-0001"
board = "esp32s3-pole"

[site]
latitude = 31.228611
longitude = 121.474722
timezone = "Asia/Shanghai"

[bus.rs485]
baud = 9600
timeout_ms = 150

[[interface]]
kind = "wifi"
ssid = "street"
password = "street-0001"

[[peripheral]]
kind = "modbus_sensor"
name = "climate"
bus = "rs485"
map = "xy_md02"
address = 1
period_s = 0.5

[[peripheral]]
kind = "modbus_sensor"
name = "sound"
bus = "rs485"
map = "noise"
address = 2
period_s = 0.5

[[uplink]]
kind = "modbus_tcp"
gateway = "rs485"
units = [1, 2, 9]
writers = [{writers}]
"""
CLIMATE, SOUND, GONE = 1, 2, 9


def started(folder, writers: str) -> VirtualBoard:
    file = folder / "gate.toml"
    file.write_text(POLE.format(writers=writers), encoding="utf-8")
    board = VirtualBoard(folder / "board")
    board.start("esp32s3-pole", file, latency=0, baud=0)
    commission(board.port, bundle.build(conf.load(file)), readings_s=0)
    deadline = time.monotonic() + 20
    while 502 not in {int(port) for port in board.net}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return board


@pytest.fixture(scope="module", params=['"127.0.0.1"', ""], ids=["writer", "reader"])
def gate(request, tmp_path_factory):
    board = started(tmp_path_factory.mktemp("gate"), request.param)
    board.writer = bool(request.param)
    board.tcp = int({int(k): v for k, v in board.net.items()}[502])
    yield board
    board.stop()
    told = (board.folder / "board.err").read_text()
    assert not told, told


@pytest.fixture
def client(gate):
    made = ModbusTcpClient("127.0.0.1", port=gate.tcp, timeout=3, retries=0)
    assert made.connect()
    yield made
    made.close()


def test_pymodbus_reaches_the_sensors_and_the_pole(client, gate):
    climate = client.read_input_registers(1, count=2, device_id=CLIMATE)
    assert climate.registers[0] == 305  # 30.5 degrees, as this sensor wakes up
    sound = client.read_holding_registers(0, count=1, device_id=SOUND)
    assert sound.registers[0] == 501
    uptime = client.read_input_registers(0, count=2, device_id=255)
    assert uptime.registers[0] << 16 | uptime.registers[1] < 600
    assert client.read_input_registers(0, count=2, device_id=0).registers[0] == 0


def test_pymodbus_is_refused(client, gate):
    assert client.read_input_registers(1, count=2, device_id=77).exception_code == 10
    assert client.read_input_registers(1, count=2, device_id=GONE).exception_code == 11
    assert client.read_input_registers(5000, count=2, device_id=CLIMATE).exception_code in (2, 3)
    if not gate.writer:
        assert client.write_register(0x101, 1, device_id=CLIMATE).exception_code == 1


def test_a_sensor_that_dies_and_comes_back(client, gate):
    gate.unplug("sound")
    try:
        for _ in range(4):
            assert client.read_holding_registers(0, count=1, device_id=SOUND).exception_code == 11
        assert client.read_input_registers(1, count=1, device_id=CLIMATE).registers == [305]
    finally:
        gate.plug("sound")
    deadline = time.monotonic() + 15
    while client.read_holding_registers(0, count=1, device_id=SOUND).isError():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_mbpoll(gate):
    def ask(unit, *words):
        return mbpoll("127.0.0.1", unit, *words, rtu=False, port=gate.tcp, timeout_s=3)

    assert ask(CLIMATE, "-t", "3", "-r", 1) == {1: "305"}
    assert ask(77, "-t", "3", "-r", 1) == 10
    assert ask(GONE, "-t", "3", "-r", 1) == 11
    if not gate.writer:
        assert ask(CLIMATE, "-r", 0x101, "--", 1) == 1


def test_modbus_serial(gate):
    for unit, call, wanted in (
        (CLIMATE, ["readInputRegisters", 1, 1], {"data": [305]}),
        (77, ["readInputRegisters", 1, 1], {"code": 10}),
        (GONE, ["readInputRegisters", 1, 1], {"code": 11}),
    ):
        assert modbus_serial({"port": gate.tcp}, unit, call, timeout=3000) == [wanted]


def test_the_pole_polls_on_beside_eager_clients(gate):
    def rate(seconds):
        before = gate.state()["climate"]["requests"]
        time.sleep(seconds)
        return (gate.state()["climate"]["requests"] - before) / seconds

    alone = rate(5)
    clients = [ModbusTcpClient("127.0.0.1", port=gate.tcp, timeout=5, retries=0) for _ in range(3)]
    for made in clients:
        assert made.connect()
    begin, before, asked = time.monotonic(), gate.state()["climate"]["requests"], 0
    while time.monotonic() < begin + 5:
        for made in clients:
            asked += not made.read_holding_registers(0, count=1, device_id=SOUND).isError()
    beside = (gate.state()["climate"]["requests"] - before) / (time.monotonic() - begin)
    for made in clients:
        made.close()
    assert asked > 5
    assert beside >= 0.85 * alone, (alone, beside, asked)
