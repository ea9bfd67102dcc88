"""The broker dies: alarms and the most important points come by datagrams within the hold-down, and then MQTT again.

Of a virtual board only: it needs a broker to kill.
"""

import shutil
import socket
import subprocess
import threading
import time

import pytest

from yigan import bundle, conf, datagram, places
from yigan.deploy.commission import commission
from yigan.link import serial
from yigan.link.service import Client
from yigan.twin.virtual import VirtualBoard

HOLD_S, FALL_S, ANSWER_S = 6, 3, 3
KEY = "7c0f6a1e5b9d4283a1c2e3f405162738"


class Broker:
    """mosquitto, and what it hears."""

    def __init__(self, folder):
        self.binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if not self.binary:
            pytest.skip("mosquitto is not installed")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.file = folder / "mosquitto.conf"
        self.file.write_text(
            f"listener {self.port} 127.0.0.1\nuser root\npersistence false\nallow_anonymous true\n"
        )

    def start(self):
        self.process = subprocess.Popen(
            [self.binary, "-c", str(self.file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def stop(self):
        self.process.kill()
        self.process.wait()


def wait(what, true, seconds=40.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.1)
    pytest.fail(what)


@pytest.fixture
def street(request, tmp_path):
    """(board, broker, what the city heard by datagrams)."""
    if request.config.getoption("--port"):
        pytest.skip("it needs a broker to kill")
    text = (places.root() / "poles" / "narrow.toml").read_text(encoding="utf-8")
    text = text.replace("hold_down_s = 60", f"hold_down_s = {HOLD_S}\nfall_s = {FALL_S}")
    text = text.replace(
        'host = "broker.example"',
        f'host = "broker.example"\nanswer_s = {ANSWER_S}\nkeepalive_s = {ANSWER_S}\nretry_max_ms = 2000',
    )
    file = tmp_path / "narrow.toml"
    file.write_text(
        text.replace("budget_kb_day", "retry_s = 2\nevery_s = 5\nbudget_kb_day"), encoding="utf-8"
    )
    broker, city, heard, ended = Broker(tmp_path), datagram.City(), [], threading.Event()
    city.add("narrow-0001", KEY)
    sock = datagram.bind("127.0.0.1", 0)
    ears = threading.Thread(
        target=datagram.serve,
        args=(sock, city, lambda said: heard.append((time.monotonic(), said)), lambda: not ended.is_set()),
    )
    broker.start()
    ears.start()
    with VirtualBoard(tmp_path / "board") as board:
        board.start("esp32s3-pole", file)
        board.redirect("broker.example", 1883, broker.port)
        board.redirect("city.example", 5685, sock.getsockname()[1])
        commission(board.port, bundle.build(conf.load(file)))
        yield board, broker, heard
    ended.set()
    ears.join()
    sock.close()
    broker.stop()


def test_the_broker_dies_and_comes_back(street):
    board, broker, heard = street
    line = serial.open_within(board.port, 10)
    try:
        pole = Client(line)

        def state(name):
            return {row["p"]: row["v"] for row in pole.get("link.")}.get(name)

        def live():
            return [m for m, said in heard if said["form"] == "now"]  # a probe comes once an hour

        wait("MQTT up", lambda: state("link.state") == "3")
        wait("warm", lambda: all(row["q"] == "good" for row in pole.get(["air.pm2_5", "air.pm10"])), 60)
        time.sleep(1)
        broker.stop()
        died = time.monotonic()
        first = wait("live values by datagrams", lambda: [m for m in live() if m > died])[0]
        assert first - died <= ANSWER_S + FALL_S + HOLD_S
        values = next(said for m, said in heard if m == first)["values"]
        assert set(values) <= {"air.pm2_5", "air.pm10", "lamp.level_actual"} and "air.pm2_5" in values
        board.set("air", "pm2_5", 400)
        raised = wait("the alarm", lambda: [said for _, said in heard if said["form"] == "alarm"])
        assert (raised[0]["point"], raised[0]["state"], raised[0]["severity"]) == (
            "air.pm2_5",
            "raised",
            "major",
        )
        broker.start()
        wait("MQTT up again", lambda: state("link.state") == "3")
        time.sleep(HOLD_S + 8)
        before = len(live())
        time.sleep(12)
        assert len(live()) == before, "live values go by MQTT again"
        assert len([1 for _, said in heard if said["form"] == "alarm" and said["state"] == "raised"]) == 1
        print(f"over after {first - died:.1f} s (declared {ANSWER_S} + {FALL_S} + {HOLD_S})")  # noqa: T201
    finally:
        line.close()
