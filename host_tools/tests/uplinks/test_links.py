"""A wide link (mosquitto) and a narrow one (signed datagrams) of one pole, on CPython and on the MicroPython VM."""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from uplinks.brokers import FIRMWARE, NOW, City, Mosquitto, Proxy, eventually

from yigan import cards, datagram, vm
from yigan.errors import LinkError

KEY = "000102030405060708090a0b0c0d0e0f"
SCRIPT = Path(__file__).with_name("linked_pole.py")
HOLD, FALL = 3, 2


class Ears:
    """`yigan receive`'s part in a thread; `deaf` drops what comes, `mute` drops the answers."""

    def __init__(self):
        self.heard: list[dict] = []
        self.city = datagram.City()
        self.city.add("linked-0001", KEY)
        self.deaf = self.mute = False
        self.raw: list[bytes] = []
        self.sock = datagram.bind("127.0.0.1", 0)
        self.port = self.sock.getsockname()[1]
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        self.sock.settimeout(0.1)
        while not self._ended:
            try:
                data, peer = self.sock.recvfrom(2048)
            except TimeoutError:
                continue
            self.raw.append(data)
            if self.deaf:
                continue
            said, ack = self.city.hear(data)
            if said:
                self.heard.append({"when": time.monotonic(), **said})
            if ack and not self.mute:
                self.sock.sendto(ack, peer)

    def forms(self, form):
        return [said for said in list(self.heard) if said["form"] == form]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended = True
        self._thread.join()
        self.sock.close()


class Process:
    def __init__(self, command, env):
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def said(self, word):
        return any(word in line for line in self.lines)

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def slowest_ms(self):
        """Between two rounds of the pole's own loop, ten a second, after its start."""
        return max(int(line.split()[1]) for line in self.lines[5:] if line.startswith("tick"))


@contextmanager
def linked(interpreter, tmp_path, port, udp, **more):
    def chosen(kind, **options):
        return {name: o.default for name, o in cards.uplink(kind).options.items()} | options

    options = {
        "mqtt": chosen("mqtt", host="127.0.0.1", port=port, retry_min_ms=100, retry_max_ms=300, answer_s=1, keepalive_s=1),
        "datagram": chosen("datagram", host="127.0.0.1", port=udp, key=KEY, points=["air.pm2_5", "air.pm10"],
                           every_s=5, retry_s=1, **more),
        "link": {"hold_down_s": HOLD, "fall_s": FALL, "reboot_after_h": 0, "links": [[0, 0, 0, 0, 1], [1, 2, 0, 0, 5]]},
    }  # fmt: skip
    file = tmp_path / "options.json"
    file.write_text(json.dumps(options))
    path = [str(FIRMWARE), str(FIRMWARE / "tests")]
    if interpreter == "vm":
        try:
            command = [vm.find(), "-X", "heapsize=176k", str(SCRIPT)]
        except LinkError as error:
            pytest.skip(str(error))
        env = {**os.environ, "MICROPYPATH": ":".join([".frozen", *path])}
    else:
        command, env = (
            [sys.executable, "-u", str(SCRIPT)],
            {**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        )
    process = Process([*command, str(file), str(NOW)], env)
    try:
        yield process
    finally:
        process.process.kill()
        process.process.wait()
        print("\n".join(process.lines[-60:]))  # noqa: T201


@pytest.fixture(params=["cpython", "vm"])
def interpreter(request):
    return request.param


def test_over_to_the_narrow_link_and_back(interpreter, tmp_path):
    with (
        Mosquitto(tmp_path) as broker,
        Ears() as ears,
        linked(interpreter, tmp_path, broker.port, ears.port) as pole,
    ):
        eventually(lambda: pole.said("mqtt connected"))
        time.sleep(FALL + 1)
        assert not pole.said("best link: 1")
        assert all(
            len(said["values"]) <= 2 and said["size"] <= 29 for said in ears.forms("now")
        )  # probes at most
        broker.stop()
        died = time.monotonic()
        eventually(lambda: pole.said("best link: 1 (narrow)"))
        pole.tell("alarm")
        alarm = eventually(lambda: ears.forms("alarm"))[0]
        assert (alarm["point"], alarm["value"], alarm["state"]) == ("air.pm2_5", 115.1, "raised")
        first = eventually(lambda: [s for s in ears.forms("now") if s["when"] > died])[0]
        assert first["when"] - died < FALL + 4 and set(first["values"]) == {"air.pm2_5"}
        broker.start()
        returned = time.monotonic()
        eventually(lambda: pole.said("best link: 0 (wide)"), 20)
        assert time.monotonic() - returned < HOLD + 4
        assert pole.slowest_ms() < 1000  # nor did the pole's own work wait for any of it
        assert len(ears.forms("alarm")) == 1


def test_an_alarm_goes_by_every_link_and_arrives_once(interpreter, tmp_path):
    with Mosquitto(tmp_path) as broker, Ears() as ears:
        with City(broker.port) as city, linked(interpreter, tmp_path, broker.port, ears.port) as pole:
            city._client.subscribe("yigan/linked-0001/#", 1)
            eventually(lambda: pole.said("mqtt connected"))
            ears.mute = True  # it hears, and its answers are lost: what is sent again is not told again
            pole.tell("alarm")
            eventually(lambda: len(ears.raw) >= 4)
            ears.mute = False
            eventually(lambda: [m for m in city.heard if m[0] == "yigan/linked-0001/alarm"])
            time.sleep(3)
            assert len(ears.forms("alarm")) == 1
            assert len([m for m in city.heard if m[0] == "yigan/linked-0001/alarm"]) == 1
            assert ears.city.refused["repeated"] >= 1


def test_without_any_link_the_pole_works_on(interpreter, tmp_path):
    with Mosquitto(tmp_path) as broker, Proxy(broker.port) as proxy, Ears() as ears:
        with linked(interpreter, tmp_path, proxy.port, ears.port) as pole:
            eventually(lambda: pole.said("mqtt connected"))
            proxy.stalled = ears.deaf = True
            eventually(lambda: pole.said("best link: none"), 40)
            pole.tell("alarm")
            ticks = len(pole.lines)
            time.sleep(5)
            told = [line for line in pole.lines[ticks:] if line.startswith("tick")]
            assert len(told) >= 4, "ten rounds a second, links or none"
            assert max(int(line.split()[1]) for line in told) < 400
            ears.deaf = False
            eventually(lambda: ears.forms("alarm"), 60)
            assert len(ears.forms("alarm")) == 1


def test_a_forged_or_repeated_datagram_is_not_believed(tmp_path):
    with Ears() as ears, linked("cpython", tmp_path, 1, ears.port) as pole:
        pole.tell("alarm")
        eventually(lambda: ears.forms("alarm"))
        city = datagram.City()
        city.add("linked-0001", KEY)
        for data in ears.raw:
            assert city.hear(data)[0] and city.hear(data)[0] is None and city.hear(data)[1]
            for k in range(len(data)):
                assert city.hear(data[:k] + bytes([data[k] ^ 0x10]) + data[k + 1 :]) == (None, None)
        state = datagram.City(state=tmp_path / "heard.json")
        state.add("linked-0001", KEY)
        state.hear(ears.raw[0])
        again = datagram.City(state=tmp_path / "heard.json")
        again.add("linked-0001", KEY)
        assert again.hear(ears.raw[0])[0] is None and again.refused == {"repeated": 1}
