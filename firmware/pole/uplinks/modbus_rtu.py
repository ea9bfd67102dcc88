"""Modbus RTU server on RS-485: the points of the pole as registers, for a SCADA or PLC that asks by wire.

Source: MODBUS over Serial Line V1.02, 2.4 (addresses, states) and 2.5.1 (frames). The same registers as by Modbus TCP:
protocol/register_image.py. What is not whole, not sealed by its CRC, or not for this address is never answered.
---
title_zh = "Modbus RTU 从站（服务器）"
bus = "rs485"
baud = 9600
parity = "N"
stop = 1
points = []
wiring = "A and B in one line with the other stations, no star; 120 ohm at both ends; one ground"
wiring_zh = "A、B 与其他站首尾相接，不用星形；两端各接 120 欧；共地"

[options.address]
type = "int"
default = 1
low = 1
high = 247
en = "This pole's address on the line"
zh = "本杆在总线上的地址"

[options.role]
type = "enum"
default = "reader"
values = ["reader", "writer"]
en = "What the line's master may do: read only, or write too"
zh = "总线主站的权限：只读（reader）或可写（writer）"

[options.word_order]
type = "enum"
default = "abcd"
values = ["abcd", "cdab"]
en = "Order of the two words of a pair: abcd is high word first"
zh = "双字寄存器的字序：abcd 为高字在前"

[options.echo]
type = "bool"
default = false
en = "The transceiver sends back what we send"
zh = "收发器会回送本机发出的数据"

[options.blocks]
type = "list"
default = []
en = "First and last id of every block of the pole's capabilities; filled in when the pole file is compiled"
zh = "各能力编号块的首末编号，编译时自动填入"
"""

import asyncio

from pole import clock
from pole.codec import crc, modbus
from pole.protocol.modbus_server import pole_server, request_length

_LOOK_MS = 1000
_DIAGNOSTICS = 8
_EVENT_COUNTER = 11
_PIECES = 130  # characters: a chip hands over what came when its FIFO is that full (ESP32: 120), or when there is silence


class Uplink:
    """Counters: `heard` good frames for whomever, `bad` ones, `ours` (broadcasts too), `unanswered` broadcasts."""

    def __init__(self, pole, options):
        self.pole = pole
        self.bus = options["bus"]
        self.address = options.get("address", 1)
        self.writer = options.get("role") == "writer"
        self.echo = options.get("echo", False)
        self.server = pole_server(pole, options)
        self.line = None
        self._rx = bytearray(modbus.MOST_RTU)
        self._piece = bytearray(64)
        self._tx = bytearray(modbus.MOST_RTU + 1)
        self._reply = memoryview(self._tx)  # of the last length: a SCADA asks the same again and again
        self._have = 0
        self._check = 0xFFFF
        self._task = None
        self.heard = 0
        self.bad = 0
        self.ours = 0
        self.unanswered = 0

    def open(self):
        """Take the line; from then on the times of its speed hold."""
        line = self.line = self.pole.bus(self.bus)
        # 3.5 characters, from 19200 Bd on 1.75 ms (2.5.1.1); a whole millisecond is not waited in full.
        self.silence_ms = (max(1750, line.char_us * 7 // 2) if line.baud < 19200 else 1750) // 1000 + 2
        self.gap_ms = max(2 * self.silence_ms, min(200, _PIECES * line.char_us // 1000))
        self._echo_ms = self.silence_ms + 12 * line.char_us // 1000

    async def run(self, beat):
        """Serve for ever."""
        if self.line is None:
            self.open()
        self._task = asyncio.create_task(self._serve())
        try:
            while not self._task.done():
                beat()
                await clock.sleep_ms(_LOOK_MS)
                self._publish()
            await self._task
        finally:
            self.close()

    def close(self):
        if self._task:
            self._task.cancel()
            self._task = None

    def _publish(self):
        counters = self.pole.counters
        counters["modbus_rtu.requests"] = self.ours
        counters["modbus_rtu.refused"] = self.server.refused
        counters["modbus_rtu.heard"] = self.heard
        counters["modbus_rtu.bad"] = self.bad

    async def _serve(self):
        """Frame after frame. It waits here only, so a request makes no generator."""
        line = self.line
        while True:
            await line.ready
            left = self._hear()
            while left > 0:
                await clock.sleep_ms(self.silence_ms)
                more = self._hear()
                if more >= 0:
                    left = more
                    continue
                at = self._place()  # silence: it ends a frame, and shows that one is broken
                if at < 0:
                    left -= self.silence_ms
                    continue
                left = 0
                reply = self._answer(at, self._have)
                if reply:
                    try:
                        await clock.sleep_ms(line.begin(reply))
                    finally:
                        line.end()
                    if self.echo:
                        await clock.sleep_ms(self._echo_ms)
                        self._hear()
                self._have = 0
            self.bad += self._have > 0
            self._have = 0
            self._check = 0xFFFF

    def _hear(self):
        """Take what has come. -1: nothing; else how long to wait for silence: 0 if it is nobody's here."""
        rx, piece, have = self._rx, self._piece, self._have
        n = self.line.take(piece)
        if not n:
            return -1
        while n:
            if have + n > len(rx):  # no frame is that long; what comes last may be one
                have, self._check = 0, 0xFFFF
            for k in range(n):
                rx[have + k] = piece[k]
            self._check = crc.modbus(rx, have, have + n, self._check)
            have += n
            n = self.line.take(piece)
        self._have = have
        if have < 4 or self._check:
            return self.gap_ms
        if rx[0] == self.address or rx[0] == 0:
            return 1
        self.heard += 1  # between others
        self._have = 0
        return 0

    def _place(self):
        """Where the request in the buffer begins that ends there; -1 if there is none, or not all of it.

        It may stand behind a glitch, as drivers that switch make them; not one to all, for zeros are common.
        """
        rx, have = self._rx, self._have
        if have >= 4 and self._check == 0:
            return 0
        for at in range(1, have - 3):
            if rx[at] == self.address and request_length(rx, at + 1, have - 2) == have - at - 3:
                if modbus.sealed(rx, at, have):
                    self.bad += 1
                    return at
        return -1

    def _answer(self, at, end):
        """The reply frame to the request at rx[at:end]; None to all at once (address 0)."""
        rx, tx = self._rx, self._tx
        self.heard += 1
        self.ours += 1
        function = rx[at + 1]
        n = 0
        if function == _DIAGNOSTICS or function == _EVENT_COUNTER:
            from pole.protocol import modbus_diagnostics  # few masters ask

            n = modbus_diagnostics.answer(self, rx, at + 1, end - at - 3, tx, 1)
        n = n or self.server.answer(rx, at + 1, end - at - 3, tx, 1, self.writer)
        if rx[at] == 0:
            self.unanswered += 1
            return None
        tx[0] = self.address
        n = modbus.seal(tx, n + 1)
        if len(self._reply) != n:
            self._reply = memoryview(tx)[:n]
        return self._reply
