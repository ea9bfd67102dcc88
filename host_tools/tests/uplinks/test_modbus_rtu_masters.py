"""pymodbus, mbpoll and modbus-serial ask by RS-485: a pole on a virtual board, and the same uplink on CPython."""

import os
import random
import time

import pytest
from pymodbus.client import ModbusSerialClient
from pymodbus.exceptions import ModbusIOException
from uplinks.masters import mbpoll, modbus_serial
from uplinks.modbus_line import ADDRESS, LEVEL, OnBoard, OnCPython

from yigan.twin.modbus_rtu import seal

LINES = {"cpython": OnCPython, "board": OnBoard}


@pytest.fixture(scope="module", params=LINES)
def line(request, tmp_path_factory):
    made = LINES[request.param](tmp_path_factory.mktemp("line"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def refusing(tmp_path_factory):
    made = OnCPython(tmp_path_factory.mktemp("refusing"))
    yield made
    made.stop()


@pytest.fixture
def client(line):
    made = ModbusSerialClient(line.port, baudrate=115200, timeout=1.5, retries=0)
    assert made.connect()
    yield made
    made.close()


def put(line, data: bytes, wait_s: float = 0.3) -> bytes:
    """Bytes onto the line as they are, and all that comes back."""
    with open(line.port, "r+b", buffering=0) as port:
        os.set_blocking(port.fileno(), False)
        port.write(data)
        time.sleep(wait_s)
        return port.read() or b""


def test_pymodbus_writes_and_reads_back(client):
    assert not client.write_registers(LEVEL, [0, 500], device_id=ADDRESS).isError()
    assert client.read_holding_registers(LEVEL, count=2, device_id=ADDRESS).registers == [0, 500]
    words = client.convert_to_registers(12.5, client.DATATYPE.FLOAT32)
    assert not client.write_registers(0x4000 + LEVEL, words, device_id=ADDRESS).isError()
    both = client.readwrite_registers(
        read_address=LEVEL, read_count=2, address=LEVEL, values=[0, 7], device_id=ADDRESS
    )
    assert both.registers == [0, 7]


def test_pymodbus_reads_the_longest(client):
    found = client.read_input_registers(LEVEL, count=64, device_id=ADDRESS)
    assert len(found.registers) == 64
    assert len(client.read_discrete_inputs(128, count=32, device_id=ADDRESS).bits) == 32


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda c: c.read_input_registers(60000, count=2, device_id=ADDRESS), 2),
        (lambda c: c.write_register(LEVEL, 1, device_id=ADDRESS), 2),
        (lambda c: c.write_registers(LEVEL, [0, 1001], device_id=ADDRESS), 3),
        (lambda c: c.mask_write_register(address=LEVEL, and_mask=0, or_mask=1, device_id=ADDRESS), 1),
        (lambda c: c.read_fifo_queue(address=0, device_id=ADDRESS), 1),
    ],
)
def test_pymodbus_is_refused(client, ask, code):
    answer = ask(client)
    assert answer.isError() and answer.exception_code == code


def test_pymodbus_asks_who_it_is_and_how_the_line_is(client):
    assert client.read_device_information(read_code=1, device_id=ADDRESS).information[0] == b"yigan"
    assert client.diag_query_data(b"\x12\x34", device_id=ADDRESS).message == b"\x12\x34"
    assert not client.diag_clear_counters(device_id=ADDRESS).isError()
    assert client.diag_read_device_message_count(device_id=ADDRESS).message == 1
    assert client.diag_get_comm_event_counter(device_id=ADDRESS).count == 2


def test_another_address_is_nobody(client):
    with pytest.raises(ModbusIOException):
        client.read_input_registers(LEVEL, count=2, device_id=ADDRESS + 1)
    assert client.read_holding_registers(LEVEL, count=2, device_id=ADDRESS).registers


def test_all_at_once_obey_and_say_nothing(line, client):
    request = bytes.fromhex("00 10 0100 0002 04 0000 00fa")
    assert put(line, seal(request)) == b""
    assert client.read_holding_registers(LEVEL, count=2, device_id=ADDRESS).registers == [0, 250]


