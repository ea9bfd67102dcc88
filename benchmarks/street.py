"""A street of virtual poles on one mosquitto: each a MicroPython VM of its own with the whole application, lamp and MQTT.

`python -m benchmarks.street [poles] [seconds]` starts 100, shows that all report, dims all at once, and prints what a pole
takes. The rows measure YIGAN_BENCH_POLES of them (10).
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho

from benchmarks.harness import Row, command, compile_firmware, environment
from yigan import conf

POLES = int(os.environ.get("YIGAN_BENCH_POLES", "10"))
_HEAP = "176k"  # stands for about 128 KB on a board
_WATCH_S = 20
_TICKS = os.sysconf("SC_CLK_TCK")
_POLE = """
id = "street-0000"
board = "esp32-devkit"
[site]
latitude = 31.230416
longitude = 121.473701
timezone = "Asia/Shanghai"
[[peripheral]]
kind = "pwm"
name = "lamp"
bus = "lamp"
[[interface]]
kind = "wifi"
ssid = "street"
password = "one-pole-many-uses"
[[uplink]]
kind = "mqtt"
host = "127.0.0.1"
port = %d
"""
# The application as main.py runs it, on a board that has one lamp, sockets, and nobody at its console.
_SCRIPT = """
import asyncio, gc, sys
from pole import app, clock, config
from pole.hal import net as sockets

class Lamp:
    def duty(self, value):
        pass
    freq_hz = 1000

class Console:
    async def wait(self):
        await asyncio.sleep(3600)
    def readinto(self, buf):
        return 0
    def write(self, data):
        pass

class Board:
    net, WATCHDOG_MS, STATE = sockets, 30000, sys.argv[1] + "/var"
    def console(self):
        return Console()
    def read_crumb(self):
        return b""
    def write_crumb(self, data):
        pass
    def unique_id(self):
        return "00"
    def reset_cause(self):
        return "power"
    def bus(self, spec):
        return Lamp()
    def interface(self, spec, say):
        return None
    def watchdog(self, ms):
        return lambda: None
    def reset(self, hard):
        sys.exit()
    def temperature(self):
        return None

async def main():
    folder = sys.argv[1] + "/"
    pole = app.Pole(config.read_config(folder), config.read_points(folder), Board())
    asyncio.create_task(pole.run())
    del pole
    await clock.sleep_ms(int(sys.argv[2]) * 1000)
    while True:
        gc.collect()
        print(gc.mem_alloc())
        await clock.sleep_ms(3600000)

