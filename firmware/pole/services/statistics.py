"""Minute, hour and day values of declared points, with data capture and the flags of HJ 212.

Looks at each point once a second; what it sees stands for that second. The rules are protocol/statistics.py's. The last
finished records stay in RAM: who wants them watches `pole.statistics.seq` and asks `event` for each (MQTT, the journal, the
console). Rows of an hour and more survive power cuts (pole/keep.py).
---
title_zh = "测点统计"
on_request = true
tool = "statistics"

[options.points]
type = "list"
required = true
en = "Points: names, or all of a capability as \\"air.*\\""
zh = "测点：名称，或用 \\"air.*\\" 表示一类的全部"

[options.periods]
type = "list"
default = ["1m", "10m", "1h", "1d"]
en = "What makes records: 1m, 10m, 1h, 1d"
zh = "生成记录的周期：1m、10m、1h、1d"

[options.boundary]
type = "enum"
default = "local"
values = ["local", "utc"]
en = "Hours and days of the pole's standard time, or of UTC"
zh = "小时和日按本地标准时间还是 UTC 划分"

[options.day_from]
type = "int"
default = 0
low = 0
high = 23
unit = "h"
en = "When a day begins; 8 or 20 where days are those of hydrology or weather"
zh = "日界（时）；水文用 8，气象用 20"

[options.capture]
type = "int"
default = 75
low = 1
high = 100
unit = "%"
en = "A period with less valid time is not valid; 75 is 45 minutes of an hour"
zh = "有效时间低于该比例则该周期无效；75 即每小时 45 分钟"

[options.day_hours]
type = "int"
default = 20
low = 1
high = 24
unit = "h"
en = "A day with fewer valid hours is not valid"
zh = "有效小时数少于该值则该日无效"

[options.write_min]
type = "int"
default = 10
low = 1
high = 60
unit = "min"
en = "How often hours and days that run are written to flash: what a power cut costs"
zh = "未完成的小时、日数据写入闪存的间隔（断电最多丢失该时段）"
"""

from array import array

from pole import clock, seldom
from pole.codec import crc
from pole.log import INFO
from pole.protocol import statistics as rules
from pole.store import F32, decimal

# Of each quality, 0 for valid: never, good, uncertain, stale, warming, range, comm_fault, fault, manual
_REASONS = bytes((1, 0, 0, 7, 1, 6, 7, 4, 3))


class Service:
    """`options`: `points` = [[place, how, place of the speed or -1, decimals]], `periods`, `told`, `offsets`: of the rules."""

    def __init__(self, pole, options):
        self.pole = pole
        self.store = store = pole.store
        points = options["points"]
        hows = bytes([row[1] for row in points])
        self.points = array("h")  # of each: place, place of the speed or -1, decimals
        for row in points:
            self.points.extend(array("h", (row[0], row[2], row[3])))
        self.core = rules.Statistics(
            hows,
            options["periods"],
            options["told"],
            options["offsets"],
            options["capture"],
            options["day_hours"],
        )
        self.seq = 0  # the last record's number
        self._ended = self._left = 0  # periods that are over, and how many points are not closed yet
        self._known = False
        names = ",".join([store.name(row[0]) for row in points])
        self._form = crc.modbus(hows + names.encode())  # rows of another pole file are of no use
        self._read = {}  # of each speed: the moment of its last reading
        self._write_s = 60 * options["write_min"]
        self.keep = pole.keep("statistics", self._write_s)
        pole.kept[-1] = self  # its `flush` is ours
        self._work = store.find("node.maintenance")
        pole.statistics = self

    def settle(self):
        return [self.core]

    async def run(self, beat):
        due = clock.ticks_ms()
        while True:
            beat()
            await self.step()
            due = clock.ticks_add(due, 1000)
            late = clock.ticks_diff(clock.ticks_ms(), due)
            if late > 0:  # the seconds that were missed are counted by the next look
                due = clock.ticks_add(due, late // 1000 * 1000)
            await clock.sleep_ms(max(0, clock.ticks_diff(due, clock.ticks_ms())))

    async def step(self):
        """Look at every point once; where a period has ended, one point's records at a time."""
        core, store, points, n = self.core, self.store, self.points, self.core.n
        while self._left:  # an error, or an end of this task, came between
            self._close()
        self._ended = core.tick(clock.uptime_s(), clock.now())
        self._left = n if self._ended else 0
        held = self._work >= 0 and store.raw(self._work) != 0
        for k in range(n):
            i, how = points[3 * k], core.hows[k]
            reason = rules.MAINTENANCE if held else _REASONS[store.quality(i)]
            raw, more = (0 if reason else store.raw(i)), 0
            if not reason and store.kind(i) == F32:
                raw = scaled(raw, points[3 * k + 2])
            if not reason and how == rules.DIRECTION:
                other = points[3 * k + 1]
                more = store.raw(other) if other >= 0 and store.valid(other) else 100 if other < 0 else 0
            elif how == rules.SPEED:
                more = store.at(i) == self._read.get(k, -9) + 1 and core.weight == 1
                self._read[k] = store.at(i)
            if core.early:
                core.add(k, raw, reason, core.early, more)
            if self._ended:
                self._close()
                await clock.sleep_ms(0)  # a board takes some milliseconds for it
            if core.weight:
                core.add(k, raw, reason, core.weight, more)
        if core.known != self._known:
            self._known = core.known
            if core.known:
                self._found()
        self.seq = core.seq
        if core.known and clock.uptime_s() - self.keep.at >= self._write_s:
            self.flush()

    def _close(self):
        """The next point's periods are over. It is not asked twice, even if that fails."""
        self._left -= 1
        self.core.finish(self.core.n - 1 - self._left, self._ended)

    # Power cuts

    def _found(self):
        """The clock is known for the first time: what lies on flash goes on or is told."""
        from pole.protocol import statistics_rows

        if statistics_rows.resume(self.core, self.keep.values, self._form):
            self.pole.log.add(INFO, "statistics", "go on from flash")
        self.keep.values = {}
        seldom.forget(statistics_rows)

    def flush(self):
        """Write the rows that run. False: it did not work."""
        core = self.core
        if not core.known or core.periods[-1] < 3600:  # what lies there waits for the clock; minutes are not kept
            return True
        from pole.protocol import statistics_rows

        done = self.keep.write(statistics_rows.rows(core, self._form))
        seldom.forget(statistics_rows)
        return done

    def event(self, seq):
        """(number, end of its topic, JSON bytes) of record `seq`, or of the oldest that is still there."""
        from pole.protocol import statistics_record

        seq = max(seq, self.seq - self.core.kept + 1)
        topic, said = statistics_record.event(self.core, seq, self.store, self.points, decimal, clock.iso)
        seldom.forget(statistics_record)
        return seq, topic, said


def scaled(value, decimals):
    """A float's integer; what is too large or none is larger than any."""
    try:
        return int(value * 10**decimals + (0.5 if value >= 0 else -0.5))
    except (ValueError, OverflowError):  # nan, inf
        return 1 << 29
