"""Modbus/TCP Security with pymodbus: on both interpreters, and on a virtual board with its pole file."""

import json
import os
import socket
import ssl
import subprocess
import sys
import time

import pytest
from pymodbus.client import ModbusTlsClient
from pymodbus.exceptions import ConnectionException, ModbusIOException
from uplinks.brokers import Authority

from yigan import bundle, conf, places, vm
from yigan.deploy.commission import commission
from yigan.errors import LinkError
from yigan.twin.virtual import VirtualBoard

SERVER = """
import asyncio, json, sys
sys.path[:0] = sys.argv[3:]
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
pole.id, pole.log, pole.counters, pole.store = "demo-0001", Log(), {}, store()
pole.info = {"version": "1.2.3", "board": "esp32-devkit"}
pole.net = Pole()
pole.net.serve = lambda handler, port, tls: net.serve(handler, port, "127.0.0.1", tls=tls)
options = dict(json.load(open(sys.argv[2])), port=int(sys.argv[1]), blocks=BLOCKS, tls=True)

async def main():
    task = asyncio.create_task(Uplink(pole, options).run(lambda: None))
    await asyncio.sleep(0.2)
    print("ready")
    await task

asyncio.run(main())
"""


def options(authority: Authority) -> dict:
    """What the server is told: texts, as a pole file may have them."""
    cert, key = (path.read_text() for path in authority.server)
    return {"ca": authority.file.read_text(), "cert": cert, "key": key}


def interpreter(kind: str) -> list[str]:
    if kind == "cpython":
        return [sys.executable, "-u"]
    try:
        return [vm.find(), "-X", "heapsize=176k"]
    except LinkError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module", params=["cpython", "micropython"])
def serve(request, tmp_path_factory, authority):
    """serve(role=...) -> port of a server in a process of its own."""
    started = []

    def start(**more):
        script = tmp_path_factory.mktemp("server") / "server.py"
        script.write_text(SERVER, encoding="utf-8")
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
        firmware = places.firmware()
        said = script.with_suffix(".json")  # too long for an argument of MicroPython's
        said.write_text(json.dumps({**options(authority), **more}))
        words = [*interpreter(request.param), script, port, said, firmware, firmware / "tests"]
        process = subprocess.Popen(
            [*map(str, words)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "MICROPYPATH": ".frozen"},
        )
        started.append(process)
        assert process.stdout.readline().strip() == "ready"
        return port

    yield start
    for process in started:
        assert process.poll() is None, "the server died"
        process.kill()
        process.communicate()


def connect(port: int, trusted: Authority, pair=None) -> ModbusTlsClient:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # pymodbus hands over no name
    context.load_verify_locations(str(trusted.file))
    if pair:
        context.load_cert_chain(*map(str, pair))
    return ModbusTlsClient("localhost", port=port, sslctx=context, timeout=3, retries=0)


def refused(client: ModbusTlsClient) -> bool:
    """Whether it gets no answer at all."""
    try:
        return not client.connect() or client.read_holding_registers(256, count=2).isError()
    except (ConnectionException, ModbusIOException, OSError):
        return True
    finally:
        client.close()


@pytest.fixture(scope="module")
def reader(serve):
    return serve(role="reader")


def works(port: int, authority: Authority) -> None:
    client = connect(port, authority, authority.client)
    assert client.connect()
    assert len(client.read_holding_registers(256, count=2).registers) == 2
    client.close()


def test_a_client_with_its_certificate(reader, authority):
    client = connect(reader, authority, authority.client)
    assert client.connect()
    for _ in range(20):
        assert len(client.read_input_registers(512, count=16).registers) == 16
    assert client.read_input_registers(0, count=2).exception_code == 2
    assert client.write_registers(256, [0, 5]).exception_code == 1
    client.close()


def test_the_role_of_a_writer(serve, authority):
    client = connect(serve(role="writer"), authority, authority.client)
    assert client.connect()
    assert not client.write_registers(256, [0, 500]).isError()
    assert client.read_holding_registers(256, count=2).registers == [0, 500]
    client.close()


