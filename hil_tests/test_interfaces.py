"""Two ways into the city's network: several Wi-Fi networks of which one is in reach, and Ethernet with a fixed address."""

import time

import pytest

from yigan import conf
from yigan.twin.virtual import VirtualBoard

POLE = """
id = "wired-0001"
board = "esp32s3-pole"

[site]
latitude = 31.228611
longitude = 121.474722
timezone = "Asia/Shanghai"

[[peripheral]]
kind = "pwm"
name = "lamp"
bus = "lamp"

[[interface]]
kind = "wifi"
networks = [{ ssid = "depot", password = "behind the gate" }, { ssid = "street", password = "under the lamp" }]

[[interface]]
kind = "ethernet"
address = "192.168.7.20"
gateway = "192.168.7.1"

[[uplink]]
kind = "modbus_tcp"
"""


class Bench:
    def __init__(self, file, board):
        self.file, self.pole, self.port, self.hands = file, conf.load(file), board.port, board


@pytest.fixture(scope="module")
def bench(request, tmp_path_factory):
    if request.config.getoption("--port"):
        pytest.skip("this pole is on the virtual board only")
    folder = tmp_path_factory.mktemp("wired")
    file = folder / "wired.toml"
    file.write_text(POLE)
    with VirtualBoard(folder / "board") as board:
        board.start("esp32s3-pole", file)
        board.set("wifi", "ssids", ["street"])
        yield Bench(file, board)


def said(dut, where, text, after=0):
    """Wait for a line of the pole's log; its number."""
    for _ in range(120):
        for row in dut.ask("log", since=after):
            if row["w"] == where and row["x"] == text:
                return row["s"]
        time.sleep(0.25)
    raise AssertionError(dut.ask("log", since=0))


def test_the_network_in_reach_is_found(dut, bench):
    dut.yigan("up", bench.file, "--port", bench.port)
    said(dut, "wifi", "Wi-Fi street, address 192.168.4.20")


def test_the_cable_has_its_fixed_address(dut, bench):
    said(dut, "ethernet", "ethernet, address 192.168.7.20")


def test_another_network_when_that_one_goes(dut, bench):
    bench.hands.set("wifi", "ssids", ["depot"])
    bench.hands.unplug("wifi")
    lost = said(dut, "wifi", "lost")
    bench.hands.plug("wifi")
    said(dut, "wifi", "Wi-Fi depot, address 192.168.4.20", lost)


def test_the_cable_is_pulled(dut, bench):
    bench.hands.unplug("ethernet")
    lost = said(dut, "ethernet", "lost")
    bench.hands.plug("ethernet")
    said(dut, "ethernet", "ethernet, address 192.168.7.20", lost - 1)
