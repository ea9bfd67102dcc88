"""Three ways to one pole, which must tell the same."""

import time

import pytest
from pole_here import Pole
from stage import until

from pole import quality
from pole.judge import Judge
from pole.protocol import plausibility
from yigan import lang, via
from yigan.broker import Broker
from yigan.errors import ConfigError, DeviceError, LinkError, Refused
from yigan.via import modbus, mqtt, way
from yigan.via.way import Reading


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("YIGAN_LANG", "en")
    yield
    lang.choose(None)


@pytest.fixture(scope="module")
def pole():
    with Broker() as broker, Pole(broker.port) as found:
        found.broker_port = broker.port
        yield found


@pytest.fixture(params=["console", "modbus", "mqtt"])
def there(request, pole):
    """The pole, reached each way."""
    text = {
        "console": f"console:{pole.console.port}",
        "modbus": f"modbus:127.0.0.1:{pole.modbus_port}",
        "mqtt": f"mqtt:127.0.0.1:{pole.broker_port}/yigan/{pole.id}",
    }[request.param]
    deadline = time.monotonic() + 10
    while True:
        try:
            with via.open(text) as found:
                found.get(["*"])
                yield found
                return
        except LinkError:  # the pole is about to join the broker
            assert time.monotonic() < deadline
            time.sleep(0.3)


def test_all_points(there, pole):
    readings = {reading.name: reading for reading in there.get(["*"])}
    names = [pole.store.name(i) for i in range(pole.store.n)]
    assert sorted(readings) == sorted(names) and "lamp.1.level" in names
    assert [readings["air.pm2_5"].value, readings["air.pm2_5"].quality] == ["35.0", "good"]
    assert readings["air.pm10"] == Reading("air.pm10", None, readings["air.pm2_5"].unit, "fault", None)
    assert readings["lamp.1.level"].value is None and readings["lamp.1.level"].quality == "never"
    for i, name in enumerate(names):
        assert readings[name].value == (pole.store.text(i) or None), name
        assert readings[name].unit == pole.store.unit(i), name


def test_a_calibrated_point_that_is_doubted(there, pole):
    """What the sensor said and why it is doubted: the same each way."""
    i = pole.store.index("air.pm2_5")
    options = {"calibration": [[i, [[0, 0, -12, 5417, 5000, 0, 15]]]],
               "plausibility": [[i, [[plausibility.HIGH, quality.UNCERTAIN, 400, -1, 1, 1]]]]}  # fmt: skip

    def judge():
        pole.store.judge = Judge(pole.store, pole.log, options)
        pole.store.judge.put(i, 420, quality.GOOD)

    pole.post(judge)
    try:
        reading = until(lambda: next((r for r in there.get(["air.pm2_5"]) if r.quality == "uncertain"), None))
        assert (reading.value, reading.raw, reading.reason) == ("44.3", "42.0", "high")
        assert [(r.raw, r.reason) for r in there.get(["lamp.level", "air.pm10"])] == [(None, ""), (None, "")]
    finally:
        pole.post(lambda: (setattr(pole.store, "judge", None), pole.store.put(i, 350)))


def test_the_reasons_are_the_devices():
    assert way.REASONS == plausibility.REASONS


def test_some_points_in_the_order_asked_for(there):
    names = [reading.name for reading in there.get(["air.pm2_5", "lamp.level", "air.pm2_5"])]
    assert names == ["air.pm2_5", "lamp.level"]
    assert {name.split(".")[0] for name in (r.name for r in there.get(["lamp."]))} == {"lamp"}


def test_set_and_read_back(there, pole):
    pole.requests.clear()
    reading = there.set("lamp.level", "42.5")
    assert pole.requests == [(425, there.name.split(":")[0])]
    assert reading.name == "lamp.level"
    until(lambda: there.get(["lamp.level"])[0].value == "42.5")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("lamp.level", "100.1", 2), ("lamp.level", "bright", 8), ("air.pm2_5", "1", 1), ("lamp.minimum_level", "5", 3),
     ("lamp.colour", "1", 5), ("lamp.fade_time", "2", 4)],
)  # fmt: skip
def test_refusals_say_why(there, pole, name, value, code):
    pole.requests.clear()
    with pytest.raises(DeviceError) as caught:
        there.set(name, value)
    assert caught.value.code == code and not pole.requests


@pytest.mark.parametrize("name", ["lamp.levle", "lamb.", "nothing"])
def test_unknown_names_come_with_near_ones(there, name):
    with pytest.raises(DeviceError) as caught:
        there.get([name])
    assert caught.value.code == 5 and caught.value.hint