def test_what_is_no_frame_is_not_answered(line, client):
    good = seal(bytes.fromhex("11 03 0100 0002"))
    chance = random.Random(17)
    for data in (
        good[:-1],
        good[:3],
        good[:-1] + b"\x00",
        b"\xff" * 40,
        chance.randbytes(200),
        chance.randbytes(1),
    ):
        assert put(line, data) == b""
        assert put(line, good)[:3] == b"\x11\x03\x04"
    assert put(line, b"\x00" + good)[:3] == b"\x11\x03\x04"  # a driver that switched on
    assert client.read_holding_registers(LEVEL, count=2, device_id=ADDRESS).registers


def test_mbpoll(line):
    assert mbpoll(line.port, ADDRESS, "-t", "4:int", "-B", "-r", LEVEL, "--", 321) == ""
    assert mbpoll(line.port, ADDRESS, "-t", "4:int", "-B", "-r", LEVEL) == {LEVEL: "321"}
    assert mbpoll(line.port, ADDRESS, "-t", "3", "-r", 60000) == 2
    assert mbpoll(line.port, ADDRESS, "-t", "4:int", "-B", "-r", LEVEL, "--", 70000) == 3
    assert "timed out" in mbpoll(line.port, 99, "-t", "3", "-r", LEVEL, timeout_s=0.3)


def test_modbus_serial(line):
    said = modbus_serial(
        {"path": line.port, "baud": 115200}, ADDRESS,
        ["writeRegisters", LEVEL, [0, 42]], ["readHoldingRegisters", LEVEL, 2], ["readDiscreteInputs", 128, 8],
        ["readInputRegisters", 60000, 2], ["writeRegisters", LEVEL, [0, 1001]], ["writeRegister", LEVEL, 1],
        ["readDeviceIdentification", 1, 0],
    )  # fmt: skip
    assert said[1] == {"data": [0, 42]}
    assert len(said[2]["data"]) == 8
    assert [row.get("code") for row in said[3:6]] == [2, 3, 2]
    assert (
        said[6]["data"]["0"] == "yigan" if isinstance(said[6]["data"], dict) else "yigan" in said[6]["data"]
    )
    gone = modbus_serial(
        {"path": line.port, "baud": 115200}, 99, ["readInputRegisters", LEVEL, 2], timeout=300
    )
    assert "TransactionTimedOut" in gone[0]["error"]


def test_busy_and_broken_points(refusing):
    """lamp.offset is overridden at the pole (06), lamp.energy has nobody that obeys (04)."""
    assert mbpoll(refusing.port, ADDRESS, "-t", "4:int", "-B", "-r", 264, "--", 5) == 6
    assert mbpoll(refusing.port, ADDRESS, "-t", "4:int", "-B", "-r", 266, "--", 5) == 4
    said = modbus_serial(
        {"path": refusing.port, "baud": 115200}, ADDRESS,
        ["writeRegisters", 264, [0, 5]], ["writeRegisters", 266, [0, 5]],
    )  # fmt: skip
    assert [row.get("code") for row in said] == [6, 4]
    client = ModbusSerialClient(refusing.port, baudrate=115200, timeout=1.5, retries=0)
    assert client.connect()
    assert client.write_registers(264, [0, 5], device_id=ADDRESS).exception_code == 6
    assert client.write_registers(266, [0, 5], device_id=ADDRESS).exception_code == 4
    client.close()


def test_a_master_of_another_parity(tmp_path):
    line = OnBoard(tmp_path, parity="E", masters="N")
    try:
        client = ModbusSerialClient(line.port, baudrate=115200, timeout=0.3, retries=0)
        assert client.connect()
        for _ in range(5):
            with pytest.raises(ModbusIOException):
                client.read_holding_registers(LEVEL, count=2, device_id=ADDRESS)
        client.close()
        state = line.board.state("modbus_rtu")
        assert state["asked"] == 5 * 8 and state["heard"] == 0
        assert line.board.stats()["starts"] <= 4
    finally:
        line.stop()


def test_noise_passes(tmp_path):
    line = OnBoard(tmp_path)
    try:
        client = ModbusSerialClient(line.port, baudrate=115200, timeout=0.4, retries=0)
        assert client.connect()
        line.board.fault("modbus_rtu", "line_noise", True)
        good = 0
        for _ in range(10):
            try:
                good += not client.read_holding_registers(LEVEL, count=2, device_id=ADDRESS).isError()
            except ModbusIOException:
                continue
        line.board.fault("modbus_rtu", "line_noise", False)
        time.sleep(0.3)
        assert good < 10
        assert client.read_holding_registers(LEVEL, count=2, device_id=ADDRESS).registers
        client.close()
    finally:
        line.stop()
