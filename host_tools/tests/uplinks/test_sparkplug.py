"""The pole as a Sparkplug B edge node through a real mosquitto; npm's sparkplug-payload reads what it says, and commands it."""

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from uplinks.brokers import FIRMWARE, Mosquitto, Process, eventually
from uplinks.sparkplug_statements import STATEMENTS

from yigan import cards, vm

_HERE = Path(__file__).resolve().parent
_NODE_HOME = Path(os.environ.get("YIGAN_NODE_HOME", _HERE.parents[2]))
_NODE = "spBv1.0/yigan/%s/demo-0001"
_MS = 1795334400000  # 2026-11-22T08:00:00Z
_STATE = "spBv1.0/STATE/city"


class Peer:
    """npm's sparkplug-payload, as a program that answers line by line."""

    def __init__(self):
        if not shutil.which("node") or not (_NODE_HOME / "node_modules" / "sparkplug-payload").is_dir():
            pytest.skip("sparkplug-payload needs Node and its npm package: `make test` installs them")
        env = {**os.environ, "NODE_PATH": str(_NODE_HOME / "node_modules")}
        command = ["node", str(_HERE / "sparkplug_peer.cjs")]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, text=True)

    def _ask(self, **asked):
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer
        return answer

    def decode(self, data: bytes) -> dict:
        return self._ask(decode=data.hex())

    def encode(self, **payload) -> bytes:
        return bytes.fromhex(self._ask(encode=payload)["hex"])

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


