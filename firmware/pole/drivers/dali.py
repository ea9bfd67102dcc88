"""A lamp on a DALI line: LED driver or luminaire, D4i or older.

Source: IEC 62386-102 (gear), 62386-207 (LED), DiiA parts 252 and 253 (D4i: what it measures, memory banks 202, 203,
205, 206). The gear fades by itself, in the fade time that is kept in it. What is kept there is written only where
it differs: its memory bears some ten thousand writes. The banks are read slowly, a few bytes at a time.
---
title_zh = "DALI 路灯（含 D4i）"
bus = "dali"
capability = "lamp"
points = ["level_actual", "on", "failure", "gear_failure", "thermal_derating", "burn_hours", "switch_on_count", "power",
  "voltage", "current", "power_factor", "energy", "temperature", "source_voltage", "source_current"]
datasheet = "IEC 62386-101/102/207; DiiA parts 251, 252, 253"
wiring = "The gear's DA+ and DA- -> the board's DALI interface, in any order; up to 22 V, insulated from mains as mains is"
wiring_zh = "驱动电源 DA+、DA- 接板上 DALI 接口（不分极性）；总线最高 22 V，按市电绝缘等级布线"

[options.address]
type = "int"
default = -1
low = -1
high = 63
en = "Short address; -1: the only gear on the line, or all of them together"
zh = "短地址；-1 表示线上唯一的（或全部）驱动电源"

[options.curve]
type = "enum"
default = "log"
values = ["log", "linear"]
en = "The gear's dimming curve (device type 6); set in the gear if it differs"
zh = "调光曲线（6 类设备），与驱动电源不一致时写入"

[options.power_on_level]
type = "float"
default = 100.0
low = 0
high = 100
unit = "%"
en = "Level of the gear when its mains comes, and of the lamp until somebody wants another"
zh = "上电亮度，直到收到其他指令"

[options.failure_level]
type = "float"
default = 100.0
low = 0
high = 100
unit = "%"
en = "Level of the gear when the line is cut or loses its supply"
zh = "总线断电或断线时的亮度"

[options.minimum_level]
type = "float"
default = 1.0
low = 0.1
high = 100
unit = "%"
en = "Lowest level above off; the gear may not reach it"
zh = "最低亮度（受驱动电源物理下限限制）"

[options.maximum_level]
type = "float"
default = 100.0
low = 1
high = 100
unit = "%"
en = "Highest level"
zh = "最高亮度"

[options.fade_time]
type = "float"
default = 1.0
low = 0
high = 90
unit = "s"
en = "Time of a change of level; the gear has 0, 0.7, 1, 1.4, 2, 2.8 ... 90 s"
zh = "渐变时间；驱动电源支持 0、0.7、1、1.4、2、2.8……90 秒"

[options.groups]
type = "list"
default = []
en = "The groups, 0 to 15, that this gear shall belong to; none: leave them as they are"
zh = "所属分组（0–15）；不填则保持不变"

[options.scenes]
type = "list"
default = []
en = "Levels in % of scenes 0, 1, ...; -1: leave as it is"
zh = "场景 0、1……的亮度（%）；-1 保持不变"

[options.diagnostics_s]
type = "int"
default = 60
low = 0
high = 3600
unit = "s"
en = "Read the D4i memory banks so often; 0: never"
zh = "D4i 存储区读取间隔；0 为不读取"
"""

import asyncio

from pole import clock, seldom
from pole.again import Reading
from pole.codec import dali
from pole.drivers.dali_bus import checked
from pole.errors import NO_ANSWER, PoleError
from pole.protocol import dimming, lamp_order
from pole.quality import GOOD

_STEP_MS = 40  # between two levels on their way: the line is for others, too
_SETTLED_MS = 1500  # so long after a fade the gear must be where it was told to be
_ABSENT_ROUNDS = 60  # a gear without a bank is asked again, it may have been changed
_TRIES = 4  # of a slice that cannot be read; then its values are gone

# What is read of the D4i banks: bank, first location, count (DiiA 252: 202, 203; 253: 205, 206).
_BANKS = bytes((
    202, 0x04, 7,  # scale, active energy
    202, 0x0B, 5,  # scale, active power
    205, 0x0B, 4,  # supply voltage, frequency, power factor
    203, 0x0B, 5,  # scale, apparent power
    205, 0x17, 5,  # thermal derating, -, shutdown, -, temperature
    206, 0x07, 3,  # starts of the lamp
    206, 0x0E, 8,  # its time, voltage, current
))  # fmt: skip
_SLICES = 7
_DERATING = 4  # places in `out`
_HOURS = 5
_STARTS = 6
_POWER = 7
_VOLTAGE = 8
_CURRENT = 9
_FACTOR = 10
_ENERGY = 11
_TEMPERATURE = 12
_SOURCE_VOLTAGE = 13
_SOURCE_CURRENT = 14


