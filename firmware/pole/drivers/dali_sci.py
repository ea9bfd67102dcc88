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
from pole.again import Again
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


class Line(Again):
    """`uart`: a bus of kind uart. What is not whole or has a wrong sum is skipped."""

    def __init__(self, uart, options):
        self._uart = uart
        self._timeout_ms = options.get("timeout_ms", 150)
        self._tx = bytearray(5)
        self._rx = bytearray(5)
        self._byte = bytearray(1)

    def exchange(self, frame, bits, twice, answer):
        """Await it; `told` is then a byte, dali.NO or dali.MIXED. BusError: no interface, or a short circuit."""
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
        self._asks = answer
        return self

    async def rounds(self):
        uart = self._uart
        while True:
            for _ in range(8):
                if not uart.take(self._rx):
                    break  # what still came for the question before is nobody's
            try:
                await clock.sleep_ms(uart.begin(self._tx))
            finally:
                uart.end()
            self._have = 0
            self._done = False
            self._until = clock.ticks_add(clock.ticks_ms(), self._timeout_ms)
            told = self._heard()
            while told is None:
                await clock.sleep_ms(uart.poll_ms)
                told = self._heard()
            self.told = told
            yield True

    def _heard(self):
        """What the messages that have come say; None: nothing yet."""
        while self._message():
            told = self._meaning()
            if told is not None:
                return told
        if clock.ticks_diff(self._until, clock.ticks_ms()) > 0:
            return None
        if self._done:
            return dali.NO
        raise BusError(NO_ANSWER, "interface")

    def _message(self):
        """Whether another good message has come into the buffer."""
        rx = self._rx
        while self._uart.take(self._byte):
            rx[self._have] = self._byte[0]
            self._have += 1
            if self._have == 5:
                if rx[4] == _sum(rx):
                    self._have = 0
                    return True
                self._have = 4  # out of step: drop one byte
                for k in range(4):
                    rx[k] = rx[k + 1]
        return False

    def _meaning(self):
        kind, low = self._rx[0] & 0x0F, self._rx[3]
        if kind == _ANSWER and self._asks:
            return low
        if kind == _ERROR:
            return self._error(low)
        if kind == _NO_ANSWER or kind == _DONE and not self._asks:
            return dali.NO
        if kind == _DONE:
            self._done = True
            self._until = clock.ticks_add(clock.ticks_ms(), _ANSWER_MS)

    def _error(self, code):
        if code == _RECEIVE or code == _COLLISION:
            return dali.MIXED
        if code == _SHORT:
            raise BusError(NO_ANSWER, "short circuit")
        raise DeviceFault(BAD_CHECKSUM, code)


def _sum(data):
    return data[0] ^ data[1] ^ data[2] ^ data[3]


class Bus(dali_bus.Bus):
    """As every DALI line; `line` is the serial line to the interface."""

    def __init__(self, line, options):
        super().__init__(Line(line, options), options)