@pytest.fixture(scope="module")
def roles(serve):
    return serve(role="certificate", writer_roles=["operator", "maintenance"])


@pytest.mark.parametrize(("role", "writes"), (("operator", True), ("reader", False), ("", False), ("operator ", False)))
def test_the_role_in_a_certificate(request, roles, authority, role, writes):
    """MicroPython's unix port shows no certificate, as RP2's: all are readers there."""
    if request.node.callspec.params["serve"] == "micropython":
        writes = False
    client = connect(roles, authority, authority._pair("somebody", None, 30, role))
    assert client.connect()
    assert len(client.read_holding_registers(256, count=2).registers) == 2
    answer = client.write_registers(256, [0, 300])
    assert (not answer.isError()) == writes
    assert writes or answer.exception_code == 1
    client.close()


def test_without_a_certificate(reader, authority):
    assert refused(connect(reader, authority))
    works(reader, authority)


def test_with_a_strangers_certificate(reader, authority, tmp_path):
    assert refused(connect(reader, authority, Authority(tmp_path / "stranger").client))
    works(reader, authority)


def test_with_a_certificate_out_of_date(reader, authority, tmp_path, monkeypatch):
    old = authority._pair("old", None, -1)
    assert refused(connect(reader, authority, old))
    works(reader, authority)


def test_what_does_not_encrypt(reader, authority):
    question = bytes.fromhex("000100000006010401000002")
    for data in (question, b"\x16\x03\x01\x00\x05hello", b"GET / HTTP/1.1\r\n\r\n", b""):
        with socket.create_connection(("127.0.0.1", reader)) as sock:
            sock.settimeout(2)
            sock.sendall(data)
            if data:
                try:
                    assert question[:4] not in sock.recv(64)
                except (TimeoutError, ConnectionResetError):
                    continue
    works(reader, authority)


POLE = """
id = "safe-0001"
board = "esp32s3-pole"

[site]
latitude = 31.228611
longitude = 121.474722
timezone = "Asia/Shanghai"

[[interface]]
kind = "wifi"
ssid = "street"
password = "street-0001"

[[peripheral]]
kind = "pwm"
bus = "lamp"

[[uplink]]
kind = "modbus_tcp"
tls = true
role = "reader"
clients = 2
ca = '''{ca}'''
cert = '''{cert}'''
key = '''{key}'''
"""


@pytest.mark.parametrize(
    ("board", "written", "found"),
    (
        ("esp32s3-pole", 'writer_roles = ["operator"]', []),
        ("esp32s3-pole", "", ["missing_option"]),
        ("esp32s3-pole", "writer_roles = [5]", ["wrong_type"]),
        ("rp2-pico-w", 'writer_roles = ["operator"]', ["no_certificates"]),
    ),
)
def test_what_check_says_of_roles(authority, tmp_path, board, written, found):
    file = tmp_path / "safe.toml"
    text = POLE.format(**options(authority)).replace("esp32s3-pole", board)
    file.write_text(text.replace('role = "reader"', f'role = "certificate"\n{written}'), encoding="utf-8")
    assert [one.code for one in conf.check(conf.load(file)) if one.level == "error"] == found


def test_a_virtual_board(authority, tmp_path):
    file = tmp_path / "safe.toml"
    file.write_text(POLE.format(**options(authority)), encoding="utf-8")
    board = VirtualBoard(tmp_path / "board")
    try:
        board.start("esp32s3-pole", file, latency=0, baud=0)
        commission(board.port, bundle.build(conf.load(file)), readings_s=0)
        deadline = time.monotonic() + 20
        while 802 not in (found := {int(k): v for k, v in board.net.items()}):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        client = connect(found[802], authority, authority.client)
        assert client.connect()
        assert len(client.read_holding_registers(256, count=2).registers) == 2
        client.close()
        assert refused(connect(found[802], authority))
    finally:
        board.stop()
