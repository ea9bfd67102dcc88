"""One-second records through outages, broker restarts, resets and power cuts: the journal and the MQTT uplink on the VM.

The whole bar: `python host_tools/tests/uplinks/nothing_lost.py 86400 200 [SEED]`.
"""

# ruff: noqa: T201 - a story that is also a command
import json
import os
import random
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path[:0] = [
        str(HERE.parents[2]),
        str(HERE.parents[1]),
        str(HERE.parent),
        str(HERE.parents[2] / "firmware"),
    ]

import paho.mqtt.client as paho  # noqa: E402
from uplinks.brokers import BASE, FIRMWARE, Mosquitto, Process, Proxy, eventually  # noqa: E402

from benchmarks.harness import compile_firmware  # noqa: E402
from yigan import cards, vm  # noqa: E402

OUTAGES = ("power",) * 5 + ("cut",) * 5 + ("broker",) * 4 + ("stall",) * 3 + ("reset",) * 3
BLOCKS = 256 * 4096


class Line(Proxy):
    """Keeps back what it carries while it is stalled: TCP loses nothing from the middle."""

    def _accept(self):
        while self._listener.fileno() >= 0:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:  # the broker is down
                near.close()
                continue
            self._sockets += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, a, b):
        try:
            while data := a.recv(4096):
                while self.stalled:
                    time.sleep(0.01)
                b.sendall(data)
            b.close()
        except OSError:
            pass


class Listener:
    """The city: a session that the broker keeps. `first` is what arrived, in its order, each number once."""

    def __init__(self, port):
        self.first: dict[int, tuple[str, int, bool]] = {}
        self.again = self.changed = 0
        self.lost: list[tuple[str, int, int, str]] = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, "city", clean_session=False)
        self._client.on_message = self._take
        self._client.on_connect = lambda c, *rest: c.subscribe(BASE + "#", 1)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _take(self, client, data, message):
        said = json.loads(message.payload)
        number = said.get("seq")
        if message.topic == BASE + "lost":
            self.lost += [(one["class"], one["first"], one["last"], said["cause"]) for one in said["lost"]]
        elif number is not None:
            one = message.topic, said["value"], said.get("historical", False)
            self.again += number in self.first
            self.changed += self.first.setdefault(number, one)[:2] != one[:2]

    def stop(self):
        self._client.disconnect()
        self._client.loop_stop()


