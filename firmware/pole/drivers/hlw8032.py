"""HLW8032 metering chip: it sends a frame about each 105 ms and listens to nobody.

Source: Hiliwi HLW8032 data sheet, register list and UART; the scale of a board is in its resistors.
---
title_zh = "HLW8032 计量芯片"
bus = "uart"
baud = 4800
parity = "E"
capability = "meter"
points = ["voltage_a", "current_a", "power", "apparent_power", "power_factor"]
datasheet = "Hiliwi HLW8032 data sheet"
wiring = "Chip ground is mains: TX -> opto-coupler -> board RX. Never connect the grounds"
wiring_zh = "芯片地即市电：TX 经光耦隔离接板 RX，严禁共地"

[options.voltage_factor]
type = "float"
default = 1.88
low = 0.001
high = 1000
en = "Data sheet's Vk: (upper resistors + lower) / lower / 1000; 4 x 470 k over 1 k: 1.88"
zh = "数据手册 Vk：(上电阻+下电阻)/下电阻/1000；4×470k 与 1k 为 1.88"

[options.current_factor]
type = "float"
default = 1.0
low = 0.001
high = 1000
en = "Data sheet's Ik: 1 / (shunt in milliohm); 1 milliohm: 1"
zh = "数据手册 Ik：1/采样电阻毫欧；1 毫欧为 1"

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
from pole.errors import BAD_FRAME, DeviceFault
from pole.quality import GOOD

_FRAME = 24
_SILENCE_MS = 1000
_FULL = 400  # of the 512 bytes that a line keeps
_PARAMETERS = 7 << 2 | 7 << 8 | 7 << 14  # the bytes that are no measurement
_LIMIT = 1 << 29


class Driver(Reading):
    """`drawn()`: energy since the start in 0.1 Wh, by its pulses."""

    period_ms = 1000

    def __init__(self, bus, options):
        self.frames = Frames(bus, _FRAME, self._plausible)
        self._vk = options.get("voltage_factor", 1.88)
        self._ik = options.get("current_factor", 1.0)
        self._good = bytearray(_FRAME)  # the newest whole frame
        self._parameters = [0, 0, 0]  # of voltage, current, power, as the last frames gave them
        self._over = [0, 0, 0]  # numerators of 0.1 V, mA, 0.1 W
        self._energy = PulseEnergy(16, options.get("maximum_w", 20000))
        self._at = clock.ticks_ms()

    def drawn(self):
        return self._energy.units

    async def rounds(self):
        """The newest of the frames that came."""
        frames = self.frames
        while True:
            found = False
            frames.listen(_SILENCE_MS)
            while True:
                wait = frames.look()
                if not wait:
                    found = self._keep() or found
                    continue
                if found and frames.heard < _FULL:
                    break
                if found:  # the line's ring was full: what is in it is old
                    found, frames.heard = False, 0
                await clock.sleep_ms(wait)
            yield self._take(self._out)

    def _keep(self):
        """The frame is the newest. False when its parameters are not the last one's: they are burnt in, and a sum of
        eight bits is right by chance once in 256 times."""
        same, good, buf = True, self._good, self.frames.buf
        for k in range(_FRAME):
            if good[k] != buf[k]:
                good[k] = buf[k]
                if _PARAMETERS >> k & 1:
                    same = False
        return same

    def _plausible(self, buf, n):
        """Byte 0 is 55, AA (its own memory failed) or Fx, byte 1 always 5A."""
        first = buf[0]
        if first != 0x55 and first != 0xAA and first < 0xF0 or n > 1 and buf[1] != 0x5A:
            return False
        if n < _FRAME:
            return True
        total = 0
        for k in range(2, 23):
            total += buf[k]
        return total & 0xFF == buf[23]

    def _u24(self, at):
        return self._good[at] << 16 | self._good[at + 1] << 8 | self._good[at + 2]

    def _take(self, out):
        state = self._good[0]
        if state == 0xAA or state >= 0xF0 and state & 1:
            raise DeviceFault(BAD_FRAME, "chip %02x" % state)
        for k in range(3):
            if self._u24(2 + 6 * k) != self._parameters[k]:
                self._scale()
                break
        faint = state & 0x0F if state >= 0xF0 else 0  # a period too long to measure: next to nothing
        for k in range(3):
            register = self._u24(5 + 6 * k)
            nothing = faint >> (3 - k) & 1 or not register
            out[k] = 0 if nothing else (self._over[k] + register // 2) // register
        out[3] = (out[0] * out[1] + 500) // 1000
        out[4] = min(1000, out[2] * 1000 // out[3]) if out[3] else 0
        now = clock.ticks_ms()
        self._energy.count(self._good[21] << 8 | self._good[22], clock.ticks_diff(now, self._at))
        self._at = now
        return GOOD

    def _scale(self):
        """The chip's parameters and the board's resistors as numerators; floats only when they change."""
        factors = (self._vk * 10, self._ik * 1000, self._vk * self._ik * 10)
        for k in range(3):
            self._parameters[k] = self._u24(2 + 6 * k)
            self._over[k] = min(_LIMIT, int(self._parameters[k] * factors[k] + 0.5))
        # Pulses a kWh: 3.6e12 / (parameter Vk Ik); of 0.1 Wh a ten-thousandth
        self._energy.per_unit = int(3.6e9 * 65536 / self._over[2] + 0.5) if self._over[2] else 0
