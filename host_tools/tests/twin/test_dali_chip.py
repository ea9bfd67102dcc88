"""Both bit-level masters against gears, in time exact to the microsecond: RMT and pin interrupts, and PIO.

The chips are models (RMT: what write_pulses does; PIO: pio_model.py, cycle by cycle); the firmware's modules are the
real ones. What goes out is judged by the twin's decoder, what comes back by what the gear said.
"""

import asyncio
import importlib
import random
import sys
from types import SimpleNamespace

import pio_model
import pytest

from pole import clock
from pole.codec import dali as codec
from pole.errors import BusError
from yigan.twin import dali, dali_line, virtual_time

FRAMES = [0x067F, 0x0BA0, 0xFF05, 0xFF00, 0xFE80, 0x0B12, 0xA3FE, 0xC106, 0x0000, 0xFFFF, 0x0AAA, 0xAAAA]


class World:
    """Wires with their pin: the transmitter's trace, the gears' answers. `late(k)`: us that an interrupt is late."""

    def __init__(self, late=lambda k: 40):
        self.clock = virtual_time.Clock()
        self.line = dali_line.Line(self.clock)
        self.trace = [(0.0, 1)]
        self.answer = []  # edges
        self.held = False
        self.late = late
        self.handler = None

    def gear(self, **options):
        gear = dali.Twin(self.clock, options)
        gear.start()
        self.line.attach(gear)
        return gear

    def level(self, us):
        level = 1
        for at, value in self.answer:
            if at <= us:
                level = value
        return 0 if self.held else level

    def sent(self, run):
        """A run of (us, level of the wires) begins."""
        self.trace += run
        end = run[-1][0]
        self._interrupts(run)
        self.clock.call_later(end / 1000 - self.clock.now_ms(), lambda: self._over(run, end))

    def _over(self, run, end):
        self.answer = []
        for _, bits, value in dali_line.decode([(run[0][0] - 1, 1), *run], 0.1):
            told, wait = self.line.deliver(bits, value)
            if told is not None:
                start = end + 1000 * wait
                self.answer = dali_line.edges(8, told, start) if told >= 0 else dali_line.mixed(start)
                self._interrupts(self.answer)

    def _interrupts(self, edges):
        if self.handler:
            for k, (us, _) in enumerate(edges):
                self.clock.call_later(
                    (us + self.late(k)) / 1000 - self.clock.now_ms(), lambda: self.handler(None)
                )


def on_esp32(world, monkeypatch, inverted):
    class Pin:
        IN, OUT, IRQ_RISING, IRQ_FALLING = 0, 1, 1, 2

        def __init__(self, number, mode=-1, value=None):
            self.number = number

        def irq(self, handler, trigger):
            world.handler = handler

        def value(self):
            return world.level(1000 * world.clock.now_ms()) ^ inverted

    class Rmt:
        def __init__(self, channel, *, pin, clock_div, idle_level):
            assert (pin.number, idle_level) == (25, not inverted)
            self.tick_us = clock_div / 80
            self.end = 0.0

        def write_pulses(self, duration, data):
            if isinstance(data, int):
                return
            at = max(1000 * world.clock.now_ms(), self.end)
            run = [(at + k * duration * self.tick_us, level ^ inverted) for k, level in enumerate(data)]
            self.end = at + len(data) * duration * self.tick_us
            world.sent([*run, (self.end, 1)])

    monkeypatch.setitem(sys.modules, "machine", SimpleNamespace(Pin=Pin))
    monkeypatch.setitem(sys.modules, "esp32", SimpleNamespace(RMT=Rmt))
    return _fresh("dali_rmt", monkeypatch)


def on_rp2(world, monkeypatch, inverted):
    class Pin:
        IN, OUT = 0, 1

        def __init__(self, number, mode=-1):
            self.number = number

        def value(self):
            return world.level(1000 * world.clock.now_ms()) ^ inverted

    class StateMachine:
        made = []

        def __init__(self, number, program, freq, set_base=None, in_base=None):
            self.machine, self.fifo = pio_model.Machine(program, freq), []
            self.machine.level = lambda us: world.level(us) ^ inverted
            self.machine.edge = self._edge
            self.made.append(self)

        def active(self, on):
            pass

        def restart(self):
            pass

        def _edge(self, us, level):
            return next((at for at, value in world.answer if at >= us and value ^ inverted == level), None)

        def put(self, words):
            run = []
            self.machine.pins = lambda us, level: run.append((us, level ^ inverted))
            self.machine.flag = lambda us: world.clock.call_later(0.1, lambda: None)
            end, _ = self.machine.run(1000 * world.clock.now_ms(), words[0])
            changed = [row for k, row in enumerate(run) if not k or run[k - 1][1] != row[1]]
            world.sent([*changed, (run[-1][0], 1)])
            listener = self.made[1]
            listener.fifo = []
            world.clock.call_later(
                run[-1][0] / 1000 - world.clock.now_ms() + 0.01, lambda: listener.listen(run[-1][0])
            )

        def listen(self, us):
            _, self.fifo = self.machine.run(us)

        def rx_fifo(self):
            return sum(1 for at, _ in self.fifo if at <= 1000 * world.clock.now_ms())

        def get(self, buf):
            for k in range(len(buf)):
                buf[k] = self.fifo.pop(0)[1]

    monkeypatch.setitem(sys.modules, "machine", SimpleNamespace(Pin=Pin))
    fake = SimpleNamespace(PIO=pio_model.PIO, asm_pio=pio_model.asm_pio, StateMachine=StateMachine)
    monkeypatch.setitem(sys.modules, "rp2", fake)
    return _fresh("dali_pio", monkeypatch)


