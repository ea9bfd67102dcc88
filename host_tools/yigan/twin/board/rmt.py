"""The pulses that an ESP32's remote control peripheral puts on a pin by itself, and a record of them.

Source: MicroPython ports/esp32/esp32_rmt.c (1.28): a pin rests low until the first pulses were sent, then at the
idle level; a second write waits for the end of the first.
"""

import itertools
from collections import deque
from collections.abc import Callable

from yigan.twin.board.pins import Pins
from yigan.twin.board.wire import Wire

_KEPT = 8192


class Rmt:
    """`traces[pin]`: (us, level) of board time. `heard[pin]` is called with each run of pulses as it begins."""

    def __init__(self, wire: Wire, loop, pins: Pins):
        self.loop, self.pins = loop, pins
        self.traces: dict[int, deque[tuple[float, int]]] = {}
        self.heard: dict[int, Callable[[list[tuple[float, int]]], object]] = {}
        self._ends: dict[int, float] = {}  # us
        wire.verbs.update(rmt=self.open, rmt_write=self.write, rmt_left=self.left)
        wire.verbs["now_us"] = lambda: 1000 * loop.now_ms()

    def open(self, number: int) -> None:
        self.pins.setup(number, "out", "", 0)
        self.traces.setdefault(number, deque(maxlen=_KEPT))
        self._ends[number] = 0.0

    def left(self, number: int) -> float:
        """Milliseconds until the last pulse is over."""
        return max(0.0, self._ends[number] / 1000 - self.loop.now_ms())

    def write(self, number: int, tick_ns: int, durations: int | list[int], levels: str, idle: int) -> None:
        """Pulses from now on, all as long or each as listed, of levels `0` and `1`; the shim has waited for those before."""
        at = max(self.loop.now_ms() * 1000, self._ends[number])
        run = []
        lasting = itertools.repeat(durations) if isinstance(durations, int) else durations
        for duration, level in zip(lasting, levels):
            run.append((at, int(level)))
            at += duration * tick_ns / 1000
        run.append((at, idle))
        self._ends[number] = at
        self.traces[number] += run
        self.loop.call_later(at / 1000 - self.loop.now_ms(), lambda: self.pins.write(number, idle))
        if number in self.heard:
            self.heard[number](run)
