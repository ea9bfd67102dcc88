"""An RP2 board: what its watchdog's scratch registers keep, and a pole on it."""

import json
from pathlib import Path

import pytest
from pymodbus.client import ModbusTcpClient
from stage import run, until

from yigan import cli, conf, home
from yigan.errors import DeviceError
from yigan.twin.virtual import VirtualBoard

POLES = Path(__file__).parents[3] / "poles"


@pytest.fixture(autouse=True)
def english(monkeypatch, tmp_path):
    monkeypatch.setenv("YIGAN_LANG", "en")
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path / "home"))


def read(board, soft_reset=False):
    code = "import machine\nprint([machine.mem32[0x4005800c + 4 * i] for i in (0, 7)], machine.reset_cause())"
    return run(board, code, soft_reset=soft_reset)


def test_scratch_registers_outlive_every_reset_but_a_power_cut(virtual):
    board = virtual("rp2-pico-w")
    run(board, "import machine\nmachine.mem32[0x4005800c] = 0xFEDCBA98\nmachine.mem32[0x40058028] = -1")
    kept = "[4275878552, 4294967295]"
    assert read(board, soft_reset=True).startswith(kept)
    board.reset()
    assert read(board) == f"{kept} 3\n"
    run(board, "import machine\nmachine.WDT(timeout=100)")
    until(lambda: board.stats()["cause"] == "watchdog")
    assert read(board) == f"{kept} 3\n"
    board.power_cut()
    board.power(True)
    assert read(board) == "[0, 0] 1\n"


@pytest.mark.parametrize("what", ["mem32[0x40058008]", "mem32[0x4005800e]", "mem32[0x4005802c]", "mem8[0x4005800c]", "mem16[0]"])
def test_other_memory_is_refused(virtual, what):
    with pytest.raises(DeviceError, match=r"mem\d+\[0x[0-9a-f]{8}\]: a virtual board has no such register"):
        run(virtual("rp2-pico-w"), f"import machine\nmachine.{what}")

# A pole on it


@pytest.fixture
def up(tmp_path, capsys):
    """`up(file)` brings the pole of a file up on a virtual board of its own, and returns the board and its points."""
    boards = []

    def bring(file):
        boards.append(VirtualBoard(home.virtual(conf.load(file).id)))
        assert cli.main(["up", str(file), "--virtual", "--json"]) == 0
        return boards[-1], {row["name"]: row for row in json.loads(capsys.readouterr().out)["points"]}

    yield bring
    for board in boards:
        board.stop()


def test_a_pole_without_a_network(up, capsys):
    board, points = up(POLES / "rp2.toml")
    assert points["node.uptime"]["quality"] == "good" and "gnss.fix" in points
    assert board.state("lamp")["level_percent"] > 0 and board.net == {}
    get = ["get", "--value", "--port", board.port]

    def good(name):
        return cli.main([*get, name]) == 0 and capsys.readouterr().out.strip()

    assert good("lamp.level") == "100.0"
    until(lambda: good("gnss.fix"), 20)
    starts = board.stats()["starts"]
    assert cli.main(["set", "node.restart", "1", "--port", board.port]) == 0
    until(lambda: board.stats()["starts"] > starts, 10)
    until(lambda: good("node.uptime"), 20)
    assert good("node.reset_cause").startswith("4")  # software: the breadcrumb outlived the reset


WIFI = """id = "picow-0001"
board = "rp2-pico-w"

[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"

[[peripheral]]
kind = "pwm"
name = "lamp"
bus = "lamp"

[[interface]]
kind = "wifi"
ssid = "street"
password = "lampposts"

[[uplink]]
kind = "modbus_tcp"
"""


def test_a_pole_with_wifi_and_modbus(up, tmp_path):
    file = tmp_path / "picow.toml"
    file.write_text(WIFI)
    board, points = up(file)
    assert points["lamp.level"]["quality"] == "good"
    port = until(lambda: board.net.get(502), 10)
    with ModbusTcpClient("127.0.0.1", port=port) as client:
        assert client.read_holding_registers(256, count=2).registers == [0, 1000]  # lamp.level, 0.1 %


def test_a_pole_with_ipv6(up, tmp_path, capsys):
    file = tmp_path / "picow.toml"
    file.write_text(WIFI.replace('"lampposts"', '"lampposts"\nipv6 = "auto"'))
    board, points = up(file)
    port = until(lambda: board.net.get(502), 10)
    with ModbusTcpClient("127.0.0.1", port=port) as client:  # `::` takes both
        assert client.read_holding_registers(256, count=2).registers == [0, 1000]

    def told():
        assert cli.main(["log", "--port", board.port]) == 0
        return "IPv6 fe80::2ecf:67ff:fe00:1, 2001:db8:4:20:2ecf:67ff:fe00:1" in capsys.readouterr().out.replace("\n", " ")

    until(told, 20)