class Host:
    """A host application: hears all of a group, decodes it, commands a node, says whether it is there."""

    def __init__(self, port: int, peer: Peer, primary=False):
        self._peer = peer
        self._at = _MS if primary else 0  # of its last birth
        self._queue: queue.Queue = queue.Queue()
        self.said: list[tuple[str, dict, int, bool]] = []  # verb, payload, QoS, retained
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda c, d, m: self._queue.put((m.topic, m.payload, m.qos, m.retain))
        self._client.on_connect = self._connected
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _connected(self, client, *rest):
        client.subscribe("spBv1.0/yigan/#", 1)
        if self._at:
            self._at += 1
            client.publish(_STATE, json.dumps({"online": True, "timestamp": self._at}), qos=1, retain=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._client.disconnect()
        self._client.loop_stop()

    def heard(self, verb: str) -> list[dict]:
        while not self._queue.empty():
            topic, payload, qos, retain = self._queue.get()
            *start, found, node = topic.split("/")
            assert (start, node) == (["spBv1.0", "yigan"], "demo-0001")
            if found != "NCMD":
                self.said.append((found, self._peer.decode(payload), qos, retain))
        return [said for found, said, _, _ in self.said if found == verb]

    def metrics(self, alias: int, verb="NDATA") -> list[dict]:
        return [one for said in self.heard(verb) for one in said["metrics"] if one.get("alias") == alias]

    def command(self, **metric):
        data = self._peer.encode(timestamp=_MS, metrics=[metric])
        self._client.publish(_NODE % "NCMD", data, qos=0).wait_for_publish(5)

    def state(self, online: bool, at: int):
        said = json.dumps({"online": online, "timestamp": at})
        self._client.publish(_STATE, said, qos=1, retain=True).wait_for_publish(5)


def named(birth: dict) -> dict[str, dict]:
    return {one["name"]: one for one in birth["metrics"]}


def node(
    interpreter: str, port: int, folder: Path, journal=False, step_ms=100, most=60000, **options
) -> Process:
    chosen = {name: option.default for name, option in cards.uplink("mqtt").options.items()}
    chosen |= {
        "host": "127.0.0.1",
        "port": port,
        "retry_min_ms": 100,
        "retry_max_ms": 300,
        "payload": "sparkplug",
    }
    chosen |= {"state": str(folder), "journal": journal, "step_ms": step_ms, "most": most, **options}
    path = [str(FIRMWARE), str(FIRMWARE / "tests")]
    file = Path(tempfile.mkstemp(suffix=".json")[1])
    file.write_text(json.dumps(chosen))
    script = str(_HERE / "sparkplug_pole.py")
    if interpreter == "vm":
        env = {**os.environ, "MICROPYPATH": ":".join([".frozen", *path])}
        return Process([vm.find(), "-X", "heapsize=480k", script, str(file)], env, file)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    return Process([sys.executable, "-u", script, str(file)], env, file)


@pytest.fixture
def peer():
    one = Peer()
    yield one
    one.close()


@pytest.fixture
def mosquitto(tmp_path):
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture
def host(mosquitto, peer):
    with Host(mosquitto.port, peer) as host:
        yield host


@pytest.mark.parametrize("interpreter", ["cpython", "vm"])
def test_life_of_a_node(interpreter, mosquitto, host, tmp_path):
    with node(interpreter, mosquitto.port, tmp_path) as process:
        birth = eventually(lambda: host.heard("NBIRTH"))[0]
        metrics = named(birth)
        assert birth["seq"] == 0
        assert 0 <= birth["timestamp"] - _MS < 20000
        assert (metrics["bdSeq"]["type"], metrics["bdSeq"]["value"]) == ("Int64", 0)
        rebirth = metrics["Node Control/Rebirth"]
        assert (rebirth["type"], rebirth["value"], "alias" in rebirth) == ("Boolean", False, False)
        assert {one["alias"] for one in birth["metrics"] if "alias" in one} >= {100, 102, 104, 106}
        assert metrics["lamp/level"]["type"] == "Float"
        assert metrics["lamp/level"]["value"] is None
        assert metrics["lamp/level"]["properties"]["engUnit"] == {"type": "String", "value": "%"}
        assert metrics["lamp/level"]["properties"]["Quality"] == {"type": "Int32", "value": 0}
        assert metrics["gnss/lon"]["type"] == "Double"
        assert metrics["gnss/lon"]["value"] == 121.473701
        assert metrics["gnss/lon"]["properties"]["Quality"]["value"] == 192
        assert all(one["timestamp"] >= _MS for one in birth["metrics"])
        assert len(metrics) == len(birth["metrics"])

        eventually(lambda: len(host.metrics(102)) > 5)
        values = [one["value"] for one in host.metrics(102)]
        assert values == sorted(values)
        numbers = [said["seq"] for said in host.heard("NDATA")]
        assert numbers == list(range(1, len(numbers) + 1))
        assert all(said["untyped"] == len(said["metrics"]) for said in host.heard("NDATA"))
        assert all("name" not in one for said in host.heard("NDATA") for one in said["metrics"])

        host.command(name="lamp/level", type="Float", value=42.5)
        eventually(lambda: any(one["value"] == 42.5 for one in host.metrics(100)))
        host.command(alias=100, type="Double", value=7.1)
        eventually(lambda: process.said("dim 71"))
        host.command(alias=100, type="Float", value=101)
        eventually(lambda: process.said("refused"))
        host.command(alias=102, type="Int32", value=1)
        eventually(lambda: sum("refused" in line for line in process.lines) == 2)

        host.command(name="Node Control/Rebirth", type="Boolean", value=True)
        again = eventually(lambda: host.heard("NBIRTH")[1:])[0]
        assert (again["seq"], named(again)["bdSeq"]["value"]) == (0, 0)
        assert round(named(again)["lamp/level"]["value"], 4) == 7.1
        after = [said for verb, said, _, _ in host.said if verb in ("NDATA", "NBIRTH")]
        eventually(lambda: len(host.heard("NDATA")) + 2 > len(after) + 2)
        after = [said["seq"] for verb, said, _, _ in host.said]
        at = after.index(0, 1)
        assert after[at:] == list(range(len(after) - at))
    death = eventually(lambda: host.heard("NDEATH"))[0]
    assert ([one["name"] for one in death["metrics"]], death["metrics"][0]["value"]) == (["bdSeq"], 0)
    assert "seq" not in death
    assert all((qos, retain) == (0, False) for verb, _, qos, retain in host.said if verb != "NDEATH")
    with node(interpreter, mosquitto.port, tmp_path):  # the next connection, after a restart
        again = eventually(lambda: host.heard("NBIRTH")[2:])[0]
        assert named(again)["bdSeq"]["value"] == 1


@pytest.mark.parametrize("interpreter", ["cpython", "vm"])
def test_planned_restart(interpreter, mosquitto, host, tmp_path):
    """It says its death itself: once, at QoS 0, where the will would come at QoS 1."""
    with node(interpreter, mosquitto.port, tmp_path):
        eventually(lambda: host.metrics(102))
        host.command(alias=100, type="Float", value=99.9)
        eventually(lambda: host.heard("NDEATH"))
    time.sleep(0.5)
    deaths = [(said["metrics"][0]["value"], qos) for verb, said, qos, _ in host.said if verb == "NDEATH"]
    assert deaths == [(0, 0)]
    assert host.said[-1][0] == "NDEATH"


@pytest.mark.parametrize("interpreter", ["cpython", "vm"])
def test_primary_host(interpreter, mosquitto, host, tmp_path):
    with node(interpreter, mosquitto.port, tmp_path, True, primary_host="city") as process:
        eventually(lambda: process.said("connected"))
        time.sleep(0.7)
        assert host.heard("NBIRTH") == []
        host.state(True, _MS)
        eventually(lambda: host.metrics(102))
        host.state(False, _MS - 1)  # of an earlier session of the host
        eventually(lambda: process.said("late_state"))
        host.state(False, _MS + 1)
        death = eventually(lambda: host.heard("NDEATH"))[0]
        assert death["metrics"][0]["value"] == 0
        eventually(lambda: sum("connected" in line for line in process.lines) >= 2)
        known = len(host.heard("NDATA")), len(host.heard("NBIRTH"))
        time.sleep(0.7)
        assert (len(host.heard("NDATA")), len(host.heard("NBIRTH"))) == known
        host.state(True, _MS + 2)
        eventually(lambda: len(host.heard("NBIRTH")) == known[1] + 1)
        assert named(host.heard("NBIRTH")[-1])["bdSeq"]["value"] == 1
        last = eventually(lambda: [one for one in host.metrics(102) if not one.get("isHistorical")][-1])[
            "value"
        ]
        eventually(lambda: host.metrics(102)[-1]["value"] > last + 2)
        eventually(lambda: _whole(host))
        assert any(one.get("isHistorical") for one in host.metrics(102))


def _whole(host) -> bool:
    """Whether all that was counted since the first birth came, in births or in data."""
    values = {one["value"] for one in host.metrics(102) + host.metrics(102, "NBIRTH")}
    return values >= set(range(min(values), max(values) + 1))


def test_nothing_is_lost_with_a_journal(mosquitto, peer, tmp_path):
    """The broker dies twice without a word: its answers to pings say what it has, the host's state that it listens."""
    with (
        Host(mosquitto.port, peer, True) as host,
        node("vm", mosquitto.port, tmp_path, True, 20, 300, primary_host="city") as process,
    ):
        for turn in range(2):
            eventually(lambda n=turn: len(host.heard("NBIRTH")) > n)
            known = len(host.heard("NDATA"))
            eventually(lambda n=known: len(host.heard("NDATA")) > n + 3)
            mosquitto.stop()
            eventually(lambda n=turn: sum("Error" in line for line in process.lines) > n)
            time.sleep(0.5)
            mosquitto.start()
        eventually(lambda: {one["value"] for one in host.metrics(102)} == set(range(1, 301)), 30)
        seen: dict[int, dict] = {}
        for one in host.metrics(102):
            seen.setdefault(one["value"], one)
        times = [seen[value]["timestamp"] for value in range(1, 301)]
        assert times == sorted(times)
        for birth in [k for k, said in enumerate(host.said) if said[0] == "NBIRTH"]:
            numbers = []
            for verb, said, _, _ in host.said[birth + 1 :]:
                if verb != "NDATA":
                    break
                numbers.append(said["seq"])
            assert numbers == [k % 256 for k in range(1, len(numbers) + 1)]


def test_statements():
    """Each statement of the specification that an edge node without devices can break names tests that are there."""
    here = {name for name in globals() if name.startswith("test_")}
    unit = "".join((FIRMWARE / f"tests/protocol/test_{name}.py").read_text() for name in ("payload_sparkplug", "sparkplug_birth"))
    unit += (FIRMWARE / "tests/codec/test_sparkplug.py").read_text()
    for statement, tests in STATEMENTS.items():
        for test in tests.split():
            assert test in here or f"def {test}(" in unit, (statement, test)
    assert len(STATEMENTS) > 90
