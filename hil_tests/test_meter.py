"""Two DL/T 645 meters on one RS-485 line at 2400 baud, and a metering chip: energy that survives a power cut."""

import pytest
import quick_time

from yigan import conf
from yigan.twin.virtual import VirtualBoard

POLE = """
id = "meter-0001"
board = "esp32s3-pole"

[site]
latitude = 31.228611
longitude = 121.474722
timezone = "Asia/Shanghai"

[bus.rs485]
baud = 2400

[[peripheral]]
kind = "dlt645"
name = "feeder"
bus = "rs485"
address = "000000000161"
password = "246813"
items = ["energy", "power", "voltage_a", "voltage_b", "voltage_c", "relay", "relay_actual"]
period_s = 2

[[peripheral]]
kind = "dlt645"
name = "sign"
bus = "rs485"
address = "000000000162"
items = ["power", "frequency"]
period_s = 2
instance = 1

[[peripheral]]
kind = "bl0942"
name = "chip"
bus = "uart1"
instance = 2

[[service]]
kind = "energy"
write_wh = 1
tariffs = [{ name = "flat", times = ["00:00-24:00"] }]
"""


class Meters:
    """The pole and its board: `bench` of these stories, which need hands at the meters."""

    def __init__(self, file, board, sleep):
        self.sleep = sleep
        self.file, self.pole, self.port, self.hands = file, conf.load(file), board.port, board


@pytest.fixture(scope="module")
def bench(request, tmp_path_factory):
    if request.config.getoption("--port"):
        pytest.skip("these meters are on the virtual board only")
    folder = tmp_path_factory.mktemp("meters")
    file = folder / "meters.toml"
    file.write_text(POLE)
    with VirtualBoard(folder / "board") as board:
        quick_time.start(board, conf.load(file), file)
        with quick_time.passing(board) as sleep:
            yield Meters(file, board, sleep)


def good(found, *names):
    return all(found[name]["q"] == "good" for name in names)


def test_all_meters_are_read(dut, bench):
    names = ("meter.power", "meter.1.power", "meter.2.power", "meter.energy")
    found = dut.wait("the meters", "meter.", lambda p: good(p, *names), timeout=60)
    assert [found[n]["v"] for n in names] == ["386.5", "386.5", "207.0", "1234.56"]
    assert [found[f"meter.voltage_{p}"]["v"] for p in "abc"] == ["230.1", "229.4", "231.0"]


def test_the_relay_is_switched_and_seen(dut, bench):
    dut.wait("the relay", "meter.", lambda p: p["meter.relay_actual"]["v"] == "true", timeout=60)
    for wanted, word in (("0", "false"), ("1", "true")):
        dut.ask("set", p="meter.relay", v=wanted)
        dut.wait("the relay moves", "meter.", lambda p, w=word: p["meter.relay_actual"]["v"] == w, timeout=60)
        assert bench.hands.state("feeder")["relay"] == (word == "true")


def test_a_meter_without_supply_costs_its_own_points_only(dut, bench):
    bench.hands.unplug("sign")
    dut.wait("it is missed", "meter.", lambda p: p["meter.1.power"]["q"] == "comm_fault", timeout=40)
    dut.wait("the others", "meter.", lambda p: good(p, "meter.power", "meter.2.power"), timeout=5)
    bench.hands.plug("sign")
    dut.wait("it is back", "meter.1.power", lambda p: good(p, "meter.1.power"), timeout=40)


def energy(dut, least=0.0):
    """Kilowatt-hours of the chip's account, as soon as they are there."""
    found = dut.wait(
        "energy", "meter.2.", lambda p: float(p["meter.2.energy"]["v"] or -1) >= least, timeout=60
    )
    return float(found["meter.2.energy"]["v"])


def test_energy_survives_a_restart_and_a_power_cut(dut, bench):
    bench.hands.set("chip", "power", 10000)
    energy(dut, 0.02)
    bench.hands.set("chip", "power", 0)
    bench.sleep(12)  # the total is shown each ten seconds
    before = energy(dut)
    dut.ask("restart", mode="hard")  # it writes what is not written yet
    bench.sleep(3)
    assert energy(dut) == before
    bench.hands.power_cut()
    bench.hands.power(True)
    bench.sleep(3)
    assert energy(dut) == before