def _fresh(name, monkeypatch):
    monkeypatch.delitem(sys.modules, f"pole.hal.{name}", raising=False)
    module = importlib.import_module(f"pole.hal.{name}")
    monkeypatch.delitem(sys.modules, f"pole.hal.{name}")
    return module


PORTS = pytest.mark.parametrize("port", [on_esp32, on_rp2])


def story(world, port, monkeypatch, coroutine, inverted=1):
    """Run `coroutine(bus)` in exact time."""

    async def main():
        module = port(world, monkeypatch, inverted)
        bus = module.Bus({"tx": 25, "rx": 26, "tx_inverted": bool(inverted), "rx_inverted": bool(inverted)})
        return await coroutine(bus)

    return virtual_time.run(main(), clock)


async def say(bus, frame, bits=16):
    await bus.exchange(frame, bits, codec.sends_twice(frame), codec.answers(frame))
    return bus.told


@PORTS
@pytest.mark.parametrize("inverted", [0, 1])
def test_every_half_bit_and_every_pause(port, inverted, monkeypatch):
    world = World()

    async def talk(bus):
        for frame in FRAMES:
            await bus.exchange(frame, 16, False, False)
        await bus.exchange(0xC10300, 24, False, False)

    story(world, port, monkeypatch, talk, inverted)
    found = dali_line.decode(world.trace, 0.1)
    assert [(bits, value) for _, bits, value in found] == [(16, f) for f in FRAMES] + [(24, 0xC10300)]
    edges = [row for k, row in enumerate(world.trace) if not k or world.trace[k - 1][1] != row[1]]
    starts = {us for us, _, _ in found}
    for (us, level), (after, _) in zip(edges[1:], edges[2:]):
        if after in starts:  # 62386-101, table 22: 13.5 ms at least
            assert level == 1 and 13_500 <= after - us <= 30_000
        else:
            halves = (after - us) / dali_line.HALF_US
            assert abs(halves - round(halves)) < 0.002 * round(halves)  # the standard allows 0.1


@PORTS
def test_answers(port, monkeypatch):
    world = World()
    chance = random.Random(1)

    async def talk(bus):
        gear = world.gear(address=5)
        assert await say(bus, 0x0B90) == 0xA4
        for _ in range(40):
            gear.target = chance.randrange(1, 255)
            assert await say(bus, 0x0BA0) == gear.target
        assert await say(bus, 0x0DA0) == codec.NO
        gear.fault("slow")
        assert await say(bus, 0x0B91) == codec.YES
        world.gear(address=5)
        assert await say(bus, 0x0B91) == codec.MIXED
        assert await say(bus, 0x0D91) == codec.NO

    story(world, port, monkeypatch, talk)


@PORTS
def test_the_next_question_waits_for_the_answer(port, monkeypatch):
    world = World()

    async def talk(bus):
        world.gear(address=5)
        for _ in range(10):
            await say(bus, 0x0B91)
            ended = world.answer[-1][0]
            await say(bus, 0x0A64)
            begun = dali_line.decode(world.trace[-40:], 0.1)[-1][0]
            assert begun - ended >= 13_500

    story(world, port, monkeypatch, talk)


@PORTS
def test_wires_that_are_held_low(port, monkeypatch):
    """No bus supply, or a short circuit: told, not waited for."""
    world = World()

    async def talk(bus):
        world.held = True
        with pytest.raises(BusError):
            await say(bus, 0x0B91)
        world.held = False
        world.gear(address=5)
        assert await say(bus, 0x0B91) == codec.YES

    story(world, port, monkeypatch, talk)


def test_a_collection_in_the_middle_of_an_answer(monkeypatch):
    """Interrupts of an ESP32 that come 8 ms late, all at once: unreadable, and the next question is good again."""
    world = World(late=lambda k: 8000 if slow and 5 < k < 12 else 30 + k * 13 % 90)
    slow = False

    async def talk(bus):
        nonlocal slow
        world.gear(address=5)
        assert await say(bus, 0x0B91) == codec.YES
        slow = True
        assert await say(bus, 0x0B91) == codec.MIXED
        slow = False
        assert await say(bus, 0x0B91) == codec.YES

    story(world, on_esp32, monkeypatch, talk)


@PORTS
def test_nothing_blocks(port, monkeypatch):
    """While a frame is on the wires the program runs: its clock ticks every millisecond."""
    world = World()

    async def talk(bus):
        world.gear(address=5)
        gaps, task = [], asyncio.create_task(say(bus, 0x0B91))
        last = world.clock.now_ms()
        while not task.done():
            await asyncio.sleep(0.001)
            gaps.append(world.clock.now_ms() - last)
            last = world.clock.now_ms()
        assert max(gaps) < 2 and len(gaps) > 20

    story(world, port, monkeypatch, talk)
