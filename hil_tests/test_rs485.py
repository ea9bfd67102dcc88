"""Five Modbus sensors on one RS-485 line at 9600 baud: one dies, one stammers, and the others keep their pace."""

import pytest
import quick_time

from yigan import boards, conf
from yigan.twin.virtual import VirtualBoard

SENSORS = {  # name -> map, address, a point, what it reads when nobody set it
    "climate": ("xy_md02", 1, "weather.temperature", "30.50"),
    "sound": ("noise", 2, "noise.la", "50.1"),
    "wind": ("wind_speed", 3, "weather.1.wind_speed", "3.70"),
    "ground": ("jxbs_3001", 4, "soil.ph", "6.85"),
    "river": ("phg_2091", 5, "water.ph", "10.07"),
}
POLE = """
id = "line-0001"
board = "esp32s3-pole"

[site]
latitude = 31.228611
longitude = 121.474722
timezone = "Asia/Shanghai"

[bus.rs485]
baud = 9600
timeout_ms = 800
"""
PERIOD_S = 0.5  # a dead slave that were asked each time would take more than all of it
ENABLE = boards.load("esp32s3-pole").buses["rs485"].pins["de"]
DEAD = "ground"
LIVING = [name for name in SENSORS if name != DEAD]


def pole_file(folder):
    text = POLE
    for name, (register_map, address, point, _) in SENSORS.items():
        text += f'\n[[peripheral]]\nkind = "modbus_sensor"\nname = "{name}"\nbus = "rs485"\nmap = "{register_map}"\n'
        text += f"address = {address}\nperiod_s = {PERIOD_S}\ninstance = {1 if '.1.' in point else 0}\n"
    file = folder / "line.toml"
    file.write_text(text)
    return file


class Line:
    """The pole and its board: `bench` of these stories, which need hands at the sensors."""

    def __init__(self, file, board, sleep):
        self.sleep = sleep
        self.file, self.pole, self.port, self.hands = file, conf.load(file), board.port, board

    def rates(self, seconds: float) -> dict[str, float]:
        """Answers a second of each sensor."""
        begin, before = self.hands.stats()["now_ms"], self.hands.state()
        self.sleep(seconds)
        passed, after = (self.hands.stats()["now_ms"] - begin) / 1000, self.hands.state()
        return {name: (after[name]["requests"] - before[name]["requests"]) / passed for name in SENSORS}


@pytest.fixture(scope="module")
def bench(request, tmp_path_factory):
    if request.config.getoption("--port"):
        pytest.skip("a line of five sensors is on the virtual board only")
    folder = tmp_path_factory.mktemp("line")
    file = pole_file(folder)
    with VirtualBoard(folder / "board") as board:
        quick_time.start(board, conf.load(file), file)
        with quick_time.passing(board) as sleep:
            yield Line(file, board, sleep)


def quality(dut, name: str) -> str:
    point = SENSORS[name][2]
    return dut.points(point)[point]["q"]


def wait_for(dut, name: str, *wanted: str) -> None:
    point = SENSORS[name][2]
    dut.wait(f"{point} {wanted}", point, lambda found: found[point]["q"] in wanted, timeout=40)


def test_all_five_answer(dut, bench):
    """Which they do only if the driver-enable pin is high for each whole question, and low for each answer."""
    for name, (*_, point, value) in SENSORS.items():
        wait_for(dut, name, "good")
        assert dut.points(point)[point]["v"] == value
    assert bench.hands.state(f"pin:{ENABLE}")["mode"] == "out"


def test_a_dead_slave_costs_the_others_little(dut, bench):
    before = bench.rates(8)
    assert all(rate > 0.8 / PERIOD_S for rate in before.values()), before
    bench.hands.unplug(DEAD)
    try:
        wait_for(dut, DEAD, "comm_fault")
        bench.sleep(4)  # a third miss isolates it
        after = bench.rates(12)
        assert {name for name in LIVING if after[name] < 0.8 * before[name]} == set(), (before, after)
        assert after[DEAD] == 0
        assert [quality(dut, name) for name in LIVING] == ["good"] * 4
    finally:
        bench.hands.plug(DEAD)
    wait_for(dut, DEAD, "good")


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        ("silent", "comm_fault"),
        ("bad_crc", "fault"),
        ("truncated", "fault"),
        ("wrong_address", "comm_fault"),
        ("exception", "fault"),
        ("slow", "good"),  # slower than others,
        ("late", "good"),  # and still within this line's patience
        ("noise", "good"),  # glitches around a good frame
    ],
)
def test_a_fault_is_seen_and_passes(dut, bench, fault, wanted):
    bench.hands.fault("sound", fault, True)
    try:
        if wanted == "good":
            bench.sleep(4 * PERIOD_S)
            assert quality(dut, "sound") == "good"
        else:
            wait_for(dut, "sound", wanted)
        assert quality(dut, "wind") == "good"
    finally:
        bench.hands.fault("sound", fault, False)
    wait_for(dut, "sound", "good")
