"""Modbus relay board: coils 0 to 7, as Waveshare's Modbus RTU Relay and its many likes have them.

Source: Waveshare's protocol page (FC01, FC05; its example frames are unconfirmed on a board). Such a board keeps its
relays when nobody speaks to it any more: what it does is read each second, what it should do is written when it differs,
and at the start nothing is switched.
---
title_zh = "Modbus 继电器板（微雪等）"
bus = "modbus"
baud = 9600
capability = "io"
points = ["output_1", "output_1_actual", "output_2", "output_2_actual", "output_3", "output_3_actual",
  "output_4", "output_4_actual", "output_5", "output_5_actual", "output_6", "output_6_actual",
  "output_7", "output_7_actual", "output_8", "output_8_actual"]
points_option = "channels"
asks = [[1, 0, 8]]
datasheet = "Waveshare Modbus RTU Relay, protocol"
wiring = "A and B of the RS-485 line, 7-36 V; the address is changed by its maker's tool"
wiring_zh = "接 RS-485 的 A、B，供电 7-36 V；地址用厂家工具修改"

[points_of]
"1" = ["output_1", "output_1_actual"]
"2" = ["output_1", "output_1_actual", "output_2", "output_2_actual"]
"4" = ["output_1", "output_1_actual", "output_2", "output_2_actual", "output_3", "output_3_actual",
  "output_4", "output_4_actual"]
"8" = ["output_1", "output_1_actual", "output_2", "output_2_actual", "output_3", "output_3_actual",
  "output_4", "output_4_actual", "output_5", "output_5_actual", "output_6", "output_6_actual",
  "output_7", "output_7_actual", "output_8", "output_8_actual"]

[options.channels]
type = "enum"
default = "8"
values = ["1", "2", "4", "8"]
en = "Relays on the board"
zh = "继电器路数"

[options.address]
type = "int"
default = 1
low = 1
high = 247
en = "Slave address"
zh = "从站地址"
"""

from pole.again import Reading
from pole.codec import modbus
from pole.errors import BAD_FRAME, BusError, DeviceFault
from pole.quality import GOOD

_TRIES = 3


class Driver(Reading):
    """`switched`: commands sent. A relay that does not follow three times is a fault of the board."""

    period_ms = 1000

    def __init__(self, bus, options):
        self._bus = bus
        self._address = options.get("address", 1)
        self._count = int(options.get("channels", "8"))
        self._question = bus.question(self._address, bytearray(5))
        self._wanted = -1  # bits; -1: as it is
        self._refused = 0
        self.switched = 0

    async def rounds(self):
        question, pdu = self._question, bytearray(5)
        n = modbus.put_read(pdu, modbus.READ_COILS, 0, self._count)
        while True:
            await question.ask(pdu, n)
            if question.got != 3:
                raise DeviceFault(BAD_FRAME, "coils")
            actual = question.reply[2] & (1 << self._count) - 1
            if self._wanted < 0:
                self._wanted = actual
            out = self._out
            for k in range(self._count):
                out[2 * k] = self._wanted >> k & 1
                out[2 * k + 1] = actual >> k & 1
            self._refused = self._refused + 1 if actual != self._wanted else 0
            for k in range(self._count):
                if (actual ^ self._wanted) >> k & 1:
                    await self._switch(k)
            if self._refused >= _TRIES:
                raise DeviceFault(BAD_FRAME, "a relay does not follow")
            yield GOOD

    def write(self, k, raw):
        """Sent at once, beside the readings; BusError while nobody knows what the others do."""
        if self._wanted < 0:
            raise BusError()
        bit = 1 << k // 2
        self._wanted = self._wanted | bit if raw else self._wanted & ~bit
        return self._switch(k // 2)

    async def _switch(self, k):
        pdu, reply = bytearray(5), bytearray(5)  # a reading may be under way
        n = modbus.put_write_coil(pdu, k, self._wanted >> k & 1)
        await self._bus.exchange(self._address, pdu, n, reply)
        self.switched += 1
