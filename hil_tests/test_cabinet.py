"""A cabinet in which buses hang on peripherals: an expander's pins, a bridge's serial lines, a clock, on one I2C bus."""

import time

import pytest

from yigan import conf
from yigan.twin.virtual import VirtualBoard

POLE = """
id = "cabinet-0001"
board = "esp32s3-pole"

[site]
latitude = 31.228611
longitude = 121.474722
timezone = "Asia/Shanghai"

[bus.rs485b]
kind = "rs485"
on = "bridge"
channel = "a"
baud = 9600

[bus.air2]
kind = "uart"
on = "bridge"
channel = "b"

[bus.fan]
kind = "gpio"
on = "expander"
pin = 0
active = 0

[bus.water]
kind = "gpio"
on = "expander"
pin = 3

[bus.pir]
kind = "gpio"
pin = 4
pull = "down"

[[peripheral]]
kind = "sc16is752"
name = "bridge"
bus = "i2c0"

[[peripheral]]
kind = "pcf8574"
name = "expander"
bus = "i2c0"

[[peripheral]]
kind = "ds3231"
name = "clock"
bus = "i2c0"

[peripheral.twin]
time = "2026-07-04T13:45:30"

[[peripheral]]
kind = "bh1750"
name = "photocell"
bus = "i2c0"

[[peripheral]]
kind = "pms5003"
name = "air"
bus = "air2"
warm_up_s = 0

[[peripheral]]
kind = "modbus_sensor"
name = "weather"
bus = "rs485b"
map = "xy_md02"
address = 1
period_s = 1

[[peripheral]]
kind = "modbus_sensor"
name = "noise"
bus = "rs485b"
map = "noise"
address = 2
period_s = 1

[[peripheral]]
kind = "digital_output"
name = "fan"
bus = "fan"
point = "fan"

[peripheral.twin]
active_low = true

[[peripheral]]
kind = "digital_input"
name = "water"
bus = "water"
point = "water_in"
invert = true

[[peripheral]]
kind = "digital_input"
name = "door"
bus = "door"
point = "door_open"

[[peripheral]]
kind = "motion"
name = "pir"
bus = "pir"
hold_s = 3

[[peripheral]]
kind = "ntc"
name = "temperature"
bus = "light"

[[peripheral]]
kind = "analog_input"
name = "leakage"
bus = "supply"
point = "leakage_current"
high = 300

[[service]]
kind = "thermostat"
minimum_run_s = 2
"""
GOOD = {
    "photocell.illuminance": None,
    "air.pm2_5": "35.0",
    "weather.temperature": "30.50",
    "noise.la": "50.1",
    "node.water_in": "false",
    "node.door_open": "true",
    "node.temperature": "25.0",
    "node.leakage_current": "0.0",
    "node.fan_actual": "false",
    "traffic.presence": "false",
}


class Bench:
    def __init__(self, file, board):
        self.file, self.pole, self.port, self.hands = file, conf.load(file), board.port, board


@pytest.fixture(scope="module")
def bench(request, tmp_path_factory):
    if request.config.getoption("--port"):
        pytest.skip("this cabinet is on the virtual board only")
    folder = tmp_path_factory.mktemp("cabinet")
    file = folder / "cabinet.toml"
    file.write_text(POLE)
    with VirtualBoard(folder / "board") as board:
        board.start("esp32s3-pole", file)
        yield Bench(file, board)


def wait_for(dut, point, quality="good", value=None, timeout=30):
    def there(found):
        return found[point]["q"] == quality and value in (None, found[point]["v"])

    dut.wait(f"{point} {quality} {value or ''}", point, there, timeout=timeout)


def test_everything_answers(dut, bench):
    dut.yigan("up", bench.file, "--port", bench.port)
    for point, value in GOOD.items():
        wait_for(dut, point, value=value)
    state = bench.hands.state("bridge")
    assert (state["a"]["baud"], state["a"]["efcr"], state["b"]["efcr"]) == (9600, 0x30, 0)


def test_the_clock_gives_the_time(dut, bench):
    wait_for(dut, "node.clock_trust", value="1", timeout=12)  # from the clock's battery
    assert not bench.hands.state("clock")["stopped"]


def test_inputs_follow_their_contacts(dut, bench):
    bench.hands.set("water", "closed", 1)
    wait_for(dut, "node.water_in", value="true", timeout=5)
    bench.hands.set("water", "closed", 0)
    wait_for(dut, "node.water_in", value="false", timeout=5)
    bench.hands.set("door", "closed", 1)
    wait_for(dut, "node.door_open", value="false", timeout=5)


def test_somebody_passes(dut, bench):
    bench.hands.set("pir", "somebody", 1)
    wait_for(dut, "traffic.presence", value="true", timeout=6)
    wait_for(dut, "traffic.presence", value="false", timeout=15)
    assert dut.points("traffic.detections")["traffic.detections"]["v"] == "1"


def test_the_fan_by_temperature(dut, bench):
    bench.hands.set("temperature", "temperature", 45)
    wait_for(dut, "node.fan_actual", value="true")
    assert bench.hands.state("fan")["closed"]
    bench.hands.set("temperature", "temperature", 30)
    wait_for(dut, "node.fan_actual", value="false")
    assert not bench.hands.state("fan")["closed"]


def test_a_held_bus_is_freed(dut, bench):
    """The clock keeps the data wire low: nine clocks and a STOP, and nothing but a moment is lost."""
    bench.hands.fault("clock", "bus_held", True)
    wait_for(dut, "photocell.illuminance")
    for _ in range(20):
        if bench.hands.state("pin:8")["level"]:
            break
        time.sleep(0.2)
    assert bench.hands.state("pin:8")["level"] == 1
    for point in ("weather.temperature", "node.water_in", "photocell.illuminance"):
        wait_for(dut, point)


@pytest.mark.parametrize(
    ("part", "points"),
    [
        ("bridge", ("weather.temperature", "noise.la", "air.pm2_5")),
        ("expander", ("node.water_in", "node.fan_actual")),
        ("photocell", ("photocell.illuminance",)),
    ],
)
def test_a_chip_is_taken_out_and_put_back(dut, bench, part, points):
    bench.hands.unplug(part)
    try:
        for point in points:
            wait_for(dut, point, "comm_fault", timeout=60)
        assert dut.points("node.leakage_current")["node.leakage_current"]["q"] == "good"
    finally:
        bench.hands.plug(part)
    for point in points:
        dut.wait(
            f"{point} back", point, lambda found, p=point: found[p]["q"] in ("good", "warming"), timeout=90
        )


def test_a_broken_wire_of_the_loop(dut, bench):
    def near(found):
        return found[point]["q"] == "good" and abs(float(found[point]["v"]) - 150) < 0.5

    point = "node.leakage_current"
    bench.hands.set("leakage", "value", 150)
    dut.wait("150 mA", point, near, timeout=5)
    bench.hands.fault("leakage", "silent", True)
    wait_for(dut, point, "fault", timeout=8)
    bench.hands.fault("leakage", "silent", False)
    dut.wait("150 mA", point, near, timeout=5)
