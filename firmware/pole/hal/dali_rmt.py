"""DALI on an ESP32: frames by the remote control peripheral, answers by pin interrupts.

Source: MicroPython ports/esp32/esp32_rmt.c and machine_pin.c, 1.24 to 1.28. RMT sends by itself and cannot receive.
A pin's interrupt is served by the scheduler between two bytecodes, so an edge is noted some 50 us late, and a garbage
collection in the middle of an answer makes it unreadable: then the question is asked again. A line that is busy day
and night deserves an interface that reads by itself (drivers/dali_sci.py).
"""

from array import array

from esp32 import RMT  # type: ignore[import-not-found, unused-ignore]
from machine import Pin

from pole import clock
from pole.codec import dali, dali_bits
from pole.hal.dali import Line

_TICKS = 4167  # 416.7 us at 10 MHz: clock_div 8 of 80 MHz is every version's default
_GUARD_US = 2500  # behind our own last edge: an answer begins later, our own edges are noted by then
_QUIET_US = 1200  # behind the last edge: within a frame none is that far from the next
_WHOLE_US = 16000  # from the first edge on: what is no byte by then (7.5 ms, and late interrupts) is none
_EDGES = 96  # 50 of ours at most, 18 of an answer


class Bus(Line):
    """`spec`: tx, rx, and `tx_inverted`, `rx_inverted`: a high pin stands for wires pulled low (optocouplers do that)."""

    def __init__(self, spec):
        super().__init__()
        self._tx_low = 1 if spec.get("tx_inverted", True) else 0
        self._rx_low = 1 if spec.get("rx_inverted", True) else 0
        rest = 1 - self._tx_low
        pin = Pin(spec["tx"], Pin.OUT, value=rest)
        self._rmt = RMT(spec.get("id", 0), pin=pin, clock_div=8, idle_level=bool(rest))
        self._rmt.write_pulses((_TICKS,), rest)  # newer drivers rest low until they have sent something
        self._levels = [0] * 34
        self._times = array("i", bytes(4 * _EDGES))
        self._count = 0
        self._pin = Pin(spec["rx"], Pin.IN)
        self._pin.irq(self._edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)

    def _edge(self, pin):
        if self._count < _EDGES:
            self._times[self._count] = clock.ticks_diff(clock.ticks_us(), self.began)
            self._count += 1

    def is_low(self):
        return self._pin.value() == self._rx_low

    def start(self, frame, bits):
        levels = self._levels if bits == 16 else [0] * 50  # 24 bits are for a technician
        dali_bits.put_halves(levels, frame, bits, self._tx_low)
        self._count = 0
        self._rmt.write_pulses(_TICKS, levels)  # type: ignore[arg-type]

    def answer(self, air_us):
        times, end = self._times, self._count
        first = 0
        while first < end and times[first] < air_us + _GUARD_US:
            first += 1  # our own
        if first == end:
            return dali.NO
        now = clock.ticks_diff(clock.ticks_us(), self.began)
        if now - times[end - 1] < _QUIET_US:
            return None
        told = dali_bits.read_answer(times, first, end)
        return None if told < 0 and now - times[first] < _WHOLE_US else told
