"""Counts the pulses of a pin: by the chip's own counter where MicroPython has it, else in an interrupt.

`machine.Counter` is an ESP32's PCNT (not an ESP32-C3's): nothing is missed, whatever the program does. Elsewhere the
interrupt comes at once if the port can do that (RP2), and must not allocate then; from the scheduler (an ESP32 with an
older MicroPython) it may miss pulses that come while an erase of the flash holds it up.
"""

import machine
from machine import Pin

from pole import clock

_FILTER_NS = 10000  # what is shorter is no pulse; PCNT's filter ends at 12.8 us
_MASK = 0x3FFFFFFF  # a small int, also on a board


class Pulses:
    """`take()`: how many began since it was last called.

    lockout_us: in the interrupt, what follows a pulse sooner is its ringing. The chip's counter knows none: it has its
    filter of 10 us.
    """

    units = 0  # of the chip's counters, in use

    def __init__(self, pin, falling, lockout_us):
        self._seen = self._n = 0
        self._lockout_us = lockout_us
        self._last = clock.ticks_us()
        self._counter = None
        if hasattr(machine, "Counter"):
            self._counter = machine.Counter(Pulses.units, pin, edge=2 if falling else 1, filter_ns=_FILTER_NS)
            Pulses.units += 1
            return
        edge = Pin.IRQ_FALLING if falling else Pin.IRQ_RISING
        try:
            pin.irq(self._edge, edge, hard=True)
        except (TypeError, ValueError):  # from the scheduler only
            pin.irq(self._edge, edge)

    def _edge(self, pin):
        """Nothing is allocated here."""
        now = clock.ticks_us()
        if clock.ticks_diff(now, self._last) >= self._lockout_us:
            self._last = now
            self._n = self._n + 1 & _MASK

    def take(self):
        n = self._counter.value() if self._counter else self._n
        now = clock.ticks_us()
        if clock.ticks_diff(now, self._last) > 10000000:  # the ticks' half period is nine minutes
            self._last = clock.ticks_add(now, -self._lockout_us)
        new, self._seen = n - self._seen & _MASK, n
        return new
