"""Commissioning, ours and python-dali's, on our gears and on theirs: everybody found, no address twice.

python-dali (its sequence and the control gear of its own tests) shares nothing with the firmware or the twin.
"""

import random

import pytest
from dali.command import Command
from dali.frame import BackwardFrame, BackwardFrameError, ForwardFrame
from dali.sequences import Commissioning as TheirSequence
from dali.sequences import progress, sleep
from dali.tests.fakes import Bus as TheirBus
from dali.tests.fakes import Gear as TheirGear

from pole.codec import dali as codec
from pole.protocol.dali_commissioning import Commissioning
from yigan.twin import dali, dali_line

SETTLE_MS = 16.0


class Clock:
    ms = 0.0

    def now_ms(self):
        return self.ms


class OurBus:
    """Our gears on a line whose time passes with the frames."""

    def __init__(self, gears: int, seed: int, collisions: int = 0, addresses=()):
        self.clock = Clock()
        self.line = dali_line.Line(self.clock)
        chance = random.Random(seed)
        for k in range(gears):
            address = addresses[k] if k < len(addresses) else -1
            gear = dali.Twin(self.clock, {"address": address, "seed": 1000 * seed + k})
            gear.start()
            self.line.attach(gear)
        for pair in range(collisions):
            same = chance.randrange(0xFFFFFF)
            for gear in self.line.gears[2 * pair : 2 * pair + 2]:
                gear.randoms = [same]

    def put(self, bits: int, frame: int, twice: bool):
        answer = None
        for _ in range(2 if twice else 1):
            self.clock.ms += dali_line.frame_ms(bits)
            answer, wait = self.line.deliver(bits, frame)
            self.clock.ms += SETTLE_MS + (wait + 7.5 if answer is not None else 0)
        return answer

    def ours(self, conversation):
        told = None
        while True:
            try:
                frame = conversation.send(told)
            except StopIteration as stop:
                return stop.value
            if frame < 0:
                self.clock.ms -= frame
                told = None
                continue
            answer = self.put(16, frame, codec.sends_twice(frame))
            told = codec.NO if answer is None else answer

    def theirs(self, sequence):
        told = None
        while True:
            try:
                step = sequence.send(told)
            except StopIteration as stop:
                return stop.value
            told = None
            if isinstance(step, sleep):
                self.clock.ms += 1000 * step.delay
            elif not isinstance(step, progress):
                answer = self.put(len(step.frame), step.frame.as_integer, step.sendtwice)
                frame = (
                    None
                    if answer is None
                    else BackwardFrame(answer)
                    if answer >= 0
                    else BackwardFrameError(255)
                )
                told = step.response(frame) if step.response else None

    @property
    def addresses(self) -> list[int]:
        return [gear.short_address for gear in self.line.gears]


@pytest.mark.parametrize("collisions", [0, 1, 10, 32])
def test_sixty_four_gears(collisions):
    """`collisions` pairs draw the same random address the first time."""
    bus = OurBus(64, collisions, collisions)
    ours = Commissioning()
    bus.ours(ours.commission())
    assert sorted(bus.addresses) == list(range(64))
    assert sorted(short for _, short in ours.found) == list(range(64))
    assert ours.rounds == 1 + (collisions > 0)
    assert bus.clock.ms < 180_000


def test_their_sequence_on_the_same_gears_ends_the_same():
    for seed in range(3):
        peer, own = OurBus(64, seed, 5), OurBus(64, seed, 5)
        peer.theirs(TheirSequence())
        own.ours(Commissioning().commission())
        assert peer.addresses == own.addresses
        assert own.line.frames < peer.line.frames
        assert own.clock.ms < peer.clock.ms


def test_both_keep_the_addresses_that_are_there():
    held = [5, 0, 63, 31]
    peer, own = OurBus(20, 9, addresses=held), OurBus(20, 9, addresses=held)
    peer.theirs(TheirSequence())
    own.ours(Commissioning().commission())
    assert peer.addresses == own.addresses
    assert own.addresses[:4] == held


def test_everybody_anew_by_both():
    held = list(range(40))
    peer, own = OurBus(40, 3, 2, held), OurBus(40, 3, 2, held)
    peer.theirs(TheirSequence(readdress=True))
    own.ours(Commissioning().commission(everybody=True))
    assert sorted(peer.addresses) == sorted(own.addresses) == held
    assert own.addresses != held


def test_what_we_do_on_their_gears():
    """The control gear of python-dali's own tests, 64 of them, with eight pairs that clash."""
    chance = random.Random(4)
    preload = [chance.randrange(1 << 24) for _ in range(64)]
    for pair in range(8):
        preload[2 * pair] = preload[2 * pair + 1]
    gears = [TheirGear(random_preload=[first]) for first in preload]
    bus = TheirBus(gears)
    told, conversation, frames = None, Commissioning().commission(), 0
    while True:
        try:
            frame = conversation.send(told)
        except StopIteration:
            break
        told = None
        if frame >= 0:
            frames += 1
            command = Command.from_frame(ForwardFrame(16, frame))
            assert bool(command.sendtwice) == codec.sends_twice(frame)
            response = bus.send(command)
            raw = response.raw_value if response is not None else None
            told = codec.NO if raw is None else codec.MIXED if raw.error else raw.as_integer
    assert sorted(gear.shortaddr for gear in gears) == list(range(64))


def test_a_noisy_line():
    bus = OurBus(24, 7)
    for gear in bus.line.gears[:6]:
        gear.fault("noise")
    bus.ours(Commissioning().commission())
    assert sorted(bus.addresses) == list(range(24))


def test_a_power_cut_at_any_moment_and_the_rest_later():
    for cut in range(100, 900, 97):
        bus = OurBus(8, cut, 1)
        conversation, told = Commissioning().commission(), None
        for _ in range(cut):
            try:
                frame = conversation.send(told)
            except StopIteration:
                break
            answer = None if frame < 0 else bus.put(16, frame, codec.sends_twice(frame))
            told = codec.NO if answer is None else answer
        for gear in bus.line.gears:
            gear.stop()
            gear.start()
        before = bus.addresses
        bus.ours(Commissioning().commission())
        assert sorted(bus.addresses) == list(range(8)), cut
        assert all(now == was for was, now in zip(before, bus.addresses) if was != 255)
