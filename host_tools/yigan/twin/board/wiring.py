"""Twins in their places: which kind hangs on which line, pin or bus."""

import errno
import importlib
import runpy
from dataclasses import dataclass, field

from yigan.errors import ConfigError
from yigan.lang import t
from yigan.twin.board.dali import Wires
from yigan.twin.board.loop import Loop
from yigan.twin.board.pins import Pins
from yigan.twin.board.rmt import Rmt
from yigan.twin.board.wire import UART_ANY, UART_LEFT, UART_TX, Refusal, Wire
from yigan.twin.lines import Rs485, Settings, Tap, Uart

LINE_FAULTS = ("line_noise",)
I2C_FAULT = "bus_held"  # it keeps the data wire low until it was clocked
_HELD_PULSES = 5


@dataclass
class Wired:
    """One row of a wiring; the same fields as `yigan.conf.wiring.Wiring`."""

    kind: str
    name: str
    bus_kind: str
    unit: int
    line: str = ""
    pins: dict[str, int] = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    on: str = ""
    channel: str = ""


class Harness:
    """All twins of a board by name, and the serial lines they hang on."""

    def __init__(self, wire: Wire, loop: Loop, pins: Pins, event):
        self.loop, self.pins, self.wire = loop, pins, wire
        self.lines: dict[int, Uart] = {}
        self.dali = Wires(self, Rmt(wire, loop, pins))
        self.taps: dict[str, Tap] = {}
        self.hung: dict[tuple[str, str], Uart] = {}  # (bridge, channel): a line that is not the board's
        self.i2c_pins: dict[str, dict[str, int]] = {}  # twin on I2C -> its bus's pins
        self.interrupts: set[int] = set()  # lines whose falling silent is an interrupt
        self._event = event
        wire.on[UART_TX] = self.transmit
        wire.on[UART_ANY] = lambda a, v, _: self.line(a).rx.unread()
        wire.on[UART_LEFT] = lambda a, v, _: int(self.line(a).left_ms() * 1000)
        wire.verbs.update(uart=self.configure, uart_irq=self.interrupt)
        self.arrived = lambda: None

    def line(self, number: int) -> Uart:
        if number not in self.lines:
            self.add(Uart(self.loop, number))
        return self.lines[number]

    def add(self, line: Uart) -> None:
        line.idle = lambda: self._event(line.number) if line.number in self.interrupts else None
        line.arrived = lambda: self.arrived()
        self.lines[line.number] = line

    def configure(self, number: int, settings: dict | None, rx_room: int = 256) -> None:
        """The program's UART constructor; None closes it."""
        if settings is None:
            self.line(number).close()
        else:
            self.line(number).open(Settings(**settings), rx_room)

    def interrupt(self, number: int, on: bool) -> None:
        (self.interrupts.add if on else self.interrupts.discard)(number)

    def transmit(self, number: int, v: int, data: bytes) -> object:
        line = self.line(number)
        if line.settings is None:
            raise Refusal(errno.EIO)
        wait = line.transmit(data)
        if wait <= 0:
            return len(data)
        reply = self.wire.later()
        self.loop.call_later(wait, lambda: reply(len(data)))
        return self.wire.LATER

    # Twins

    def install(self, row: Wired) -> None:
        """Make the twin of a row and connect it. ConfigError: no such twin."""
        twin = _twin(row.kind)(self.loop, row.options)
        tap = Tap(twin, row.name, row.options)
        self.taps[row.name] = tap
        if row.on:
            self._on_part(row, tap)
        elif row.bus_kind in ("uart", "rs485", "modbus"):
            self._on_line(row, tap)
        elif row.bus_kind == "dali":
            self.dali.install(row, tap)
        elif row.bus_kind == "i2c":
            self.pins.i2c.setdefault(row.unit, []).append(Plug(tap))
            self.i2c_pins[row.name] = row.pins
        elif row.bus_kind in ("pwm", "gpio", "adc"):
            self.pins.attach(row.unit, twin, row.bus_kind)
        elif row.bus_kind == "analog":
            self.pins.attach(row.unit, twin, row.bus_kind)
            if "relay" in row.pins:
                self.pins.pin(row.pins["relay"]).changed.append(twin.relay)
        else:
            raise ConfigError(t("a twin cannot hang on {b}.", "孪生无法挂在 {b} 上。", b=row.bus_kind), row.name)

    def _on_line(self, row: Wired, tap: Tap) -> None:
        line = self.lines.get(row.unit)
        if line is None:
            line = Uart(self.loop, row.unit) if row.bus_kind == "uart" else Rs485(self.loop, row.unit)
            self.add(line)
            enable = row.pins.get("de")
            if isinstance(line, Rs485) and enable is not None:
                line.de = lambda: self.pins.pin(enable).read()
                self.pins.pin(enable).changed.append(line.de_changed)
        line.attach(tap)

    def _on_part(self, row: Wired, tap: Tap) -> None:
        """At an expander's pin, or on the line of a bridge's channel."""
        part = self.tap(row.on).twin
        if row.bus_kind == "gpio":
            part.attach(row.unit, tap.twin)
            return
        key = row.on, row.channel
        if key not in self.hung:
            self.hung[key] = (Uart if row.bus_kind == "uart" else Rs485)(self.loop, 100 + len(self.hung))
            part.connect(row.channel, self.hung[key])
        self.hung[key].attach(tap)

    def tap(self, name: str) -> Tap:
        if name not in self.taps:
            raise ConfigError(
                t("There is no peripheral {n}.", "没有外设 {n}。", n=name),
                hint=t("There are: {l}.", "现有：{l}。", l=", ".join(self.taps) or "-"),
            )
        return self.taps[name]

    def power(self, on: bool) -> None:
        """The pole's supply: every plugged twin with it."""
        for tap in self.taps.values():
            if tap.plugged:
                tap.twin.start() if on else tap.twin.stop()

    def plug(self, name: str, on: bool, powered: bool) -> None:
        """Connect or take away one peripheral, its supply included."""
        tap = self.tap(name)
        if tap.plugged != on:
            tap.plugged = on
            if powered:
                tap.twin.start() if on else tap.twin.stop()

    def fault(self, name: str, fault: str, on: bool) -> None:
        tap = self.tap(name)
        known = tuple(getattr(tap.twin, "FAULTS", ()))
        if fault in known:
            tap.twin.fault(fault, on)
        elif fault in LINE_FAULTS:
            tap.noise = on
        elif fault == I2C_FAULT and self.i2c_pins.get(name):
            pins = self.i2c_pins[name]
            self.pins.hold(pins["scl"], pins["sda"], _HELD_PULSES) if on else self.pins.drive(pins["sda"], None)
        else:
            raise ConfigError(
                t("{n} has no fault {f}.", "{n} 没有故障 {f}。", n=name, f=fault),
                hint=t("There are: {l}.", "现有：{l}。", l=", ".join(known + LINE_FAULTS)),
            )


class Plug:
    """An I2C twin that answers only while it is plugged in."""

    def __init__(self, tap: Tap):
        self.tap = tap

    def write(self, address: int, data: bytes) -> bool:
        return self.tap.plugged and self.tap.twin.write(address, data)

    def read(self, address: int, count: int) -> bytes | None:
        return self.tap.twin.read(address, count) if self.tap.plugged else None


def _twin(kind: str):
    """The Twin class of a kind; a kind that ends in .py is a file of somebody's own."""
    if kind.endswith(".py"):
        return runpy.run_path(kind)["Twin"]
    try:
        return importlib.import_module(f"yigan.twin.{kind}").Twin
    except ModuleNotFoundError as error:
        if error.name != f"yigan.twin.{kind}":
            raise
        raise ConfigError(t("There is no twin {k}.", "没有孪生 {k}。", k=kind)) from error
