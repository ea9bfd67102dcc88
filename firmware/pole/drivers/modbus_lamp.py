"""A lamp behind a Modbus dimmer: one register a channel. The dimmers are data, files of firmware/lamps.

The level is written when it changes and read back in every round: a dimmer that lost its power, or that somebody else
set, gets it again. A dimmer with a fade register fades by itself.
---
title_zh = "Modbus 调光路灯"
bus = "modbus"
baud = 9600
capability = "lamp"
points = ["level_actual", "on"]
models = "lamps"
wiring = "RS-485 A/B to the dimmer; its output to the lamp or to the dim input of the lamp's driver"
wiring_zh = "RS-485 A/B 接调光器；其输出接灯或灯驱动的调光输入"

[options.model]
type = "str"
required = true
en = "The dimmer: a file of firmware/lamps, without .toml"
zh = "调光器型号：firmware/lamps 中的文件名，不带 .toml"

[options.address]
type = "int"
default = 1
low = 1
high = 247
en = "Slave address"
zh = "从站地址"

[options.channel]
type = "int"
default = 1
low = 1
high = 64
en = "Channel of the dimmer, from 1"
zh = "调光器通道，从 1 起"

[options.register]
type = "int"
low = 0
high = 65535
en = "Register of channel 1; else the model's"
zh = "第 1 通道的寄存器；不写则按型号"

[options.full]
type = "int"
low = 1
high = 65535
en = "Value of full light; else the model's"
zh = "满亮度对应的数值；不写则按型号"

[options.curve]
type = "enum"
values = ["linear", "log"]
en = "How the dimmer turns values into light; else the model's"
zh = "数值与光输出的关系；不写则按型号"

[options.power_on_level]
type = "float"
default = 100.0
low = 0
high = 100
unit = "%"
en = "Level from the first moment, until somebody wants another"
zh = "上电亮度，直到收到其他指令"

[options.minimum_level]
type = "float"
default = 1.0
low = 0
high = 100
unit = "%"
en = "Lowest level above off that the lamp can hold without flicker"
zh = "不闪烁的最低亮度"

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
high = 600
unit = "s"
en = "Time of a change of level, where the dimmer can fade"
zh = "渐变时间（调光器支持时有效）"
"""

from pole import clock
from pole.again import Reading
from pole.codec import modbus
from pole.errors import BAD_VALUE, DeviceFault
from pole.protocol import dimming, lamp_order
from pole.quality import GOOD

_TRIES = 3  # rounds in which it does not do as told


class Driver(Reading):
    """`level` is what the dimmer said last. `fade(level, ms)` wants another; the next round sends it."""

    period_ms = 500

    def __init__(self, bus, options):
        self._register = options["register"] + options["channel"] - 1
        self._full = options["full"]
        self._log = options.get("curve") == "log"
        self._fade = options.get("fade")  # [register, ms a unit, least, most]
        self._fade_units = -1  # as the dimmer has it
        self.lowest, self.highest, self.power_on, self.fade_ms = lamp_order.settings(options, 1)
        self.level = self.power_on
        self.wanted = self.power_on
        self._units = 0
        self._refused = 0
        self._until = clock.ticks_ms()  # the end of a fade under way
        self._pdu = bytearray(5)
        self._question = bus.question(options["address"], bytearray(8))

    def set(self, level):
        self.fade(level, 0)

    def fade(self, level, ms):
        self.wanted = level
        self._refused = 0
        if self._fade:
            register, unit, least, most = self._fade
            self._units = min(max(ms // unit, least), most)
            self._until = clock.ticks_add(clock.ticks_ms(), self._units * unit)

    def _value(self, level):
        """What the register holds for a level."""
        if not level:
            return 0
        if self._log:
            return max(1, int(dimming.arc(level) * self._full / 254 + 0.5))
        return max(1, (level * self._full + 500) // 1000)

    def _level(self, value):
        if value == self._value(self.wanted):  # a step of the register is wider than a tenth of a per cent
            return self.wanted
        if not self._log or not value:
            return min(1000, (value * 1000 + self._full // 2) // self._full)
        return min(1000, int(dimming.light(max(1, value * 254 / self._full)) + 0.5))

    def _ask(self, function, register, word):
        """Await it."""
        return self._question.ask(self._pdu, modbus.put_read(self._pdu, function, register, word))

    async def rounds(self):
        reply = self._question.reply
        while True:
            await self._ask(modbus.READ_HOLDING_REGISTERS, self._register, 1)
            value = modbus.word(reply, 2)
            if value == self._value(self.wanted):
                self._refused = 0
            elif not self._refused or clock.ticks_diff(self._until, clock.ticks_ms()) <= 0:
                value = await self._send()  # new, or the fade is over and it is not there
            self.level = self._level(value)
            self._out[0] = self.level
            self._out[1] = 1 if value else 0
            yield GOOD

    async def _send(self):
        """Write the wanted level; the value that counts. DeviceFault when it was written often and in vain."""
        self._refused += 1
        if self._fade and self._units != self._fade_units:
            await self._ask(modbus.WRITE_REGISTER, self._fade[0], self._units)
            self._fade_units = self._units
        value = self._value(self.wanted)
        await self._ask(modbus.WRITE_REGISTER, self._register, value)
        if self._refused > _TRIES:
            raise DeviceFault(BAD_VALUE, "does not follow")
        return value
