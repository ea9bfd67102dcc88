"""`yigan statistics` against the firmware's own service and console, and its records at a broker."""

import asyncio
import contextlib
import json
from unittest.mock import patch

import pytest
from pole_here import Pole as Here
from stage import until

from pole import clock, keep, load
from pole.protocol.statistics import MEAN
from pole.services import statistics
from yigan import broker, cli, lang


class Pole(Here):
    """A pole that averages its air sensor; its minutes pass as the test says."""

    lamps, alarms, statistics = (), None, None

    def __init__(self, folder, **more):
        super().__init__(**more)
        self.kept, self.folder = [], folder
        self.pm = self.store.index("air.pm2_5")
        self.service = statistics.Service(
            self,
            {"points": [[self.pm, MEAN, -1, 1]], "periods": [60, 3600], "told": [1, 1], "offsets": [0, 0], "capture": 75,
             "day_hours": 20, "write_min": 60},
        )  # fmt: skip

    def keep(self, name, every_s):
        self.kept.append(keep.Keep(str(self.folder / name), every_s))
        return self.kept[-1]

    def tool(self, name):
        return load.module("tools", name)

    def minute(self, now, raw):
        """Sixty looks of one minute, and the first of the next."""

        def act():
            core = self.service.core
            self.store.put(self.pm, raw)
            for second in range(61):
                tick, at = core.tick, now + second
                with patch.object(core, "tick", lambda up, _, tick=tick, at=at: tick(up, at)):
                    step = self.service.step()
                    with contextlib.suppress(StopIteration):
                        while True:
                            step.send(None)

        with patch.object(clock, "sleep_ms", lambda ms: asyncio.sleep(0)):
            self.post(act)


@pytest.fixture(autouse=True)
def english(monkeypatch, tmp_path):
    monkeypatch.setenv("YIGAN_LANG", "en")
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path))
    yield
    lang.choose(None)


@pytest.fixture
def pole(tmp_path):
    with broker.Broker() as served, Pole(tmp_path, broker_port=served.port) as found:
        found.broker = served
        yield found


@pytest.fixture
def yigan(pole, capsys):
    def run(*words):
        code = cli.main(["statistics", *words, "--via", f"console:{pole.console.port}"])
        out, err = capsys.readouterr()
        return code, out, err

    return run


NOON = 216000000


def test_list(yigan, pole):
    assert yigan()[:2] == (0, "No period has ended yet.\n")
    pole.minute(NOON, 352)
    pole.minute(NOON + 61, 400)
    code, out, _ = yigan()
    assert code == 0 and "air.pm2_5" in out and "N normal" in out and "100.0 %" in out and "2026-11-05" in out
    (row,) = json.loads(yigan("--json")[1])
    assert (row["point"], row["period"], row["number"], row["flag"], row["unit"]) == (
        "air.pm2_5",
        "1m",
        2,
        "N",
        "ug/m3",
    )
    first, second = json.loads(yigan("--json", "--all")[1])
    assert (first["mean"], second["min"], second["max"]) == (35.2, 35.2, 40.0)
    assert json.loads(yigan("--json", "--period", "1h")[1]) == []
    assert json.loads(yigan("noise.*", "--json")[1]) == []


def test_a_pole_without(yigan, pole):
    pole.tool = lambda name: None
    code, _, err = yigan()
    assert code == 5 and "docs/statistics.md" in err


def test_chinese(yigan, pole, monkeypatch):
    monkeypatch.setenv("YIGAN_LANG", "zh")
    lang.choose(None)
    pole.minute(NOON, 352)
    assert "正常" in yigan()[1]


def test_at_the_broker(pole):
    pole.minute(NOON, 352)
    topic = f"yigan/{pole.id}/statistics/air/pm2_5/1m"
    import paho.mqtt.client as paho

    heard: dict[str, bytes] = {}
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.on_connect = lambda c, *_: c.subscribe("#", qos=1)
    client.on_message = lambda c, d, m: heard.update({m.topic: m.payload})
    client.connect("127.0.0.1", pole.broker.port)
    client.loop_start()
    try:
        until(lambda: topic in heard)
    finally:
        client.loop_stop()
    said = json.loads(heard[topic])
    assert (said["mean"], said["n"], said["capture"], said["flag"]) == (35.2, 60, 100.0, "N")
