"""A bench without boards: the test says what happens on it."""

import queue
import threading
import time
from dataclasses import replace

from yigan.bench import Slot
from yigan.bench.bench import Standing
from yigan.errors import LinkError

POLE = """\
id = "{id}"
board = "esp32-devkit"

[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"
"""
WIFI = '[[interface]]\nkind = "wifi"\nssid = "bench"\npassword = "one-pole-many-uses"\n'


class FakeBench:
    """As yigan.bench.Bench; `put` is what a board does."""

    made: list["FakeBench"] = []

    def __init__(
        self, roster, ledger, patterns=(), person="", images=None, flash=True, watch=True, limit=None
    ):
        self.roster, self.ledger, self.patterns, self.person, self.flash = (
            roster,
            ledger,
            patterns,
            person,
            flash,
        )
        self.board: dict[str, Slot] = {}
        self.retried: list[str] = []
        self.running = False
        self.done = False
        self._listeners: list[queue.Queue] = []
        self._lock = threading.Lock()
        FakeBench.made.append(self)

    def start(self):
        self.running = True

    def stop(self, wait=True):
        self.running = False

    def slots(self):
        with self._lock:
            return [replace(slot) for slot in self.board.values()]

    def retry(self, key):
        if self.board[key].state == "working":
            raise LinkError("It is at work.")
        self.retried.append(key)

    def subscribe(self):
        told = queue.Queue()
        self._listeners.append(told)
        return told

    def unsubscribe(self, told):
        self._listeners.remove(told)

    def standing(self):
        by_pole = {slot.pole: slot for slot in self.slots()}
        return [self._stands(row, by_pole.get(row.id)) for row in self.roster.rows]

    def _stands(self, row, slot):
        return Standing(row, slot.state if slot else "missing", slot)

    def finished(self):
        return self.done

    def put(self, key, **fields):
        """Change or add a slot, and tell."""
        with self._lock:
            slot = self.board.get(key) or Slot(key, port=fields.get("port", f"/dev/tty{key}"))
            self.board[key] = slot = replace(slot, **fields)
        for told in self._listeners:
            told.put(slot)

    def work(self, key, pole, port, lines=()):
        """Begin a work with a row in the ledger."""
        work = self.ledger.begin(self.person, uid=key, port=port, pole=pole, board="esp32-devkit")
        for line in lines:
            self.ledger.note(work, line)
        self.put(key, uid=key, port=port, pole=pole, state="working", stage="send", done=1, total=2, work=work,
                 began=time.time())  # fmt: skip
        return work
