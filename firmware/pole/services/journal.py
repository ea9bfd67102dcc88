"""Keeps every report until each uplink has it: points when they are due, alarm events, statistics, warnings of the log.

What it keeps, and how it survives, stands in pole/journal.py. An uplink that wants everything asks `pole.journal` for a
reader of its own.
---
title_zh = "断网续传日志"
section = "journal"
tool = "journal"
capability = "journal"
points = ["used", "waiting", "records", "dropped", "damaged", "failed"]

[options.room_kb]
type = "int"
default = 256
low = 32
high = 16384
unit = "kB"
en = "Flash it may take; when it is full the oldest of the least important goes"
zh = "可占用的闪存；写满后丢弃最不重要的最旧记录"

[options.log]
type = "bool"
default = true
en = "Keep warnings and errors of the log, too"
zh = "同时保存日志中的警告和错误"
"""

import json
import struct

from pole import clock
from pole.codec import record
from pole.journal import Journal
from pole.log import ERROR, WARN
from pole.protocol.report import Reports
from pole.store import F32

_BURST = 64  # points a second: all of a pole at its start, and no more than a ring of them


class Service:
    """`core`: the Journal."""

    def __init__(self, pole, options):
        self.pole = pole
        self.store = pole.store
        state = getattr(pole.hal, "STATE", "/var")
        keep = pole.keep("journal")
        pole.journal = self.core = Journal(state + "/j", keep, 1024 * options["room_kb"])
        pole.kept[-1] = self.core  # its flush is the whole journal's
        self._reports = Reports(pole.store)
        self._log = options["log"]
        self._line = self._event = self._mean = 0
        self._payload = bytearray(7)
        self._points = [pole.store.find("journal." + name) for name in
                        ("used", "waiting", "records", "dropped", "damaged", "failed")]  # fmt: skip

    def step(self):
        """What became due, then what waited long enough."""
        self._samples(clock.uptime_s())
        self._events()
        self._means()
        if self._log:
            self._lines()
        self.core.step()
        self._tell()

    def _samples(self, now):
        reports, store, payload = self._reports, self.store, self._payload
        for _ in range(_BURST):
            i = reports.due(now)
            if i < 0:
                return
            raw = store.raw(i) if store.valid(i) else 0
            struct.pack_into("<HBf" if store.kind(i) == F32 else "<HBi", payload, 0, store.table.ids[i], store.quality(i),
                             raw if raw < 1 << 31 else raw - (1 << 32))  # fmt: skip
            self.core.put(record.TELEMETRY, record.SAMPLE, payload, store.at(i))
            reports.told(i, now)

    def _events(self):
        alarms = self.pole.alarms
        while alarms and alarms.seq > self._event:
            self._event, said = alarms.event(self._event + 1)
            self._text(record.ALARM, record.EVENT, b"alarm", said)

    def _means(self):
        found = self.pole.statistics
        while found and found.seq > self._mean:
            self._mean, topic, said = found.event(self._mean + 1)
            self._text(record.TELEMETRY, record.MEAN, topic, said)

    def _lines(self):
        for seq, up, level, where, text, times in self.pole.log.since(self._line):
            self._line = seq
            if level >= WARN:
                said = {"level": "error" if level >= ERROR else "warning", "where": where, "text": text, "times": times}
                self._text(record.LOG, record.LINE, b"log", json.dumps(said).encode(), up)

    def _text(self, class_, kind, topic, said, up=-1):
        payload = topic + b"\0" + said
        if len(payload) > record.LONGEST - record.EXTRA:  # only a text of somebody's makes it so long
            payload = topic + b'\0{"error":"too long"}'
        self.core.put(class_, kind, payload, up)

    def _tell(self):
        core = self.core
        behind = max([reader.behind() for reader in core.readers] + [0])
        values = core.used(), behind, core.number - 1, core.dropped, core.damaged, core.failed
        for i, value in zip(self._points, values):
            if i >= 0 and (self.store.raw(i) != value or not self.store.valid(i)):
                self.store.put(i, value)