class Story:
    """`records` in all, `outages` at random moments of them."""

    def __init__(self, records, outages, seed, folder, room=524288, **options):
        self.records, self.chance, self.folder = records, random.Random(seed), Path(folder)
        self.plan = sorted(
            (self.chance.randrange(records), self.chance.choice(OUTAGES)) for _ in range(outages)
        )
        self.firmware = compile_firmware(self.folder / "mpy", keep=True)
        self.room = room
        self.options = {name: option.default for name, option in cards.uplink("mqtt").options.items()}
        self.options |= {
            "host": "127.0.0.1",
            "retry_min_ms": 50,
            "retry_max_ms": 200,
            "window": 16,
            "answer_s": 2,
            **options,
        }
        self.put: dict[int, int] = {}  # number -> k
        self.cuts = 0
        self.pole: Process | None = None
        (self.folder / "flash").write_bytes(b"\xff" * BLOCKS)

    def allow(self, k):
        """How far the pole may measure now; -1: it shall start again."""
        (self.folder / "limit").write_text(str(k))

    def start(self, port):
        first = max(self.put.values(), default=-1) + 1
        stop = self.folder / "limit"
        chosen = {
            "flash": str(self.folder / "flash"), "stop": str(stop), "first": first + self.cuts, "last": self.records,
            "known": self.chance.random() < 0.8, "room": self.room, "options": {**self.options, "port": port},
        }  # fmt: skip
        (self.folder / "options").write_text(json.dumps(chosen))
        path = f".frozen:{FIRMWARE / 'tests'}:{self.firmware}"
        command = [
            vm.find(),
            "-X",
            "heapsize=400k",
            str(HERE / "journal_pole.py"),
            str(self.folder / "options"),
        ]
        self._read = 0
        self.pole = Process(command, {**os.environ, "MICROPYPATH": path})

    def read(self):
        """Take note of what the pole's journal has; the last k."""
        lines, k = self.pole.lines, -1
        while self._read < len(lines):
            words = lines[self._read].split(" ")
            self._read += 1
            if len(words) == 2 and words[0].isdigit() and words[1].isdigit():
                k = int(words[0])
                self.put[int(words[1])] = k
        return max(self.put.values(), default=-1) if k < 0 else k

    def end_pole(self):
        self.pole.kill()
        self.read()

    def play(self):
        lines = (
            "persistence true", f"persistence_location {self.folder}/", "max_queued_messages 0", "max_inflight_messages 0",
        )  # fmt: skip
        with Mosquitto(self.folder, *lines) as broker, Line(broker.port) as proxy:
            city = self.city = Listener(broker.port)
            self.start(proxy.port)
            for k, (at, kind) in enumerate(self.plan):
                self.next = self.plan[k + 1][0] if k + 1 < len(self.plan) else self.records
                self.allow(at + 1)
                while self.read() < at and self.pole._process.poll() is None:
                    time.sleep(0.005)
                self.allow(max(self.next, at + 1))  # it goes on measuring
                self.happen(kind, broker, proxy)
            self.allow(self.records)
            while not self.pole.said("all told"):
                assert self.pole._process.poll() is None, "\n".join(self.pole.lines[-20:])
                time.sleep(0.05)
            self.end_pole()
            self.settle(city)
            city.stop()
        return city

    def settle(self, city):
        """Until the city has all that its broker kept for it."""
        heard = -1
        while self.missing(city) and heard < len(city.first) + city.again:
            heard = len(city.first) + city.again
            time.sleep(8)

    def happen(self, kind, broker, proxy):
        if kind == "power" or kind == "reset":
            if kind == "reset":
                self.allow(-1)
                eventually(lambda: self.pole.said("# restart") or self.pole.said("all told"), 30)
            self.end_pole()
            self.allow(max(self.next, 1))
            self.cuts = (
                kind == "power"
            )  # a record may be in the journal and not printed: its k is not used again
            self.start(proxy.port)
        elif kind == "cut":
            for s in proxy._sockets[1:]:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            del proxy._sockets[1:]
        elif kind == "stall":
            proxy.stalled = True
            time.sleep(self.chance.uniform(0.1, 3))
            proxy.stalled = False
        else:
            broker._process._process.terminate()  # it keeps what it acknowledged
            broker._process._process.wait()
            broker.stop()
            time.sleep(self.chance.uniform(0, 0.5))
            broker.start()

    def missing(self, city):
        """Numbers that neither arrived nor are told as lost."""
        ranges = [(first, last) for kind, first, last, _ in city.lost if kind == "telemetry"]
        return [
            n
            for n in self.put
            if n not in city.first and not any(first <= n <= last for first, last in ranges)
        ]

    def judge(self, city):
        arrived = [n for n in self.put if n in city.first]
        wrong = [n for n in arrived if city.first[n][1] != self.put[n]]
        order = 0
        for topic in {one[0] for one in city.first.values()}:
            for historical in (False, True):
                numbers = [n for n, one in city.first.items() if one[0] == topic and one[2] == historical]
                order += sum(b < a for a, b in zip(numbers, numbers[1:], strict=False))
        strangers = [n for n in city.first if n not in self.put]
        return Result(len(self.put), len(arrived), len(self.put) - len(arrived), len(self.missing(city)), len(wrong),
                      city.changed, order, len(strangers), city.again, sum(one[2] for one in city.first.values()))  # fmt: skip


@dataclass
class Result:
    put: int
    arrived: int
    told_lost: int
    unexplained: int
    wrong: int
    changed: int
    out_of_order: int
    unprinted: int
    again: int
    historical: int
    kinds: dict = field(default_factory=dict)


def main():
    records, outages = int(sys.argv[1]), int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 30)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        story = Story(records, outages, seed, folder)
        result = story.judge(story.play())
    result.kinds = {kind: sum(one[1] == kind for one in story.plan) for kind in sorted(set(OUTAGES))}
    if result.unexplained:
        print(
            "unexplained:", [(n, story.put[n]) for n in story.missing(story.city)][:40], story.city.lost[:60]
        )
    print(f"seed {seed}, {time.monotonic() - begin:.0f} s: {result}")


if __name__ == "__main__":
    main()
