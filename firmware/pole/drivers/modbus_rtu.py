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

import asyncio

from pole import clock
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
_BABBLE = 40  # reads that may not end in silence


class Bus:
    """`line`: a bus of kind rs485 or uart. Counters: `sent`, `timeouts`, `bad` frames, `strays` (bytes)."""

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
        self.turn = asyncio.Lock()  # first come, first served: no slave is asked twice while another waits
        self._tx = memoryview(bytearray(_QUESTION))
        self._rx = memoryview(bytearray(modbus.MOST_RTU + 64))  # room for what may stand before a longest frame
        self.heard = clock.ticks_ms()  # the last byte on the line, either way
        self.sent = 0
        self.timeouts = 0
        self.bad = 0
        self.strays = 0

    async def exchange(self, address, pdu, n, reply, stranger=False):
        """Ask `address` with pdu[:n]; its reply PDU is laid into `reply`, the length comes back.

        address: 1 to 247, or 0 for all (nobody answers: 0 comes back). reply: a buffer as long as the answer.
        BusError: no answer, isolated, or busy (exceptions 05 and 06). DeviceFault: an answer that cannot be
        read, or an exception; `detail` is its code. stranger: a gateway's client asks: once, and a slave that the
        pole itself polls is not isolated for not answering it.
        """
        now = clock.ticks_ms()
        tries = 1 + (self.retries if self.health.state(address) == WELL and not stranger else 0)
        slave = self.health.slave(address)
        failures = slave.failures
        slave.polled = slave.polled or not stranger
        if not self.health.admit(address, now, self.timeout_ms + self.pause_ms):
            raise BusError(ISOLATED, address)
        while True:
            await self._settle(slave)
            tries -= 1
            await self.turn.acquire()
            try:
                return self._read(await self._once(address, pdu, n), address, reply)
            except PoleError as error:
                if stranger and slave.polled and slave.failures > failures:
                    slave.failures = failures
                if error.code == DEVICE_EXCEPTION or tries == 0:
                    raise
            finally:
                self.turn.release()

    async def _settle(self, slave):
        """A slave that owes a reply is left alone until that cannot come any more; others use the line meanwhile."""
        if slave.late:
            left = clock.ticks_diff(slave.late_until, clock.ticks_ms())
            if 0 < left <= self.timeout_ms + self.late_ms:
                await clock.sleep_ms(left)
            slave.late = False

    async def _once(self, address, pdu, n):
        """One question; (start, end) of the reply's PDU in the receive buffer as one int: start << 16 | end."""
        if n + 3 > len(self._tx):
            self._tx = memoryview(bytearray(n + 3))
        self._tx[0] = address
        for k in range(n):
            self._tx[k + 1] = pdu[k]
        length = modbus.seal(self._tx, n + 1)
        await self.silence()
        slave = self.health.slave(address)
        slave.late_until = clock.ticks_add(clock.ticks_ms(), self.timeout_ms + self.late_ms)
        slave.late = True
        await self.line.send(self._tx[:length])
        self.sent += 1
        self.heard = clock.ticks_ms()
        if address == _BROADCAST:
            slave.late = False
            await clock.sleep_ms(_BROADCAST_MS)
            return 0
        found = await self._receive(address, pdu, n, length if self.echo else 0)
        slave.late = False
        return found

    async def silence(self):
        """Wait until the line has been silent for 3.5 characters; what came meanwhile is nobody's."""
        left = self.pause_ms - clock.ticks_diff(clock.ticks_ms(), self.heard)
        for _ in range(_BABBLE):
            n = await self.line.readinto(self._rx, min(max(0, left), self.pause_ms))
            if n == 0:
                return
            self.strays += n
            left = self.pause_ms
        self.bad += 1
        raise BusError(BAD_FRAME, "line is never silent")

    async def _receive(self, address, pdu, n, echo):
        """Read until the reply is whole, or the time is up: then tell what was wrong."""
        expected = modbus.reply_length(pdu, n)
        begun = clock.ticks_ms()
        fault = NO_ANSWER
        have = 0
        while True:
            left = self.timeout_ms - clock.ticks_diff(clock.ticks_ms(), begun)
            if left <= 0 and not have or left < -self._longest_ms:
                break
            got = await self.line.readinto(self._rx[have:], self.gap_ms if have else left)
            if got:
                self.heard = clock.ticks_ms()
                have += got
                if echo and have >= echo:
                    have = self._cut_echo(have, echo)
                    echo = 0
                at = -1 if echo else modbus.find_reply(self._rx, have, address, pdu, expected)
                if at >= 0:
                    return at + 1 << 16 | modbus.reply_end(self._rx, at, have, expected) - 2
            if have and not got or have == len(self._rx):
                # Silence behind something that was no reply: the reply may still come.
                fault = self._judge(address, pdu, have, expected)
                have = 0
                if fault != NO_ANSWER:
                    break
        self._failed(address, fault)

    def _cut_echo(self, have, echo):
        """Take our own frame off the front; if it came back changed, two were talking."""
        if self._rx[:echo] != self._tx[:echo]:
            self.bad += 1
        for k in range(have - echo):
            self._rx[k] = self._rx[k + echo]
        return have - echo

    def _judge(self, address, pdu, have, expected):
        """What the bytes in rx[:have] were: a broken reply of this slave, or nothing of its."""
        if have < 2 or self._rx[0] != address or self._rx[1] & 0x7F != pdu[0]:
            self.strays += have
            return NO_ANSWER
        self.bad += 1
        return SHORT_FRAME if expected and have < expected + 3 else BAD_CHECKSUM

    def _failed(self, address, fault):
        self.health.failed(address, clock.ticks_ms())
        if fault == NO_ANSWER:
            self.timeouts += 1
            raise BusError(NO_ANSWER, address)
        self.health.slave(address).late = False  # it has answered, such as it was
        raise DeviceFault(fault, address)

    def _read(self, found, address, reply):
        """Copy the reply's PDU out of the receive buffer; an exception in it is raised."""
        if address == _BROADCAST:
            return 0
        self.health.answered(address)
        start, end = found >> 16, found & 0xFFFF
        if self._rx[start] & 0x80:
            code = self._rx[start + 1]
            kind = BusError if code in (modbus.ACKNOWLEDGE, modbus.BUSY) else DeviceFault
            raise kind(DEVICE_EXCEPTION, code)
        reply[: end - start] = self._rx[start:end]
        return end - start
