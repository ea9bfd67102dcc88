"""Two wires with up to 64 control gears: forward frames out, the answers back, and what happens to them on the way.

Source: IEC 62386-101:2022: half bit 416.67 us (receivers take 333.3 to 500), stop condition 2.4 ms, an answer
begins 5.5 to 10.5 ms behind the question. Gears that answer together pull the wires together: no byte can be read,
but that somebody answered can.
"""

import random
from collections.abc import Callable, Iterable

HALF_US = 1250 / 3  # 416.67
STOP_US = 2450.0
ANSWER_MS = 7.0
SLOW_MS = 10.4  # the latest that is allowed
MIXED = -2
Edges = list[tuple[float, int]]  # (us, level from then on); the wires rest high


class Line:
    """`ask(bits, value, reply)`: the frame is out in `frame_ms`, and `reply` gets a byte, MIXED or None in time."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.gears: list = []
        self.plugged: Callable[[object], bool] = lambda gear: True
        self.heard: list[tuple[float, int, int]] = []  # (ms, bits, value) of the last forward frames
        self.frames = 0
        self.shorted = False
        self._random = random.Random(64)

    def attach(self, gear) -> None:
        self.gears.append(gear)

    def deliver(self, bits: int, value: int) -> tuple[int | None, float]:
        """A whole forward frame reaches everybody: (byte, MIXED or None; ms until the answer begins)."""
        self.frames += 1
        self.heard.append((self.clock.now_ms(), bits, value))
        del self.heard[:-256]
        if self.shorted:
            return None, 0.0
        answers = []
        for gear in self.gears:
            if self.plugged(gear) and not self._deaf(gear):
                answer = gear.hear(bits, value)
                if answer is not None:
                    answers.append((gear, answer))
        if not answers:
            return None, 0.0
        wait = max(SLOW_MS if "slow" in gear.faults else ANSWER_MS for gear, _ in answers)
        spoilt = len(answers) > 1 or ("noise" in answers[0][0].faults and self._random.random() < 0.15)
        return MIXED if spoilt else answers[0][1], wait

    def _deaf(self, gear) -> bool:
        """Noise may also spoil the question."""
        return "noise" in gear.faults and self._random.random() < 0.03


def frame_ms(bits: int) -> float:
    """Start bit and data, to the end of the last bit."""
    return (1 + bits) * 2 * HALF_US / 1000


def edges(bits: int, value: int, start_us: float = 0.0) -> Edges:
    """A frame as the wires carry it: a one is low then high, the start bit is a one (62386-101, 7.2)."""
    halves = [0, 1]
    for k in reversed(range(bits)):
        halves += [0, 1] if value >> k & 1 else [1, 0]
    found: Edges = []
    level = 1
    for k, half in enumerate([*halves, 1]):
        if half != level:
            found.append((start_us + k * HALF_US, half))
            level = half
    return found


def mixed(start_us: float = 0.0) -> Edges:
    """What two answers leave of each other: pulses that are no bits (9.6.2: 1.3 to 2 ms low)."""
    times = (0.0, 417.0, 834.0, 2500.0, 2950.0, 4400.0)
    return [(start_us + at, k % 2) for k, at in enumerate(times)]


def decode(trace: Iterable[tuple[float, int]], tolerance: float = 0.2) -> list[tuple[float, int, int]]:
    """Frames in a trace of (us, level): [(us of its start, bits, value)]; bits -1 where a frame was broken.

    tolerance: how far a half bit may be off; 0.2 as receivers do (table 18), 0.1 to judge a transmitter strictly.
    """
    frames, current = [], []
    last = None
    for at, level in trace:
        if last is not None and level == last[1]:
            continue
        if last is not None and last[1] and current and at - last[0] >= STOP_US - 50:
            frames.append(_read(current, tolerance))
            current = []
        if not level or current:
            current.append((at, level))
        last = at, level
    if current:
        frames.append(_read(current, tolerance))
    return frames


def _read(run: Edges, tolerance: float) -> tuple[float, int, int]:
    """One frame's edges; the level behind the last is high."""
    halves: list[int] = []
    ends = [*run[1:], (run[-1][0] + 2 * HALF_US, 1)]
    for (at, level), (end, _) in zip(run, ends):
        count = (end - at) / HALF_US
        whole = round(count)
        if end is ends[-1][0] and level:
            whole = 2
        if whole not in (1, 2) or abs(count - whole) > tolerance * whole:
            return run[0][0], -1, 0
        halves += [level] * whole
    return run[0][0], *_bits(halves)


def _bits(halves: list[int]) -> tuple[int, int]:
    while len(halves) % 2 or (len(halves) > 2 and halves[-2:] == [1, 1]):
        halves = halves[:-1] if halves[-1] else [*halves, 1]
    pairs = list(zip(halves[::2], halves[1::2]))
    if not pairs or pairs[0] != (0, 1) or any(a == b for a, b in pairs):
        return -1, 0
    value = 0
    for first, _ in pairs[1:]:
        value = value << 1 | (1 - first)
    return len(pairs) - 1, value