def test_watch_tells_all_then_changes(there, pole):
    pole.put("air.pm2_5", 350)
    until(lambda: there.get(["air.pm2_5"])[0].value == "35.0")
    seen = []
    for reading in there.watch(["air.pm2_5", "lamp.level"], 0, for_s=8.0):
        seen.append((reading.name, reading.value))
        if len(seen) == 2:
            pole.put("air.pm2_5", 990)
        if seen[-1] == ("air.pm2_5", "99.0"):
            break
    assert {name for name, _ in seen[:2]} == {"air.pm2_5", "lamp.level"}
    assert seen[-1] == ("air.pm2_5", "99.0")


def test_watch_ends_in_time(there):
    began = time.monotonic()
    list(there.watch(["lamp.level"], 1, for_s=0.5))
    assert time.monotonic() - began < 4


def test_identity(there, pole):
    told = there.identify()
    assert told["pole"] == pole.id and told["points"] == pole.store.n


def test_log(there):
    if there.name.startswith("console"):
        lines = there.log()
        assert [(line.where, line.level) for line in lines[:2]] == [("pole", 1), ("air", 3)]
        assert there.log(lines[0].seq) == lines[1:]
    else:
        with pytest.raises(Refused, match="log"):
            there.log()


def test_who_may_not_write_by_modbus():
    with Pole(writers=["192.0.2.1"]) as found, via.open(f"modbus:127.0.0.1:{found.modbus_port}") as there:
        assert there.get(["lamp.level"])[0].value == "50.0"
        with pytest.raises(DeviceError, match="writers"):
            there.set("lamp.level", "1")


def test_low_word_first_is_noticed():
    with Pole(word_order="cdab") as found, via.open(f"modbus:127.0.0.1:{found.modbus_port}") as there:
        assert there.get(["lamp.level"])[0].value == "50.0"
        there.set("lamp.level", "33.0")
        assert found.requests == [(330, "modbus")]


def test_a_pole_that_goes_away_in_the_middle():
    with Pole() as found:
        there = via.open(f"modbus:127.0.0.1:{found.modbus_port}")
        there.get(["lamp.level"])
    with pytest.raises(LinkError):
        there.get(["lamp.level"])
    there.close()


# Words for ways


@pytest.mark.parametrize(
    "text", ["", "console", "console:", "lora:1", "/dev/ttyUSB0", "mqtt:host", "mqtt:host/pole", "mqtt:/a/b"]
)
def test_no_way(text):
    with pytest.raises(ConfigError):
        via.open(text)


@pytest.mark.parametrize(
    "text", ["modbus:127.0.0.1:1", "mqtt:127.0.0.1:1/yigan/x", "console:/dev/ttyNone", "virtual:none"]
)
def test_nobody_there(text, monkeypatch, tmp_path):
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path))
    with pytest.raises(LinkError):
        via.open(text)


def test_a_pole_that_never_reported():
    with Broker() as broker:
        with via.open(f"mqtt:127.0.0.1:{broker.port}/yigan/ghost") as there:
            with pytest.raises(LinkError, match="ghost"):
                there.get(["*"])


@pytest.mark.parametrize(
    ("text", "place"),
    [("broker/yigan/p", ("broker", 1883, "yigan", "p")), ("broker:99/a/b/p", ("broker", 99, "a/b", "p")),
     ("[::1]:1884/yigan/p/", ("::1", 1884, "yigan", "p"))],
)  # fmt: skip
def test_mqtt_places(monkeypatch, text, place):
    monkeypatch.setattr(mqtt, "Mqtt", lambda *words: words)
    assert mqtt.connect(text) == (*place, False)
    monkeypatch.setattr(mqtt, "Mqtt", lambda *words: words[1])
    assert mqtt.connect("broker/yigan/p", True) == 8883


@pytest.mark.parametrize(
    ("text", "place"),
    [("10.0.0.1", ("10.0.0.1", 502)), ("pole:1502", ("pole", 1502)), ("[::1]:99", ("::1", 99))],
)
def test_modbus_places(monkeypatch, text, place):
    monkeypatch.setattr(modbus, "Modbus", lambda *words: words)
    assert modbus.connect(text) == place


def test_quality_names_are_the_firmware_s():
    assert modbus.QUALITY == quality.NAMES


def test_changes_of_value_and_quality_only():
    first = Reading("a", "1", "", "good", 0)
    before = {}
    assert list(way.changes(before, [first])) == [first]
    assert list(way.changes(before, [Reading("a", "1", "", "good", 5)])) == []
    assert len(list(way.changes(before, [Reading("a", None, "", "stale", 50)]))) == 1
