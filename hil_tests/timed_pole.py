"""A pole on a virtual board whose time is ours, in a heap of 176 KB, reporting to a broker.

A compressed day: the receiver's sky, or the bench that gives the time, leaps to shortly before each hour, the pole lives
through its end. All that happens when a minute, ten minutes, an hour, a day or a night ends happens as often as in a day.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from telling import tell

from yigan import bundle, conf, via
from yigan.deploy.commission import commission
from yigan.twin.virtual import VirtualBoard

HEAP = 176 * 1024  # of the VM: 128 KB of a board
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20, 16, 0, 0, tzinfo=UTC)  # in Shanghai
MARKS = (1, 6, 12, 24)
GROWTH = 1024  # bytes between two marks: values that got longer; a leak of a record would be 14 times as much


class Pole:
    """The pole of the pole file `text`."""

    def __init__(self, text, folder, broker):
        file = folder / "pole.toml"
        file.write_text(text, encoding="utf-8")
        self.conf = conf.load(file)
        self.board = VirtualBoard(folder / "board")
        with self.board.start(self.conf.board, file, latency=0, baud=0):
            commission(self.board.port, bundle.build(self.conf))
        self.board.start(self.conf.board, file, clock="virtual", heap=HEAP, latency=0, baud=0)
        self.board.redirect("broker.example", 1883, broker.port)
        self.board.advance(30)

    def leap(self, hours, seconds=0):
        """It is so long after midnight: the sky says so, where there is a receiver, else the bench."""
        at = MIDNIGHT + timedelta(hours=hours, seconds=seconds)
        if any(part.kind == "gnss" for part in self.conf.peripherals):
            self.board.set("gnss", "utc", at.isoformat())
        else:
            assert self.asked(lambda way: way.tool("time", utc=int((at - EPOCH).total_seconds())))[0]["taken"]

    def get(self, names):
        return {r.name: r for r in self.asked(lambda way: way.get([names]))}

    def asked(self, question):
        """What `question(way)` returns: it is answered while time passes."""

        def ask():
            with via.open(f"console:{self.board.port}") as way:
                return question(way)

        return self.meanwhile(ask)

    def meanwhile(self, work):
        with ThreadPoolExecutor(1) as aside:
            answer = aside.submit(work)
            while not answer.done():
                self.board.advance(0.2)
                time.sleep(0.02)
        return answer.result()

    def free(self):
        """Bytes of heap behind a collection: the best of three looks, as one may fall upon work that is under way."""
        looks = []
        for _ in range(3):
            self.board.advance(25)  # services/node.py collects each 20 s
            looks.append(int(self.get("node.")["node.heap_free"].value))
        return max(looks)

    def day(self):
        """Free heap at the marks."""
        free = {}
        for hour in range(1, 25):
            self.leap(hour, -20)
            self.board.advance(45)
            if hour in MARKS:
                free[hour] = self.free()
        return free


def is_flat(name, free):
    told = ", ".join(f"{hour} h {free[hour] / 1024:.1f} KB" for hour in MARKS)
    tell(f"{name}_day", f"{name} pole, a compressed day: free of {HEAP // 1024} KB {told}")
    for earlier, later in zip(MARKS, MARKS[1:]):
        assert free[later] >= free[earlier] - GROWTH, told


def is_well(pole, silent=()):
    """No part was started again, nobody wanted for memory, the broker hears of all that; the log has no word of `silent`."""
    lines = pole.asked(lambda way: way.log())
    assert pole.get("node.")["node.task_restarts"].value == "0", [(line.where, line.text) for line in lines]
    assert not [line for line in lines if "MemoryError" in line.text or line.where in silent]
    assert any((line.where, line.text) == ("mqtt", "connected") for line in lines)
