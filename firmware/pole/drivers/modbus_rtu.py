"""Modbus RTU master: many slaves on one RS-485 line, and a dead one does not stall it.

Source: MODBUS over Serial Line V1.02. Not a peripheral but what peripherals of bus kind `modbus` share.

A reply counts only with its CRC, from the slave and to the function that were asked, of the length that was
asked for. What else is on the line is skipped: glitches of the driver-enable pin, another slave's late reply.
---
title_zh = "Modbus RTU 主站"
bus = "rs485"
baud = 9600
parity = "N"
stop = 1
points = []
tool = "modbus"
wiring = "A and B of all slaves in one line, no star; 120 ohm at both ends; one ground"
wiring_zh = "所有从站的 A、B 线首尾相接，不用星形；两端各接 120 欧；共地"

[options.timeout_ms]
type = "int"
default = 300
low = 20
high = 10000
unit = "ms"
en = "Wait for the first byte of a reply"
zh = "等待应答首字节的时间"

[options.retries]
type = "int"
default = 1
low = 0
high = 5
en = "Tries after the first, for a slave that answered last time"
zh = "失败后的重试次数（仅对上次应答正常的从站）"

[options.late_ms]
type = "int"
default = 300
low = 0
high = 10000
unit = "ms"
en = "After a time-out a slave is not asked again for so long: its late reply must not answer the next question"
zh = "超时后在该时间内不再询问同一从站，避免迟到的应答被误认"

[options.pause_ms]
type = "int"
default = 0
low = 0
high = 1000
unit = "ms"
en = "Silence between frames, when a slave needs more than 3.5 characters"
zh = "帧间静默时间，从站要求超过 3.5 个字符时设置"

[options.gap_ms]
type = "int"
default = 30
low = 2
high = 500
unit = "ms"
en = "Silence that ends a frame of unknown or broken length"
zh = "判定帧结束的静默时间（长度未知或帧不完整时）"

[options.echo]
type = "bool"
default = false
en = "The transceiver sends back what we send"
zh = "收发器会回送本机发出的数据"
"""

from pole import clock
from pole.again import Again
from pole.codec import modbus
from pole.errors import (
    BAD_CHECKSUM,
    BAD_FRAME,
    DEVICE_EXCEPTION,
    ISOLATED,
    NO_ANSWER,
    SHORT_FRAME,
    BusError,
    DeviceFault,
    PoleError,
)
from pole.protocol.slave_health import WELL, SlaveHealth

_BROADCAST = 0
_BROADCAST_MS = 100  # V1.02, 2.4.1: turnaround 100 to 200 ms
_QUESTION = 8  # bytes of what most slaves are asked; who asks more makes the buffer longer, for good
_AT_ONCE = 64  # bytes that every line takes in one piece
_BABBLE = 40  # reads that may not end in silence
_NEXT_MS = 2  # whose turn is next looks so often, who comes behind
_LATER_MS = 20


class Question(Again):
    """What one asks of one slave, again and again. `got`: the length of its reply PDU, which lies in `reply`.

    address: 1 to 247, or 0 for all: nobody answers then, and `got` is 0. reply: a buffer as long as the longest answer.
    stranger: a gateway's client asks: once, and a slave that the pole itself polls is not isolated for not answering it.
    """

    def __init__(self, bus, address, reply, stranger=False):
        self._bus = bus
        self._slave = slave = bus.health.slave(address)
        slave.polled = slave.polled or not stranger
        self._stranger = stranger
        self.address = address
        self.reply = reply
        self.pdu = reply
        self.n = self.got = 0

    def ask(self, pdu, n):
        """Await it: pdu[:n] has been asked, and answered.

        BusError: no answer, isolated, or busy (exceptions 05 and 06). DeviceFault: an answer that cannot be read, or an
        exception; `detail` is its code.
        """
        self.pdu = pdu
        self.n = n
        return self

    async def rounds(self):
        bus, slave, queue = self._bus, self._slave, self._bus.queue
        while True:
            tries = bus.admit(self.address, self._stranger)
            failures = slave.failures
            while tries:
                tries -= 1
                if slave.late:
                    await clock.sleep_ms(bus.owed_ms(slave))
                    slave.late = False
                queue.append(self)  # first come, first served: no slave is asked twice while another waits
                try:
                    while queue[0] is not self:
                        await clock.sleep_ms(_NEXT_MS if queue[1] is self else _LATER_MS)
                    await bus.once(self)
                    self.got = bus.read(self)
                    break
                except PoleError as error:
                    if self._stranger and slave.polled and slave.failures > failures:
                        slave.failures = failures
                    if error.code == DEVICE_EXCEPTION or not tries:
                        raise
                finally:
                    queue.remove(self)
            yield True


