"""Addresses for 64 control gears, ten pairs of which draw the same random number first.

The gears are the twin's, the peer is python-dali's own sequence. Time is that of the wires: 14.2 ms a frame, 16 ms
of rest, 14.5 ms more for an answer.
"""

import random
import sys
from collections.abc import Callable, Generator, Iterator

from benchmarks.harness import FIRMWARE, Row
from yigan.twin import dali, dali_line

GEARS, PAIRS = 64, 10
REST_MS, ANSWER_MS = 16.0, 14.5


class _Clock:
    ms = 0.0

    def now_ms(self) -> float:
        return self.ms


class _Wires:
    def __init__(self) -> None:
        self.clock = _Clock()
        self.line = dali_line.Line(self.clock)
        chance = random.Random(1)
        for k in range(GEARS):
            gear = dali.Twin(self.clock, {"address": -1, "seed": k})
            gear.start()
            self.line.attach(gear)
        for pair in range(PAIRS):
            same = chance.randrange(0xFFFFFF)
            for gear in self.line.gears[2 * pair : 2 * pair + 2]:
                gear.randoms = [same]

    def put(self, bits: int, frame: int, twice: bool) -> int | None:
        answer = None
        for _ in range(2 if twice else 1):
            self.clock.ms += dali_line.frame_ms(bits)
            answer, _ = self.line.deliver(bits, frame)
            self.clock.ms += REST_MS + (ANSWER_MS if answer is not None else 0)
        return answer

    def carry(self, conversation: Generator, step: Callable) -> float:
        told = None
        while True:
            try:
                told = step(self, conversation.send(told))
            except StopIteration:
                break
        unique = len({gear.short_address for gear in self.line.gears})
        assert unique == GEARS, f"{unique} addresses"
        return self.clock.ms / 1000


def _ours() -> tuple[float, float]:
    """(seconds, frames)"""
    if str(FIRMWARE) not in sys.path:
        sys.path.insert(0, str(FIRMWARE))
    from pole.codec import dali as codec
    from pole.protocol.dali_commissioning import Commissioning

    def step(wires: _Wires, frame: int) -> int | None:
        if frame < 0:
            wires.clock.ms -= frame
            return None
        answer = wires.put(16, frame, codec.sends_twice(frame))
        return codec.NO if answer is None else answer

    wires = _Wires()
    return wires.carry(Commissioning().commission(), step), wires.line.frames


def _theirs() -> tuple[float, float]:
    from dali.frame import BackwardFrame, BackwardFrameError
    from dali.sequences import Commissioning, progress, sleep

    def step(wires: _Wires, wish):
        if isinstance(wish, sleep):
            wires.clock.ms += 1000 * wish.delay
        if isinstance(wish, (sleep, progress)):
            return None
        answer = wires.put(len(wish.frame), wish.frame.as_integer, wish.sendtwice)
        frame = None if answer is None else BackwardFrame(answer) if answer >= 0 else BackwardFrameError(255)
        return wish.response(frame) if wish.response else None

    wires = _Wires()
    return wires.carry(Commissioning(), step), wires.line.frames


def rows() -> Iterator[Row]:
    ours, theirs = _ours(), _theirs()
    yield Row("dali: addresses for 64 gears, ten pairs clash", ours[0], theirs[0], "s", "<= 180")
    yield Row("dali: frames for that", ours[1], theirs[1], "", ">= 1 x")
