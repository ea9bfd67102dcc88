"""`yigan alarms` against the firmware's own service, console and MQTT uplink in this process."""

import json
from unittest.mock import patch

import pytest
from pole_here import CAPABILITIES
from pole_here import Pole as Here
from stage import until

from pole import load
from pole.protocol import alarm
from pole.services import alarms
from yigan import broker, cli, lang, via


class Pole(Here):
    """A pole with two alarms on its air sensor."""

    lamps, alarms = (), None

    def __init__(self, **more):
        with patch("pole_here.CAPABILITIES", (*CAPABILITIES, "alarm")):
            super().__init__(**more)
        hot = self.store.index("air.pm2_5")
        rows = [
            [hot, alarm.HIGH, 1000, 900, 0, 0, 2 | alarm.LATCH, 0, -1, '"雾霾"'],
            [hot, alarm.GONE, 0, 0, 0, 0, 3, 0, -1, '""'],
        ]
        self.service = alarms.Service(self, {"rows": rows})

    def tool(self, name):
        return load.module("tools", name)

    def happen(self, raw):
        i = self.store.index("air.pm2_5")
        self.post(
            lambda: (
                self.store.put(i, raw) if raw is not None else self.store.fail(i, 6),
                self.service.step(),
            )
        )


@pytest.fixture(autouse=True)
def english(monkeypatch, tmp_path):
    monkeypatch.setenv("YIGAN_LANG", "en")
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path))
    yield
    lang.choose(None)


@pytest.fixture
def pole():
    with broker.Broker() as served, Pole(broker_port=served.port) as found:
        found.broker = served
        yield found


@pytest.fixture
def yigan(pole, capsys):
    def run(*words, way=f"console:{pole.console.port}"):
        code = cli.main(["alarms", *words, "--via", way])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_list_and_acknowledge(yigan, pole):
    assert yigan()[0] == 0
    pole.happen(1234)
    code, out, _ = yigan()
    row = next(line for line in out.splitlines() if "too high" in line)
    assert code == 0 and "RAISED" in row and "major" in row and "123.4" in row and "雾霾" in row
    pole.happen(100)
    rows = json.loads(yigan("--json")[1])
    assert [a["state"] for a in rows["alarms"]] == ["ended", "cleared"]
    assert [e["state"] for e in rows["events"]] == ["raised", "ended"]
    code, out, _ = yigan("ack", "1")
    assert (code, out) == (0, "Not acknowledged yet: 0.\n")
    assert json.loads(yigan("--json", "--since", "2")[1])["events"][0]["state"] == "cleared"


def test_wrong_numbers(yigan):
    assert yigan("ack", "0")[0] == 2 and yigan("ack", "x")[0] == 2
    code, _, err = yigan("ack", "3")
    assert code == 5 and "range" in err


def test_in_chinese(yigan, pole):
    pole.happen(None)
    lang.choose("zh")
    out = yigan()[1]
    assert "无有效值" in out and "紧急" in out and "告警" in out


def test_events_by_mqtt(pole):
    with via.open(f"mqtt:127.0.0.1:{pole.broker.port}/yigan/here-0001") as way:
        before = {r.name for r in way.get(["*"])}
        pole.happen(1500)
        heard = []
        until(lambda: heard.extend(way.tool("alarms")[1]) or heard, 10)
        assert (
            heard[0]["e"]["state"] == "raised"
            and heard[0]["e"]["value"] == 150.0
            and heard[0]["e"]["text"] == "雾霾"
        )
        assert {r.name for r in way.get(["*"])} == before


class Cut:
    """The pole's way out, while somebody has cut the cable."""

    async def connect(self, *words, **how):
        raise OSError("no route")


def test_nothing_is_lost_while_the_city_is_away(pole):
    whole, uplink = pole.net, pole._parts[-1]
    with via.open(f"mqtt:127.0.0.1:{pole.broker.port}/yigan/here-0001") as way:
        pole.net = Cut()
        pole.post(uplink.close)
        for raw in (1500, None, 100):
            pole.happen(raw)
        assert way.tool("alarms")[1] == []
        pole.net = whole
        heard: list[dict] = []
        until(lambda: heard.extend(row["e"] for row in way.tool("alarms")[1]) or len(heard) >= 4, 20)
    told = [(e["n"], e["alarm"], e["state"]) for e in heard]
    assert told == [(1, 1, "raised"), (2, 2, "raised"), (3, 1, "ended"), (4, 2, "cleared")]


@pytest.mark.parametrize("words", [[], ["--watch"], ["--json"]])
def test_a_pole_without_alarms_says_so(words, capsys):
    class Bare(Here):
        def tool(self, name):
            return None

    with Bare() as found:
        assert cli.main(["alarms", "--via", f"console:{found.console.port}", *words]) == 5
    assert "no alarms" in capsys.readouterr().err