class Bus(Again):
    """`line`: a bus of kind rs485 or uart. Counters: `sent`, `timeouts`, `bad` frames, `strays` (bytes).

    `queue`: who waits for the line; to the first it belongs.
    """

    def __init__(self, line, options):
        self.line = line
        self.timeout_ms = options.get("timeout_ms", 300)
        self.retries = options.get("retries", 1)
        self.late_ms = options.get("late_ms", 300)
        self.gap_ms = options.get("gap_ms", 30)
        self.echo = options.get("echo", False)
        # 3.5 characters, from 19200 Bd on 1.75 ms (V1.02, 2.5.1.1); a whole millisecond is not waited in full.
        silence_us = max(1750, line.char_us * 7 // 2) if line.baud < 19200 else 1750
        self.pause_ms = max(options.get("pause_ms", 0), silence_us // 1000 + 2)
        self._longest_ms = modbus.MOST_RTU * line.char_us // 1000 + self.gap_ms
        self.health = SlaveHealth(clock.ticks_diff, clock.ticks_add)
        self.queue = []
        self._tx = self._frame = memoryview(bytearray(_QUESTION))
        self._rx = memoryview(bytearray(modbus.MOST_RTU + 64))  # room for what may stand before a longest frame
        self._babble = 0
        self.heard = clock.ticks_ms()  # the last byte on the line, either way
        self.sent = 0
        self.timeouts = 0
        self.bad = 0
        self.strays = 0

    async def exchange(self, address, pdu, n, reply, stranger=False):
        """Ask once, as a Question does: the length of the reply."""
        question = self.question(address, reply, stranger)
        await question.ask(pdu, n)
        return question.got

    def question(self, address, reply, stranger=False):
        return Question(self, address, reply, stranger)

    # What a Question needs

    def admit(self, address, stranger):
        """How often it may be asked. BusError: it is isolated."""
        tries = 1 + (self.retries if self.health.state(address) == WELL and not stranger else 0)
        if not self.health.admit(address, clock.ticks_ms(), self.timeout_ms + self.pause_ms):
            raise BusError(ISOLATED, address)
        return tries

    def owed_ms(self, slave):
        """How long to leave alone a slave that owes a reply, until that cannot come any more; others use the line."""
        return max(0, min(clock.ticks_diff(slave.late_until, clock.ticks_ms()), self.timeout_ms + self.late_ms))

    def once(self, question):
        """Await it: its frame out, and the reply in, from `_start` to `_end` of the receive buffer."""
        self._asks = question
        return self

    def read(self, question):
        """Copy the reply's PDU for it: the length. An exception is raised."""
        if question.address == _BROADCAST:
            return 0
        self.health.answered(question.address)
        rx, start, n = self._rx, self._start, self._end - self._start
        if rx[start] & 0x80:
            code = rx[start + 1]
            kind = BusError if code in (modbus.ACKNOWLEDGE, modbus.BUSY) else DeviceFault
            raise kind(DEVICE_EXCEPTION, code)
        for k in range(n):
            question.reply[k] = rx[start + k]
        return n

    async def rounds(self):
        line = self.line
        while True:
            self._put()
            wait = self.noise_ms()
            while wait:
                await clock.sleep_ms(wait)
                wait = self.noise_ms()
            slave = self.health.slave(self._asks.address)
            slave.late_until = clock.ticks_add(clock.ticks_ms(), self.timeout_ms + self.late_ms)
            slave.late = True
            if len(self._frame) > _AT_ONCE:
                await line.send(self._frame)
            else:
                try:
                    await clock.sleep_ms(line.begin(self._frame))
                finally:
                    line.end()
            self.sent += 1
            self.heard = self._begun = clock.ticks_ms()
            wait = self._hear() if self._asks.address else 0
            while wait:
                await clock.sleep_ms(wait)
                wait = self._hear()
            slave.late = False
            if self._asks.address == _BROADCAST:
                await clock.sleep_ms(_BROADCAST_MS)
            yield True

    def _put(self):
        question, n = self._asks, self._asks.n
        if n + 3 > len(self._tx):
            self._tx = memoryview(bytearray(n + 3))
        self._tx[0] = question.address
        for k in range(n):
            self._tx[k + 1] = question.pdu[k]
        length = modbus.seal(self._tx, n + 1)
        if len(self._frame) != length:  # most are of one length
            self._frame = self._tx[:length]
        self._expected = modbus.reply_length(question.pdu, n)
        self._echo = length if self.echo else 0
        self._have = 0

    def noise_ms(self):
        """How long, as far as one can tell, until the line has been silent for 3.5 characters; 0 when it has.

        What comes meanwhile is nobody's. BusError: it does not end.
        """
        n, now = self.line.take(self._rx), clock.ticks_ms()
        if n:
            self.strays += n
            self.heard = now
            self._babble += 1
        left = min(self.pause_ms - clock.ticks_diff(now, self.heard), self.pause_ms)
        if left > 0 and self._babble < _BABBLE:
            return left
        babble, self._babble = self._babble, 0
        if babble == _BABBLE:
            self.bad += 1
            raise BusError(BAD_FRAME, "line is never silent")
        return 0

    def _hear(self):
        """Milliseconds until it wants to look again; 0: the reply is there. BusError, DeviceFault: it will not come."""
        have = self._have
        got, now = self.line.take(self._rx[have:] if have else self._rx), clock.ticks_ms()
        if got:
            self.heard = now
            self._have = have + got
            if self._is_reply():
                return 0
        silent = clock.ticks_diff(now, self.heard)
        if self._have and silent >= self.gap_ms or self._have == len(self._rx):
            self._judge()  # what was no reply: it may still come
        left = self.timeout_ms - clock.ticks_diff(now, self._begun)
        if left <= 0 and not self._have or left < -self._longest_ms:
            self._failed(NO_ANSWER)
        return min(self.line.poll_ms, max(1, self.gap_ms - silent) if self._have else left)

    def _is_reply(self):
        """Whether the reply is in what there is, behind our own frame where the line gives that back."""
        if self._echo:
            if self._have < self._echo:
                return False
            self._cut_echo()
        address, pdu, rx = self._asks.address, self._asks.pdu, self._rx
        at = modbus.find_reply(rx, self._have, address, pdu, self._expected)
        if at >= 0:
            self._start, self._end = at + 1, modbus.reply_end(rx, at, self._have, self._expected) - 2
        return at >= 0

    def _cut_echo(self):
        """Take our own frame off the front; if it came back changed, two were talking."""
        echo, rx = self._echo, self._rx
        if rx[:echo] != self._frame:
            self.bad += 1
        self._have -= echo
        self._echo = 0
        for k in range(self._have):
            rx[k] = rx[k + echo]

    def _judge(self):
        """What the bytes were: a broken reply of this slave (DeviceFault), or nothing of its."""
        have, self._have = self._have, 0
        if have < 2 or self._rx[0] != self._asks.address or self._rx[1] & 0x7F != self._asks.pdu[0]:
            self.strays += have
            return
        self.bad += 1
        self._failed(SHORT_FRAME if self._expected and have < self._expected + 3 else BAD_CHECKSUM)

    def _failed(self, fault):
        address = self._asks.address
        self.health.failed(address, clock.ticks_ms())
        if fault == NO_ANSWER:
            self.timeouts += 1
            raise BusError(NO_ANSWER, address)
        self.health.slave(address).late = False  # it has answered, such as it was
        raise DeviceFault(fault, address)
