"""Minute, hour and day values of declared points, with data capture and the flags of HJ 212.

Looks at each point once a second; what it sees stands for that second. The rules are protocol/statistics.py's. A finished
record goes to `pole.records` (each `fn(record)`, see `record`), and the last ones stay in RAM: an MQTT uplink sends them one
by one and remembers how far it came, the console lists them. Rows of an hour and more survive power cuts (pole/keep.py).
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

from pole import clock
from pole.codec import crc
from pole.log import INFO
from pole.protocol import statistics as rules
from pole.store import F32, decimal

_HOUR = 3600
_BACK_S = 3600  # as the rules': so far back nothing is counted twice
_NAMES = {60: "1m", 600: "10m", 3600: "1h", 86400: "1d"}
# Of each quality, 0 for valid: never, good, uncertain, stale, warming, range, comm_fault, fault, manual
_REASONS = bytes((1, 0, 0, 7, 1, 6, 7, 4, 3))


class Service:
    """`options`: `points` = [[place, how, place of the speed or -1, decimals]], `periods`, `told`, `offsets`: of the rules."""

    def __init__(self, pole, options):
        self.pole = pole
        self.store = store = pole.store
        self.points = options["points"]
        hows = bytes([row[1] for row in self.points])
        self.seq = 0  # the last record's number
        self.core = rules.Statistics(
            hows,
            options["periods"],
            options["told"],
            options["offsets"],
            options["capture"],
            options["day_hours"],
        )
        names = ",".join([store.name(row[0]) for row in self.points])
        self._form = crc.modbus(hows + names.encode())  # rows of another pole file are of no use
        self._read = {}  # of each speed: the moment of its last reading
        self._write_s = 60 * options["write_min"]
        self.keep = pole.keep("statistics", self._write_s)
        pole.kept[-1] = self  # its `flush` is ours
        self._work = store.find("node.maintenance")
        pole.statistics = self

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
        core, store, before, known = self.core, self.store, self.core.seq, self.core.known
        ended = core.tick(clock.uptime_s(), clock.now())
        held = self._work >= 0 and store.raw(self._work) != 0
        for k in range(len(self.points)):
            i, how, other, decimals = self.points[k]
            reason = rules.MAINTENANCE if held else _REASONS[store.quality(i)]
            raw, more = (0 if reason else store.raw(i)), 0
            if not reason and store.kind(i) == F32:
                raw = scaled(raw, decimals)
            if not reason and how == rules.DIRECTION:
                more = store.raw(other) if other >= 0 and store.valid(other) else 100 if other < 0 else 0
            elif how == rules.SPEED:
                more = store.at(i) == self._read.get(k, -9) + 1 and core.weight == 1
                self._read[k] = store.at(i)
            if core.early:
                core.add(k, raw, reason, core.early, more)
            if ended:
                core.finish(k, ended)
                await clock.sleep_ms(0)  # a board takes some milliseconds for it
            if core.weight:
                core.add(k, raw, reason, core.weight, more)
        if core.known and not known:
            self._found()
        if core.seq != before:
            self._tell(before)
        if core.known and clock.uptime_s() - self.keep.at >= self._write_s:
            self.flush()

    def _tell(self, before):
        """New records to whoever listens."""
        self.seq = self.core.seq
        for fn in self.pole.records:
            for seq in range(before + 1, self.seq + 1):
                fn(self.record(seq))

    # Power cuts

    def _found(self):
        """The clock is known for the first time: what lies on flash goes on or is told."""
        core, values = self.core, self.keep.values
        core.resolve()
        if values.get("f") == self._form:
            levels = [j for j in range(len(core.periods)) if core.periods[j] >= _HOUR]
            for k in range(core.n):
                hours = 0
                for j in levels:
                    numbers = [int(word) for word in values["%d.%d" % (j, k)].split(",")]
                    hours = core.adopt(k, j, values["t%d" % j], numbers, hours)
            for j in levels:
                core.since[j] = core.first(j, values["t%d" % j])
            if core.seen < values["s"] < core.seen + _BACK_S:
                core.seen = values["s"]  # the clock was ahead: until then all is counted
            self.pole.log.add(INFO, "statistics", "go on from flash")
        self.keep.values = {}

    def flush(self):
        """Write the rows that run. False: it did not work."""
        core, keep = self.core, self.keep
        if not core.known:  # what lies there waits for the clock
            return True
        keep.values = values = {"f": self._form, "s": core.seen}
        for j in range(len(core.periods)):
            if core.periods[j] >= _HOUR:
                values["t%d" % j] = core.since[j]
                for k in range(core.n):
                    values["%d.%d" % (j, k)] = core.row(k, j)
        keep.changed = len(values) > 2
        done = keep.flush()
        keep.at = clock.uptime_s()
        keep.values = {}  # 60 bytes a row
        return done

    # Records

    def record(self, seq):
        """(place, seconds, end UTC or None, uptime of the end, valid seconds, flag, mean, low, high, extra, mark, decimals).

        Numbers as rules.Statistics.record has them, in 10**-decimals of the point's unit.
        """
        found = self.core.record(seq)
        row = self.points[found[0]]
        return (row[0],) + found[1:] + (row[3],)

    def event(self, seq):
        """(number, end of its topic, JSON bytes) of record `seq`, or of the oldest that is still there."""
        seq = max(seq, self.seq - self.core.kept + 1)
        k, seconds, end, up, n, flag, mean, low, high, extra, mark = self.core.record(seq)
        i, how, _, decimals = self.points[k]
        if how == rules.TOTAL:
            said = '{"sum":%s' % _number(mean, decimals)
        else:
            said = '{"mean":%s' % _number(mean, decimals + 1)
        if how in (rules.MEAN, rules.LEVEL, rules.SPEED):
            low, high = (low, high) if mean is not None else (None, None)
            said += ',"min":%s,"max":%s' % (_number(low, decimals), _number(high, decimals))
        if how == rules.SPEED:
            said += ',"gust":%s' % _number(extra, decimals + 1)
        elif how == rules.DIRECTION:
            said += ',"speed":%s' % _number(
                extra, 1 + (self.store.decimals(self.points[k][2]) if self.points[k][2] >= 0 else 2)
            )
        said += ',"unit":"%s","n":%d,"capture":%s,"flag":"%s","end":' % (
            self.store.unit(i), n, decimal(1000 * n // seconds, 1), flag
        )  # fmt: skip
        said += '"%s"' % clock.iso(end) if end is not None else "null"
        if mark & rules.UPTIME:
            said += ',"uptime":%d' % up
        elif mark & rules.AGAIN:
            said += ',"again":true'
        topic = "statistics/%s/%s" % (self.store.name(i).replace(".", "/"), _NAMES[seconds])
        return seq, topic.encode(), (said + "}").encode()


def _number(raw, decimals):
    return "null" if raw is None else decimal(raw, decimals)


def scaled(value, decimals):
    """A float's integer; what is too large or none is larger than any."""
    try:
        return int(value * 10**decimals + (0.5 if value >= 0 else -0.5))
    except (ValueError, OverflowError):  # nan, inf
        return 1 << 29
