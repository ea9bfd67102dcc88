"""Any Modbus sensor that a register map describes (firmware/maps): the map is data, not code.

The host compiles the map into `plan`: [[function, start, count, [[byte offset, type, mul, div, add, place in out],
...]], ...], few requests for many registers. A field may end with the numbers by which the device says that it has no
value; `add` None: the point is a float. `settings`: [[register, word], ...] that the device must hold.
---
title_zh = "Modbus 传感器（寄存器表）"
bus = "modbus"
baud = 9600
map = true

[options.map]
type = "map"
required = true
en = "Register map: a file of firmware/maps, without .toml"
zh = "寄存器表：firmware/maps 中的文件名，不带 .toml"

[options.address]
type = "int"
default = 1
low = 1
high = 247
en = "Slave address"
zh = "从站地址"

[options.warm_up_s]
type = "int"
low = 0
high = 3600
unit = "s"
en = "Readings are marked warming for so long after power-up; else as the map says"
zh = "上电后在该时间内数据标记为预热中；不写则按寄存器表"

[options.settings]
type = "table"
en = "Settings of the device by the names of its map: read after start, written only when they differ, and verified"
zh = "设备设置项（名称见寄存器表）：启动后读取，不一致时才写入并校验"
"""

from array import array

from pole import clock, seldom
from pole.again import Reading
from pole.codec import modbus
from pole.codec.register_value import RegisterValue
from pole.errors import BAD_FRAME, BusError, DeviceFault
from pole.quality import FAULT, GOOD, WARMING

_GONE = 3  # so many unanswered rounds: it was without power
_AGAIN = 2  # writes after each setting's first, when one does not hold: what it lies in may wear

_FUNCTION, _START, _COUNT, _FIELDS, _HEAD = range(5)  # of a request: what is asked, how many fields follow
_AT, _KIND, _MUL, _DIV, _ADD, _K, _WIDTH = range(7)  # of a field: place in the reply, in `_kinds`, ..., place in `out`
_FLOAT = 0x3FFFFFFF  # instead of what is added: the value is told as a float

_kinds = []  # (name, numbers that mean none, what reads it): a pole's twenty fields are of two or three kinds


def _kind(name, none=()):
    """The place in `_kinds` of numbers of this kind."""
    for k in range(len(_kinds)):
        if _kinds[k][0] == name and _kinds[k][1] == none:
            return k
    _kinds.append((name, none, RegisterValue(name)))
    return len(_kinds) - 1


def _flat(plan):
    """The plan as numbers in one array: of each request four, then its fields. As tuples they would take four times as much."""
    flat = array("i")
    for function, start, count, fields in plan:
        flat.extend(array("i", (function, start, count, len(fields))))
        for at, name, mul, div, add, k, *none in fields:
            row = at, _kind(name, *none), mul, div, _FLOAT if add is None else add, k
            flat.extend(array("i", row))
    return flat


class Driver(Reading):
    period_ms = 5000
    missing = FAULT  # a value is None because the device refused its request, or sent no number
    settings = ()
    _unsettled = False

    def __init__(self, bus, options):
        self._plan = _flat(options["plan"])
        self.pdu = bytearray(5)
        reply = bytearray(max(5, 2 + 2 * max([row[_COUNT] for row in options["plan"]])))
        self.question = bus.question(options["address"], reply)
        if "settings" in options:
            self.settings = options["settings"]
            self._unsettled = True
            self.writes = _AGAIN + len(self.settings)
        self._warm_up_ms = 1000 * options.get("warm_up_s", 0)
        self._powered = clock.ticks_ms()
        self._warming = self._warm_up_ms > 0
        self._silent = 0  # rounds without an answer, in a row
        self.bad = 0

    def settle(self):
        return [kind[2] for kind in _kinds]

    async def rounds(self):
        """A request that the device refuses leaves its values None; only if it refuses all it is faulty."""
        plan, question = self._plan, self.question
        while True:
            if self._unsettled or self._silent >= _GONE and self.settings:  # it may be another one, or have forgotten
                await self._settle()
            refused = None
            good = at = 0
            while at < len(plan):
                try:
                    n = modbus.put_read(self.pdu, plan[at + _FUNCTION], plan[at + _START], plan[at + _COUNT])
                    await question.ask(self.pdu, n)
                    if question.got != 2 + 2 * plan[at + _COUNT]:
                        raise DeviceFault(BAD_FRAME, question.got)
                    self._take(at, question.reply)
                    good += 1
                except BusError:  # nobody there: the other requests would only wait too
                    self._silent += 1
                    raise
                except DeviceFault as error:
                    self.bad += 1
                    refused = error
                    self._take(at, None)
                at += _HEAD + plan[at + _FIELDS] * _WIDTH
            if not good:
                raise refused
            yield self._quality()

    def _take(self, at, reply):
        """The values of the reply to the request at `at` of the plan; None each without one."""
        plan, out, first = self._plan, self._out, at + _HEAD
        for field in range(first, first + plan[at + _FIELDS] * _WIDTH, _WIDTH):
            _, none, value = _kinds[plan[field + _KIND]]
            add = None if plan[field + _ADD] == _FLOAT else plan[field + _ADD]
            out[plan[field + _K]] = reply and value.scaled(
                reply, 2 + plan[field + _AT], plan[field + _MUL], plan[field + _DIV], add, none
            )

    async def _settle(self):
        """Have the device hold its settings. Values measured with wrong ones are none: DeviceFault."""
        from pole.drivers import modbus_settings

        if not self._unsettled:
            self._unsettled = True
            self.writes = _AGAIN + len(self.settings)
        try:
            await modbus_settings.settle(self)
        except BusError:
            self._silent += 1
            raise
        finally:
            seldom.forget(modbus_settings)
        self._unsettled = False

    def _quality(self):
        if self._silent >= _GONE:
            self._powered = clock.ticks_ms()
            self._warming = self._warm_up_ms > 0
        self._silent = 0
        if self._warming and clock.ticks_diff(clock.ticks_ms(), self._powered) >= self._warm_up_ms:
            self._warming = False  # said once: ticks wrap, and must not say it again
        return WARMING if self._warming else GOOD
