"""A driver and its twin on a bench without a board: the firmware's own peripheral, sampler and store in virtual time.

A pole file of one peripheral is compiled as any other, so that points, options and scales are those of a board. Only the
bus is another: each kind has a function here that joins the driver's side to the twin's.
"""

import asyncio
import importlib
import json
from types import SimpleNamespace

from twins_on_i2c import I2c

from pole import app, clock, load
from pole.again import Again
from pole.codec import dali
from pole.errors import BusError, PoleError
from pole.log import Log
from pole.quality import NAMES
from pole.services import sampler
from pole.store import Store, Table
from pole.supervise import Supervisor
from sampled import sampled
from yigan import cards, conf
from yigan.conf import encode, resolve
from yigan.twin import dali_line, modbus_rtu, virtual_time

SITE = '[site]\nlatitude = 31.23\nlongitude = 121.47\ntimezone = "Asia/Shanghai"\n'
BOARD = "esp32s3-pole"
_NOW = 217468800  # 2026-11-22
_RING = 512  # bytes, hal/uart.py
# A card's bus -> the bus of the pole file, and what has to be written about it
BUSES = {
    "uart": ("uart1", ""), "rs485": ("rs485", ""), "modbus": ("rs485", ""), "i2c": ("i2c0", ""), "pwm": ("lamp", ""),
    "gpio": ("door", ""), "adc": ("light", ""), "analog": ("lamp", ""), "none": ("", ""),
    "dali": ("dali", '[bus.dali]\nkind = "dali"\ntx = 4\nrx = 5\n'),
}  # fmt: skip


def twin_module(kind):
    return importlib.import_module(f"yigan.twin.{kind}")


def pole_file(folder, kind):
    """The pole file of one such peripheral, with what its twin wants of options."""
    card, written = cards.driver(kind), getattr(twin_module(kind), "MATRIX_OPTIONS", {})
    bus, settings = BUSES[card.bus]
    if card.bus == "gpio" and card.data.get("out"):
        bus = "relay"
    lines = [f'id = "bench"\nboard = "{BOARD}"', SITE, settings, f'[[peripheral]]\nkind = "{kind}"']
    lines += [f'bus = "{bus}"'] if bus else []
    lines += [f"{name} = {json.dumps(value)}" for name, value in written.items()]
    path = folder / f"{kind}.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return conf.load(path)


class Pin:
    """A pin with a resistor: gpio, and the millivolt meter of an adc."""

    def __init__(self, twin, pull, active=1):
        self.twin, self.pull, self.level, self.out, self.handlers = twin, pull, None, None, []
        self.invert = 1 - active
        twin.drive = self.drive

    def drive(self, level):
        before, self.level = self.value(), level
        if before != self.value():
            for handler in self.handlers:
                handler(None)

    def value(self, level=None):
        if level is None:
            level = self.out if self.out is not None else self.pull if self.level is None else self.level
            return level ^ self.invert
        self.out = level
        self.twin.pin(level)
        return None

    def irq(self, handler, hard=False):
        self.handlers.append(handler)

    def pulses(self, lockout_us=0):
        """As hal/pulses.py: the edges away from rest, without those that follow one too soon."""
        rest, taken, last = self.value(), [0, 0], [clock.ticks_us() - lockout_us]

        def edge(_):
            if self.value() != rest and clock.ticks_us() - last[0] >= lockout_us:
                taken[0] += 1
                last[0] = clock.ticks_us()

        def take():
            new, taken[1] = taken[0] - taken[1], taken[0]
            return new

        self.irq(edge)
        return SimpleNamespace(take=take)

    def read_u16(self):
        return self.level or 0

    def read_mv(self):
        return self.read_u16() * 3300 // 65535


class Duty:
    """A pwm, and the 0-10 V output with its relay."""

    freq_hz, has_relay = 1000, True

    def __init__(self, twin):
        self.twin = twin

    def duty(self, u16):
        self.twin.pwm(u16, self.freq_hz)

    def relay(self, closed):
        self.twin.relay(1 if closed else 0)


class Wires(Again):
    """Two wires of a DALI line, with the face of hal/dali.py."""

    def __init__(self, clock, line):
        self.clock, self.line, self.busy_ms = clock, line, 0.0

    def exchange(self, frame, bits, twice, answer):
        self.asked = frame, bits, twice
        return self

    async def rounds(self):
        frame, bits, twice = self.asked
        told = None
        for _ in range(2 if twice else 1):
            await asyncio.sleep(dali_line.frame_ms(bits) / 1000)
            told, wait = self.line.deliver(bits, frame)
            await asyncio.sleep((wait + 21 if told is not None else 16) / 1000)
        self.told = dali.NO if told is None else told
        yield True


