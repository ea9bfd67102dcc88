"""Commissioning of an RS-485 line: two sensors leave their makers with address 1, and are told apart."""

import json

import pytest
import quick_time
from test_rs485 import POLE

from yigan import conf, fieldbus, via
from yigan.twin.virtual import VirtualBoard

PARTS = {"weather": ("xy_md02", 5), "sound": ("noise", 2)}


@pytest.fixture(scope="module")
def bench(request, tmp_path_factory):
    if request.config.getoption("--port"):
        pytest.skip("nobody's hands are at a real board")
    folder = tmp_path_factory.mktemp("bench")
    text = POLE
    for name, (register_map, address) in PARTS.items():
        text += f'\n[[peripheral]]\nkind = "modbus_sensor"\nname = "{name}"\nbus = "rs485"\nmap = "{register_map}"\n'
        text += f"address = {address}\nperiod_s = 1\n[peripheral.twin]\naddress = 1\n"
    file = folder / "bench.toml"
    file.write_text(text)
    with VirtualBoard(folder / "board") as board:
        quick_time.start(board, conf.load(file), file)
        with quick_time.passing(board):
            yield Bench(file, board)


class Bench:
    def __init__(self, file, board):
        self.file, self.pole, self.port, self.hands = file, conf.load(file), board.port, board

    def again(self, name):
        self.hands.unplug(name)
        self.hands.plug(name)


def test_both_are_at_one_address(dut, bench):
    with dut.released(), via.open("console:" + bench.port) as pole:
        found = fieldbus.Line(pole, "rs485").scan(1, 6)
    assert [(slave.address, slave.state) for slave in found] == [(1, fieldbus.GARBLED)]


def test_one_by_one(dut, bench):
    bench.hands.unplug("sound")
    with dut.released(), via.open("console:" + bench.port) as pole:
        line = fieldbus.Line(pole)
        line.readdress("xy_md02", 5, power_cycle=lambda: bench.again("weather"))
        bench.hands.plug("sound")
        line.readdress("noise", 2, power_cycle=lambda: bench.again("sound"))


def test_the_pole_reads_both(dut, bench):
    for point in ("weather.temperature", "noise.la"):
        dut.wait(point, point, lambda found, p=point: found[p]["q"] == "good", timeout=40)


def test_the_command_tells_who_is_there(dut, bench):
    said = dut.yigan("sensor", "scan", "--last", "6", "--json", "--port", bench.port)
    found = {row["address"]: row for row in json.loads(said.strip().splitlines()[-1])}
    assert {a: row["state"] for a, row in found.items()} == {2: "alone", 5: "alone"}
    assert "xy_md02" in found[5]["maps"] and "noise" in found[2]["maps"]


def test_at_another_speed_there_is_nobody(dut, bench):
    with dut.released(), via.open("console:" + bench.port) as pole:
        found = fieldbus.Line(pole).scan(1, 3, (2400,))
    assert all(slave.state != fieldbus.ALONE for slave in found)
    dut.wait("still good", "noise.la", lambda found: found["noise.la"]["q"] == "good", timeout=20)


def test_an_unknown_one_is_probed_through_the_pole(dut, bench):
    """Its registers are found over the pole's line while the pole goes on polling it; the map is the first suggestion."""
    said = dut.yigan("sensor", "probe", "--address", "5", "--last", "15", "--json", "--port", bench.port)
    told = json.loads(said.strip().splitlines()[-1])
    assert {"function": 4, "first": 1, "last": 2} in told["spans"]
    assert told["maps"][0]["map"] == "xy_md02" and told["maps"][0]["verdict"] == "fits"
    dut.wait(
        "still good",
        "weather.temperature",
        lambda found: found["weather.temperature"]["q"] == "good",
        timeout=20,
    )


def test_probed_for_the_wrong_map(dut, bench):
    said = dut.yigan(
        "sensor", "probe", "--address", "5", "--last", "3", "--map", "sen0601", "--port", bench.port, code=6
    )
    assert "does not fit" in said
