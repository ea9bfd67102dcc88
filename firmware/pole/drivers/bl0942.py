"""BL0942 metering chip on a serial line: a question, and 23 bytes with everything.

Source: Belling BL0942 data sheet V1.06, register map, UART, formulas. What a board counts for a volt, an ampere, a
watt and a kilowatt-hour depends on its resistors: calibrate each.
---
title_zh = "BL0942 计量芯片"
bus = "uart"
baud = 4800
capability = "meter"
points = ["voltage_a", "current_a", "power", "power_factor", "frequency"]
datasheet = "Belling BL0942 data sheet V1.06"
wiring = "Chip ground is mains: TX and RX through opto-couplers. Never connect the grounds"
wiring_zh = "芯片地即市电：TX、RX 须经光耦隔离，严禁共地"

[options.address]
type = "int"
default = 0
low = 0
high = 3
en = "A2 A1 of the TSSOP14 part, else 0"
zh = "TSSOP14 封装的 A2 A1，其他为 0"

[options.per_volt]
type = "float"
default = 15883.34
low = 1000
high = 1000000
en = "Counts a volt; 73989 x lower / (upper + lower) / 1.218 x 1000; 5 x 390 k over 0.51 k: 15883.34"
zh = "每伏计数；5×390k 与 0.51k 为 15883.34"

[options.per_ampere]
type = "float"
default = 251213.46
low = 1000
high = 10000000
en = "Counts an ampere; 305978 x shunt in milliohm / 1.218; 1 milliohm: 251213.46"
zh = "每安计数；1 毫欧为 251213.46"

[options.per_watt]
type = "float"
default = 623.39
low = 1
high = 100000
en = "Counts a watt; the reference board 623.39"
zh = "每瓦计数；参考板 623.39"

[options.per_kwh]
type = "float"
default = 5350.6
low = 1
high = 1000000
en = "Energy pulses a kilowatt-hour; the reference board 5350.6"
zh = "每千瓦时脉冲数；参考板 5350.6"

[options.maximum_w]
type = "int"
default = 20000
low = 10
high = 100000
unit = "W"
en = "More than the circuit can draw: a jump of the energy counter above it is a restart of the chip"
zh = "回路最大功率，超过则视为芯片重启"
"""

from pole import clock
from pole.again import Reading
from pole.codec.pulse_energy import PulseEnergy
from pole.drivers.frames import Frames
from pole.errors import BAD_CHECKSUM, BAD_FRAME, BusError, DeviceFault
from pole.quality import GOOD

_PACKET = 23
_HEAD = 0x55
_READ = 0x58
_TIMEOUT_MS = 300


class Driver(Reading):
    """`drawn()`: energy since the start in 0.1 Wh, by its pulses."""

    period_ms = 1000

    def __init__(self, bus, options):
        self.frames = Frames(bus, _PACKET, self._plausible)
        self._buf = self.frames.buf
        self._command = _READ | options.get("address", 0)
        self._request = bytes((self._command, 0xAA))
        # Counts of 0.1 V, mA and 0.1 W, times 32, 32 and 128: the quotients then need small integers only.
        self._volt = int(options.get("per_volt", 15883.34) * 3.2 + 0.5)
        self._ampere = int(options.get("per_ampere", 251213.46) * 0.032 + 0.5)
        self._watt = int(options.get("per_watt", 623.39) * 12.8 + 0.5)
        self._energy = PulseEnergy(24, options.get("maximum_w", 20000))
        self._energy.per_unit = int(options.get("per_kwh", 5350.6) * 6.5536 + 0.5)
        self._at = clock.ticks_ms()

    def drawn(self):
        return self._energy.units

    async def rounds(self):
        """Ask and take the answer. DeviceFault when it is half of one, or its check is wrong."""
        frames = self.frames
        while True:
            try:
                await frames.ask(self._request, _TIMEOUT_MS)
            except BusError:
                if frames.heard:
                    raise DeviceFault(BAD_FRAME, "no packet")
                raise
            if self._check() != self._buf[22]:
                frames.bad += _PACKET
                raise DeviceFault(BAD_CHECKSUM)
            yield self._take(self._out)

    def _plausible(self, buf, n):
        """From the first 55 on: captures have a stray 00 before it, from the line's turn-around."""
        return buf[0] == _HEAD

    def _check(self):
        """NOT of the sum of the command byte (without its AA) and the packet."""
        total = self._command
        for k in range(22):
            total += self._buf[k]
        return ~total & 0xFF

    def _u24(self, at):
        return self._buf[at] | self._buf[at + 1] << 8 | self._buf[at + 2] << 16

    def _take(self, out):
        watt = self._u24(10)
        if watt & 0x800000:
            watt -= 0x1000000
        out[0] = (self._u24(4) * 32 + self._volt // 2) // self._volt
        out[1] = (self._u24(1) * 32 + self._ampere // 2) // self._ampere
        out[2] = (watt * 128 + self._watt // 2) // self._watt
        apparent = (out[0] * out[1] + 500) // 1000
        out[3] = max(-1000, min(1000, out[2] * 1000 // apparent)) if apparent else 0
        period = self._buf[16] | self._buf[17] << 8
        out[4] = (100000000 + period // 2) // period if period else None
        now = clock.ticks_ms()
        self._energy.count(self._u24(13), clock.ticks_diff(now, self._at))
        self._at = now
        return GOOD