class Ends:
    """The far end of a serial line with one twin."""

    def __init__(self, twin):
        self.received = twin.received
        twin.send = lambda data: self.send(data)


class Ring(virtual_time.Line):
    """A line whose receiver forgets what nobody fetches, as a board's does."""

    def _put(self, byte):
        if len(self._here) < _RING:
            super()._put(byte)


def _serial(clock, twin, baud):
    return Ring(clock, Ends(twin), baud)


def _modbus(clock, twin, options):
    line = modbus_rtu.Twin(clock, {"baud": 9600})
    line.attach(twin)
    return load.module("drivers", "modbus_rtu").Bus(virtual_time.Line(clock, line, 9600), options)


def _dali(clock, twin, options):
    line = dali_line.Line(clock)
    line.attach(twin)
    return load.module("drivers", "dali_bus").Bus(Wires(clock, line), options)


def bus(device, clock, twin):
    """What the driver gets."""
    kind, line = device.card.bus, device.line
    baud = encode.line_settings(line)["baud"] if line and line.kind in ("uart", "rs485") else 0
    return {
        "uart": lambda: _serial(clock, twin, baud),
        "rs485": lambda: _serial(clock, twin, baud),
        "modbus": lambda: _modbus(clock, twin, line.options),
        "dali": lambda: _dali(clock, twin, line.options),
        "i2c": lambda: I2c(twin),
        "pwm": lambda: Duty(twin),
        "analog": lambda: Duty(twin),
        "gpio": lambda: Pin(
            twin,
            getattr(twin_module(device.card.kind), "PULL", 1),
            getattr(twin_module(device.card.kind), "ACTIVE", 1),
        ),
        "adc": lambda: Pin(twin, 0),
        "none": lambda: None,
    }[kind]()


class Bench:
    """The pole that a peripheral knows, with nothing else on it. Use within a virtual_time.run."""

    def __init__(self, pole):
        self.plan = resolve.resolve(pole)
        assert not [f for f in pole.findings if f.level == "error"], pole.findings
        (self.device,) = self.plan.devices
        places = {p.id: n for n, p in enumerate(self.plan.rows)}
        spec = json.loads(json.dumps(encode._peripheral(self.device, places)))
        time = virtual_time.Clock()
        module = twin_module(self.device.card.kind)
        self.twin = module.Twin(time, {**self.device.options, **getattr(module, "MATRIX_OPTIONS", {})})
        self.store = Store(Table(encode.points_bin(self.plan.rows)))
        self.log, self.counters, self.alarms, self.site = Log(), {}, None, {}
        self.supervisor = Supervisor(self.log)
        self._bus = bus(self.device, time, self.twin)
        self.peripheral = app.Peripheral(self, spec)
        self.points = [i for i in self.peripheral.points if i >= 0]
        self.outcome = "never"  # what the last read came to: all that a driver without points shows
        self._open, self.peripheral.open = self.peripheral.open, self._opened

    def _opened(self):
        driver = self._open()
        if "read" not in vars(driver):
            read = driver.read

            async def noted(out):
                try:
                    quality = await sampled(read(out))
                except PoleError as error:
                    self.outcome = "comm_fault" if isinstance(error, BusError) else "fault"
                    raise
                self.outcome = NAMES[quality]
                return quality

            driver.read = noted
        return driver

    def bus(self, name):
        return self._bus

    def found(self):
        """There are no services that look for drivers."""

    def count(self, name, by=1):
        self.counters[name] = self.counters.get(name, 0) + by

    def start(self):
        clock.set_time(_NOW, clock.NETWORK)
        self.twin.start()
        self.supervisor.add(sampler.Sampling(self.peripheral))
        self.task = asyncio.create_task(self.supervisor.run())

    async def stop(self):
        tasks = [self.task, *(job.task for job in self.supervisor.jobs if job.task)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.twin.stop()
        clock.forget()

    def complaints(self):
        """All that somebody counted: missed reads, restarts, what driver and bus threw away."""
        told = sum(self.counters.values()) + self.supervisor.restarts
        driver = self.peripheral.driver
        for thing in (driver, getattr(driver, "frames", None), self._bus):
            told += sum(getattr(thing, name, 0) for name in ("bad", "timeouts", "strays", "errors"))
        return told
