"""A DALI line on two pins of the chip: the times between frames, whatever makes the edges.

Source: IEC 62386-101:2022, tables 20 and 22: an answer begins 5.5 to 10.5 ms behind the question (12.4 for who
listens), the next question 13.5 ms behind the last edge. A frame takes 14 ms, so the edges are the hardware's work:
hal/dali_rmt.py (ESP32) or hal/dali_pio.py (RP2). The numbers are those of two public implementations (sevenlab's
Zephyr driver, python-dali); the standard's own pages were not at hand.
"""

from pole import clock
from pole.again import Again
from pole.codec import dali
from pole.errors import NO_ANSWER, BusError

_SETTLE_US = 15000  # 13.5 ms, and what a sleep may be short
_HALF_US = 417
_LISTEN_US = 16000  # 12.4 ms, and what an interrupt may be late
_POLL_MS = 2
_TRIES = 5  # looks at wires that are low


class Line(Again):
    """`start(frame, bits)` starts a frame; `answer()` is None while nothing is complete, dali.NO while nothing began.

    `is_low()`: somebody holds the wires, or they have no supply.
    """

    def __init__(self):
        self._free_at = clock.ticks_us()
        self.began = self._free_at

    def exchange(self, frame, bits, twice, answer):
        """Await it; `told` is then a byte, dali.NO or dali.MIXED. BusError: the wires are low for good."""
        self._frame = frame
        self._bits = bits
        self._twice = twice
        self._asks = answer
        return self

    async def rounds(self):
        while True:
            air_us = (self._bits + 1) * 2 * _HALF_US
            for _ in range(2 if self._twice else 1):
                left = clock.ticks_diff(self._free_at, clock.ticks_us())
                if 0 < left <= 2 * _SETTLE_US:
                    await clock.sleep_ms(left // 1000 + 1)
                tries = _TRIES
                while self.is_low():  # type: ignore[attr-defined]
                    tries -= 1
                    if not tries:
                        raise BusError(NO_ANSWER, "wires are low")
                    await clock.sleep_ms(_POLL_MS)
                self.began = clock.ticks_us()
                self.start(self._frame, self._bits)  # type: ignore[attr-defined]
                sent = clock.ticks_us()  # it has begun by now, for sure
                await clock.sleep_ms(air_us // 1000 + 1)
                self._free_at = clock.ticks_add(sent, air_us + _SETTLE_US)
            told = None if self._asks else dali.NO
            while told is None:
                told = self.answer(air_us)  # type: ignore[attr-defined]
                now = clock.ticks_us()
                passed = clock.ticks_diff(now, self.began) - air_us
                if told is None and passed > 3 * _LISTEN_US:  # somebody holds the wires
                    told = dali.MIXED
                elif told is None or told == dali.NO and passed <= _LISTEN_US:  # it may still come
                    told = None
                    await clock.sleep_ms(_POLL_MS)
                elif told != dali.NO:
                    self._free_at = clock.ticks_add(now, _SETTLE_US)
            self.told = told
            yield True
