"""DALI line behind a Lunatone DALI SCI interface (RS-232, 38400 baud), which keeps the times of the wires itself.

Source: Lunatone, "DALI SCI RS232" manual (22176438-HS), as far as python-dali 0.16 (dali/driver/serial.py) uses it:
five bytes each way, the last the exclusive or of the first four. Down: control, high, middle, low; control is
monitor 0x80, identify 0x40, echo 0x20, twice 0x10 and the kind of frame (3: 16 bits, 8: 24 bits). Up: interface
number in the upper, kind in the lower half of the first byte: 0 done, 1 no answer, 2 an answer in `low`, 3 and 8
frames of others or our own, 7 an error in `low`.
+ Unconfirmed on the manual: that error 3 (receive error) stands for answers that collide, and the order of 0 and 2.
---
title_zh = "DALI 总线（Lunatone SCI 串口）"
bus = "uart"
baud = 38400
points = []
tool = "dali"
wiring = "RS-232 level converter between board and interface: TX -> RX, RX <- TX, GND; the interface hangs on DALI"
wiring_zh = "板与接口之间加 RS-232 电平转换：TX 接 RX，RX 接 TX，共地；接口另一侧接 DALI 两线"

[options.timeout_ms]
type = "int"
default = 150
low = 50
high = 2000
unit = "ms"
en = "Wait for the interface: a frame twice and its answer take 100 ms"
zh = "等待接口应答的时间（双发帧及应答约需 100 ms）"
"""

from pole import clock
from pole.codec import dali
from pole.drivers import dali_bus
from pole.errors import BAD_CHECKSUM, NO_ANSWER, BusError, DeviceFault

_DONE = 0
_NO_ANSWER = 1
_ANSWER = 2
_FRAME_16 = 3
_ERROR = 7
_FRAME_24 = 8
_CONTROL = 0xA0  # monitor and echo, as the peer that is known to work sets them
_SHORT = 2  # error: the wires are short-circuited
_RECEIVE = 3
_COLLISION = 5
_ANSWER_MS = 30  # after the frame is out


class Line:
    """`uart`: a bus of kind uart. What is not whole or has a wrong sum is skipped."""

    def __init__(self, uart, options):
        self._uart = uart
        self._timeout_ms = options.get("timeout_ms", 150)
        self._tx = bytearray(5)
        self._rx = bytearray(5)
        self._view = memoryview(self._rx)
        self._have = 0

    async def exchange(self, frame, bits, twice, answer):
        tx = self._tx
        if bits == 24:
            tx[0] = _CONTROL | _FRAME_24
            tx[1], tx[2], tx[3] = frame >> 16, frame >> 8 & 0xFF, frame & 0xFF
        else:
            tx[0] = _CONTROL | _FRAME_16
            tx[1], tx[2], tx[3] = frame >> 8, frame & 0xFF, 0
        if twice:
            tx[0] |= 0x10
        tx[4] = _sum(tx)
        await self._drain()
        await self._uart.send(tx)
        return await self._hear(answer)

    async def _drain(self):
        """What still came for the question before is nobody's."""
        self._have = 0
        for _ in range(8):
            if not await self._uart.readinto(self._view, 0):
                return

    async def _hear(self, answer):
        end = clock.ticks_add(clock.ticks_ms(), self._timeout_ms)
        done = False
        while True:
            left = clock.ticks_diff(end, clock.ticks_ms())
            if left <= 0 or not await self._message(left):
                if done:
                    return dali.NO
                raise BusError(NO_ANSWER, "interface")
            kind, low = self._rx[0] & 0x0F, self._rx[3]
            self._have = 0
            if kind == _ANSWER:
                if answer:
                    return low
            elif kind == _ERROR:
                return self._error(low)
            elif kind == _NO_ANSWER:
                return dali.NO
            elif kind == _DONE:
                if not answer:
                    return dali.NO
                done = True
                end = clock.ticks_add(clock.ticks_ms(), _ANSWER_MS)

    def _error(self, code):
        if code == _RECEIVE or code == _COLLISION:
            return dali.MIXED
        if code == _SHORT:
            raise BusError(NO_ANSWER, "short circuit")
        raise DeviceFault(BAD_CHECKSUM, code)

    async def _message(self, timeout_ms):
        """The next good message into the buffer; False when none came."""
        end = clock.ticks_add(clock.ticks_ms(), timeout_ms)
        while True:
            left = clock.ticks_diff(end, clock.ticks_ms())
            n = await self._uart.readinto(self._view[self._have :], left) if left > 0 else 0
            if not n:
                return False
            self._have += n
            if self._have == 5:
                if self._rx[4] == _sum(self._rx):
                    return True
                self._have = 4  # out of step: drop one byte
                for k in range(4):
                    self._rx[k] = self._rx[k + 1]


def _sum(data):
    return data[0] ^ data[1] ^ data[2] ^ data[3]


class Bus(dali_bus.Bus):
    """As every DALI line; `line` is the serial line to the interface."""

    def __init__(self, line, options):
        super().__init__(Line(line, options), options)
