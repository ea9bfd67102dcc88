"""The road pole: it starts, measures, lights, alarms; nothing it does not need is there.

Without its alarms and the diagnosis of its lamp it lives in a heap of 176 KB; with them it takes more, and tells how much.
"""

import json
import re
import time

import pytest
from telling import tell
from timed_pole import Pole, is_flat, is_well

from yigan import bundle, conf, places, via
from yigan.broker import Broker
from yigan.cli import main
from yigan.deploy.commission import commission
from yigan.errors import LinkError
from yigan.twin.virtual import VirtualBoard

ROAD = places.root() / "poles" / "road.toml"
ROOM = 400 * 1024  # heap of the VM: enough to see what it takes
MOST = 204 * 1024  # what it may take with all that it has
EXTRAS = r'\[\[service\]\]\nkind = "lamp_health".*?(?=# -+ network)'  # of its pole file
NEVER = ("pms5003", "pwm", "modbus_rtu", "modbus_sensor", "hlw8032", "bl0942", "veml7700", "sc16is752", "ds3231", "ntc",
         "tacho", "analog", "thermostat", "expander", "hj212", "dali_sci", "dali_pio", "rp2", "linux")  # fmt: skip


def test_what_it_does_not_need_is_not_on_the_board():
    names = {name.split("/", 1)[-1] for name in bundle.build(conf.load(ROAD)).files}
    assert [name for name in names for kind in NEVER if name.endswith(f"/{kind}.mpy")] == []
    wanted = (
        "drivers/dali",
        "drivers/dlt645",
        "drivers/bh1750",
        "drivers/motion",
        "services/alarms",
        "services/lamp_health",
    )
    assert {f"{name}.mpy" for name in wanted} <= names


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    folder = tmp_path_factory.mktemp("road")
    pole = conf.load(ROAD)
    with Broker() as broker, VirtualBoard(folder).start(pole.board, ROAD, heap=ROOM) as board:
        board.redirect("broker.example", 1883, broker.port)
        commission(board.port, bundle.build(pole), readings_s=0)
        yield board, broker


def until(look, seconds):
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.5)
    return found


def test_it_measures_and_reports(road):
    board, broker = road
    with via.open(f"mqtt:127.0.0.1:{broker.port}/yigan/road-0001") as city:

        def well():
            try:
                told = {r.name: r for r in city.get(["*"])}
            except LinkError:  # it has told nothing yet
                return False
            names = ("lamp.level_actual", "meter.power", "photocell.illuminance", "node.door_open", "gnss.lat",
                     "alarm.major", "traffic.presence")  # fmt: skip
            return all(name in told and told[name].quality == "good" for name in names)

        until(well, 90)
    with via.open(f"modbus:127.0.0.1:{board.net[502]}") as city:
        assert city.get(["meter.voltage_a"])[0].quality == "good"


def test_an_alarm_from_the_door_to_the_city(road, capsys):
    board, broker = road
    with via.open(f"mqtt:127.0.0.1:{broker.port}/yigan/road-0001") as city:
        board.set("door", "closed", 0)
        events = []
        until(
            lambda: (
                events.extend(r["e"] for r in city.tool("alarms")[1]) or any(e["alarm"] == 3 for e in events)
            ),
            60,
        )
        door = next(e for e in events if e["alarm"] == 3)
        assert (door["point"], door["state"], door["severity"], door["text"]) == (
            "node.door_open", "raised", "major", "cabinet open",
        )  # fmt: skip
    assert main(["alarms", "ack", "3", "--via", f"console:{board.port}"]) == 0
    capsys.readouterr()
    assert main(["alarms", "--json", "--via", f"console:{board.port}"]) == 0
    assert json.loads(capsys.readouterr().out)["alarms"][2]["state"] == "acknowledged"


def test_its_memory(road):
    board, _ = road
    with via.open(f"console:{board.port}") as pole:
        told = {r.name: int(r.value) for r in until(lambda: _memory(pole), 120)}
    taken = ROOM - told["node.heap_free"]
    tell("road_memory", f"road pole: takes {taken / 1024:.1f} KB of the VM's heap with alarms and lamp health")
    assert taken <= MOST


def _memory(pole):
    found = pole.get(["node.heap_free", "node.heap_largest"])
    return found if all(r.value for r in found) else None


def test_a_day_in_176_kb(tmp_path):
    """Lamp by DALI, meter, photocell, radar, door, receiver, Modbus TCP and MQTT; its lamp does what the night wants."""
    text, found = re.subn(EXTRAS, "", ROAD.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert found == 1
    with Broker() as broker:
        pole = Pole(text, tmp_path, broker)
        with pole.board as board:
            free = pole.day()
            is_flat("road", free)
            assert board.state("lamp")["level_percent"] == pytest.approx(50, abs=1)  # from 22:00 on
            pole.leap(36)
            board.advance(45)
            assert board.state("lamp")["level_percent"] == 0
            told = pole.get("meter.") | pole.get("photocell.") | pole.get("gnss.")
            assert {told[name].quality for name in ("meter.power", "photocell.illuminance", "gnss.lat")} == {"good"}
            with via.open(f"modbus:127.0.0.1:{board.net[502]}") as city:
                assert pole.meanwhile(lambda: city.get(["meter.voltage_a"]))[0].quality == "good"
            is_well(pole, silent=("meter", "photocell", "gnss", "door", "radar"))