asyncio.run(main())
"""


class Street:
    """`with Street(100) as street:` then `street.up()`."""

    def __init__(self, n: int, folder: Path, look_s: int = 10):
        self._n = n
        self._folder = folder
        self._look_s = look_s
        self._poles: list[subprocess.Popen] = []
        self.said: dict[str, dict[str, dict]] = {}  # pole -> topic -> what it says now
        self.messages = 0

    def __enter__(self) -> "Street":
        binary = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        if not binary:
            raise RuntimeError("mosquitto is not installed (apt-get install mosquitto)")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        user = "user root\n" if os.getuid() == 0 else ""
        file = self._folder / "mosquitto.conf"
        file.write_text(
            f"listener {self._port} 127.0.0.1\n{user}persistence false\nallow_anonymous true\n"
            "max_queued_messages 0\nmax_inflight_messages 0\n"
        )  # all comes to one listener
        self.broker = subprocess.Popen(
            [binary, "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until("the broker answers", self._answers, 10)
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_message = self._heard
        self._client.connect("127.0.0.1", self._port)
        self._client.subscribe("yigan/#", 1)
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        for process in [*self._poles, self.broker]:
            process.kill()
        for process in [*self._poles, self.broker]:
            process.wait()
            if process.stdout:
                process.stdout.close()

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 0.2).close()
            return True
        except OSError:
            return False

    def _heard(self, _client, _data, message) -> None:
        _, pole, topic = message.topic.split("/", 2)
        self.messages += 1
        if not topic.endswith("/set"):
            self.said.setdefault(pole, {})[topic] = json.loads(message.payload)

    def start(self, each_s: float = 0.1) -> None:
        """Power on, one after the other."""
        firmware = compile_firmware(self._folder / "firmware", keep=True)
        script = self._folder / "run.py"  # not pole.py: that would hide the firmware
        script.write_text(_SCRIPT)
        file = self._folder / "pole.toml"
        file.write_text(_POLE % self._port)
        compiled = conf.compile(conf.load(file))
        for k in range(self._n):
            slot = self._folder / f"{k:04}"
            (slot / "var").mkdir(parents=True)
            for name, data in compiled.items():
                (slot / name).write_bytes(data.replace(b"street-0000", b"street-%04d" % k))
            line = command(script, (str(slot), str(self._look_s)), _HEAP)
            process = subprocess.Popen(
                line, env=environment(firmware), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            self._poles.append(process)
            time.sleep(each_s)

    def reporting(self) -> int:
        """Poles that are online and have told the level of their lamp."""
        told = list(self.said.values())
        return sum("lamp/level_actual" in one and one.get("status", {}).get("online") is True for one in told)

    def dim(self, percent: float) -> None:
        for k in range(self._n):
            order = json.dumps({"id": f"{percent}", "value": percent, "expires": 60})
            self._client.publish(f"yigan/street-{k:04}/lamp/level/set", order, qos=1)

    def dimmed(self, percent: float) -> int:
        """Lamps that have told that they are there; the end of a fade may lie within the dead-band of what was told."""
        levels = [one.get("lamp/level_actual", {}).get("value") for one in list(self.said.values())]
        return sum(level is not None and abs(level - percent) <= 1 for level in levels)

    def alive(self) -> int:
        return sum(process.poll() is None for process in self._poles)

    def cpu_s(self) -> float:
        """CPU time of all poles so far."""
        return sum(_cpu_s(process.pid) for process in self._poles)

    def memory_kb(self) -> tuple[float, float]:
        """(what a pole's process has for itself and its share of the rest, its heap in use), the mean of all."""
        heaps = [int(process.stdout.readline()) / 1024 for process in self._poles if process.stdout]
        return sum(map(_pss_kb, [p.pid for p in self._poles])) / self._n, sum(heaps) / self._n


def _cpu_s(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS


def _pss_kb(pid: int) -> int:
    for row in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if row.startswith("Pss:"):
            return int(row.split()[1])
    return 0


def until(what: str, look: Callable[[], object], patience_s: float) -> float:
    """How long it took to come true. RuntimeError when it does not."""
    began = time.monotonic()
    while not look():
        if time.monotonic() - began > patience_s:
            raise RuntimeError(f"waited {patience_s} s until {what}")
        time.sleep(0.05)
    return time.monotonic() - began


def measured(n: int, watch_s: float) -> dict[str, float]:
    """What a street of n poles takes."""
    with tempfile.TemporaryDirectory() as folder, Street(n, Path(folder)) as street:
        street.start()
        waited = until(f"all {n} report", lambda: street.reporting() == n, 60 + n)
        start_s = street.cpu_s() / n
        street.dim(40.0)
        obeyed = until(f"all {n} are dimmed", lambda: street.dimmed(40.0) == n, 30 + n)
        memory, heap = street.memory_kb()
        time.sleep(2)
        cpu, broker, messages, began = (
            street.cpu_s(),
            _cpu_s(street.broker.pid),
            street.messages,
            time.monotonic(),
        )
        time.sleep(watch_s)
        passed = time.monotonic() - began
        if street.alive() != n or street.reporting() != n:
            raise RuntimeError(f"{street.alive()} of {n} are alive, {street.reporting()} report")
        return {
            "poles": n, "reporting": street.reporting(), "last report after, s": waited, "dimmed all within, s": obeyed,
            "CPU of a pole's start, s": start_s, "CPU of a pole, % of a core": (street.cpu_s() - cpu) / n / passed * 100,
            "memory of a pole, KB": memory, "heap in use of a pole, KB": heap,
            "CPU of the broker, % of a core": (_cpu_s(street.broker.pid) - broker) / passed * 100,
            "memory of the broker, KB": _pss_kb(street.broker.pid), "messages a second": (street.messages - messages) / passed,
        }  # fmt: skip


def rows() -> Iterator[Row]:
    found = measured(POLES, _WATCH_S)
    yield Row(f"street: reporting, of {POLES} poles", found["reporting"], unit="poles", bar=f">= {POLES}")
    yield Row("street: CPU of a pole", found["CPU of a pole, % of a core"], unit="% of a core")
    yield Row("street: memory of a pole", found["memory of a pole, KB"], unit="KB")
    yield Row("street: heap in use of a pole", found["heap in use of a pole, KB"], unit="KB")


if __name__ == "__main__":
    words = [*sys.argv[1:], "100", "30"] if len(sys.argv) < 2 else [*sys.argv[1:], "30"]
    for name, value in measured(int(words[0]), float(words[1])).items():
        print(f"{name:34} {value:10.2f}")