class Driver(Reading):
    """`set(level)` at once or in the gear's own fade. Levels are tenths of a per cent of light output.

    Counters: `writes` into the gear's memory, `resent` levels that it had lost.
    """

    period_ms = 2000

    def __init__(self, bus, options):
        address = options.get("address", -1)
        self._bus = bus
        self._to = dali.BROADCAST if address < 0 else dali.short(address)
        self._linear = options.get("curve", "log") == "linear"
        self.lowest = max(1, lamp_order.tenths(options.get("minimum_level", 1)))
        self.highest = lamp_order.tenths(options.get("maximum_level", 100))
        self.power_on = lamp_order.limit(
            lamp_order.tenths(options.get("power_on_level", 100)), self.lowest, self.highest
        )
        self._fade = dali.fade_code(int(options.get("fade_time", 1) * 1000))
        self.fade_ms = dali.fade_ms(self._fade)
        self._failure = lamp_order.tenths(options.get("failure_level", 100))
        self._groups = options.get("groups", ())
        self._scenes = options.get("scenes", ())
        self._diagnostics_ms = options.get("diagnostics_s", 60) * 1000
        self._known = [None] * 15  # the last values of the banks
        self._buf = bytearray(8)
        self._slice = self._tries = self._rounds = self._latched = 0
        self.absent = 0 if self._diagnostics_ms else 127  # bit of a slice: this gear has no such bank
        self.counted = None  # Wh that services/energy.py counted: for gear without a register
        self._ready = False
        self._task = None
        self._arc_of = self._arc_is = 0
        self._told = -1  # the level that the gear was told last
        self._told_at = self._round_at = clock.ticks_ms()
        self.writes = self.resent = 0
        self.level = -1
        self.set(self.power_on)

    # Levels

    def set(self, level):
        """Light output, 0..1000; the gear fades."""
        if level != self.level:
            self.level = level
            self._push()

    def fade(self, level, ms):
        """As `set`: the gear knows its own fade time."""
        self.set(level)

    def _push(self):
        if self._task is None:
            self._task = asyncio.create_task(self._flush())

    async def _flush(self):
        """Tell the gear, and again until it has the latest: levels in between are left out."""
        try:
            while self._told != self.level:
                await self._tell()
                await clock.sleep_ms(_STEP_MS)
        except PoleError:
            pass  # the next reading finds it out
        finally:
            self._task = None

    async def _tell(self):
        level = self.level
        self._told_at = clock.ticks_ms()
        await self._bus.say(dali.level(self._to, self._arc(level)), True)
        self._told = level

    def _arc(self, level):
        """The arc power level of a light output."""
        if level <= 0:
            return 0
        if self._linear:
            return max(1, (level * 254 + 500) // 1000)
        if level != self._arc_of:  # each reading asks for the same one: a logarithm is five floats
            self._arc_of, self._arc_is = level, min(254, int(dimming.arc(level) + 0.5))
        return self._arc_is

    def _light(self, arc):
        """Tenths of a per cent of an arc power level; one that stands for the wanted level is that."""
        if arc == self._arc(self.level):
            return self.level
        if self._linear or arc == 0:
            return (arc * 1000 + 127) // 254
        return int(dimming.light(arc) + 0.5)

    async def start(self):
        """The level first, then what the gear shall keep. BusError when nobody is there."""
        if self._told != self.level:
            await self._tell()
        await self._prepare()

    async def _prepare(self):
        from pole.drivers import dali_memory  # once the gear has it, that is done with

        arcs = [self._arc(n) for n in (self.lowest, self.highest, self.power_on, self._failure)]
        scenes = [-1 if n < 0 else self._arc(lamp_order.tenths(n)) for n in self._scenes[:16]]
        memory = dali_memory.Memory(self._bus, self._to)
        try:
            lowest = await memory.settle(self._linear, arcs, self._fade, self._groups, scenes)
        finally:
            self.writes += memory.writes
            seldom.forget(dali_memory)
        if arcs[0] < lowest:
            self.lowest = self._light(lowest)
        self._ready = True

    # What it says of itself

    async def rounds(self):
        bus, known, arc = self._bus, self._known, 0
        while True:
            for query in (dali.QUERY_STATUS, dali.QUERY_ACTUAL_LEVEL):
                frame = dali.command(self._to, query)
                await bus.say(frame)
                status, arc = arc, bus.heard()
                if arc < 0:
                    arc = await bus.again(frame)
            if status & dali.POWER_CYCLE_SEEN and self._ready and self._told == self.level:
                self._told = -1  # it has its power-on level
            if not self._ready:
                await self._prepare()
            if self._diagnostics_ms and self._is_due():
                if bus.owned:
                    await bus.own()
                bus.owned = True
                try:
                    row = 3 * self._slice  # the next one, or that again
                    bank, at = _BANKS[row], _BANKS[row + 1]
                    await bus.say(dali.special(dali.DTR1, bank))
                    if self._latched != bank:  # its bytes shall be of one moment
                        await bus.say(dali.special(dali.DTR0, 2))
                        frame = dali.command(self._to, dali.ENABLE_WRITE_MEMORY)
                        await bus.say(frame)
                        while bus.urgent:  # nothing may come between: as `together`, which would make something
                            await bus.say(frame)
                        await bus.exchange(dali.special(dali.WRITE_MEMORY_LOCATION_NO_REPLY, dali.LATCH))
                    await bus.say(dali.special(dali.DTR0, at))
                    frame = dali.command(self._to, dali.READ_MEMORY_LOCATION)
                    for k in range(_BANKS[row + 2]):
                        await bus.say(frame)
                        told = bus.heard()
                        if told < 0:  # the gear may have stepped on although nobody heard it
                            await bus.do(dali.special(dali.DTR0, at + k))
                            told = await bus.do(frame)
                        self._buf[k] = checked(told, k)
                    self._latched = bank
                    self.absent &= 127 ^ 1 << self._slice
                    self._take()
                except PoleError as error:
                    self._miss(error)
                finally:
                    bus.owned = False
            out = self._out
            for k in range(_DERATING, 15):
                out[k] = known[k]
            if known[_ENERGY] is None and self.absent & 1:
                out[_ENERGY] = self.counted
            out[0] = None if arc == dali.MASK else self._light(arc)
            out[1] = status >> 2 & 1
            out[2] = status >> 1 & 1
            out[3] = status & 1
            self._look_after(status, arc)
            yield GOOD

    def _look_after(self, status, arc):
        """A gear that lost its level (mains dip, somebody else's master) gets it again."""
        if not status & (dali.FADE_RUNNING | dali.LAMP_FAILURE | dali.GEAR_FAILURE) and arc != dali.MASK:
            passed = clock.ticks_diff(clock.ticks_ms(), self._told_at)
            if passed > self.fade_ms + _SETTLED_MS or passed < 0:
                level = lamp_order.limit(self.level, self.lowest, self.highest)
                if arc != self._arc(level) and self._told == self.level:
                    self._told = -1
                    self.resent += 1
        if self._told != self.level:
            self._push()

    def _is_due(self):
        """Whether a slice of the banks shall be read: one each time, a round of them each `diagnostics_s`."""
        if self._slice == _SLICES:
            if 0 <= clock.ticks_diff(clock.ticks_ms(), self._round_at) < self._diagnostics_ms:
                return False
            self._slice = self._latched = 0
            self._round_at = clock.ticks_ms()
            self._rounds += 1
        if self.absent >> self._slice & 1 and self._rounds % _ABSENT_ROUNDS:
            self._slice += 1
            return False
        return True

    def _miss(self, error):
        """A slice could not be read."""
        self._tries += 1
        if self._tries == _TRIES:  # noise can swallow an answer, too
            if error.code == NO_ANSWER and error.detail == 0:  # older gear has no such bank
                self.absent |= 1 << self._slice
            self._buf[:] = b"\xff\xff\xff\xff\xff\xff\xff\xff"
            self._take()

    def _take(self):
        """The bytes of the slice as values of points."""
        buf, known, k = self._buf, self._known, self._slice
        self._slice += 1
        self._tries = 0
        if k == 0:
            known[_ENERGY] = dali.scaled(dali.number(buf, 1, 6), dali.signed(buf[0]))  # Wh
        elif k == 1:
            known[_POWER] = dali.scaled(dali.number(buf, 1, 4), dali.signed(buf[0]) + 1)  # tenths of a watt
        elif k == 2:
            known[_VOLTAGE] = dali.number(buf, 0, 2)
            factor = dali.number(buf, 3, 1)
            known[_FACTOR] = None if factor is None else 10 * factor
        elif k == 3:
            va, volts = dali.scaled(dali.number(buf, 1, 4), dali.signed(buf[0]) + 4), known[_VOLTAGE]
            known[_CURRENT] = va // volts if va is not None and volts else None  # 0.1 mVA by 0.1 V
        elif k == 4:
            known[_DERATING] = buf[0] if buf[0] < 2 else None  # type: ignore[call-overload]
            celsius = dali.number(buf, 4, 1)
            known[_TEMPERATURE] = None if celsius is None else 10 * (celsius - 60)
        elif k == 5:
            known[_STARTS] = dali.number(buf, 0, 3)
        else:
            seconds = dali.number(buf, 0, 4)
            known[_HOURS] = None if seconds is None else seconds // 360
            known[_SOURCE_VOLTAGE] = dali.number(buf, 4, 2)
            known[_SOURCE_CURRENT] = dali.number(buf, 6, 2)
