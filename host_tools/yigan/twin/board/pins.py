"""Pins of the chip as the wires see them: levels, PWM, analogue values, interrupts, and I2C."""

import errno
import struct
from collections.abc import Callable

from yigan.twin.board.wire import ADC_READ, I2C, PIN_READ, PIN_WRITE, PWM_DUTY, Refusal, Wire

RISING, FALLING = 1, 2
STAMP_US = 4  # of a pin event's moment (mirrored in on_board/time_.py)
EVENT_PIN, EVENT_TIMER, EVENT_UART, EVENT_WAKE = 1, 2, 3, 4


class Pin:
    """One GPIO. `outside` is the level something outside drives, None when nothing does."""

    def __init__(self) -> None:
        self.mode = "in"
        self.pull = ""
        self.level = 0
        self.outside: int | None = None
        self.resistor = False  # soldered, to the supply: an I2C wire's
        self.analog = 0
        self.pwm: tuple[int, int] | None = None  # duty 0..65535, Hz
        self.trigger = 0
        self.twins: list = []
        self.changed: list[Callable[[int], object]] = []

    def read(self) -> int:
        """An open-drain pin is low when either side pulls it; an open input is where its resistor holds it."""
        if self.mode == "out":
            return self.level
        if self.mode == "od" and not self.level:
            return 0
        return self.outside if self.outside is not None else int(self.resistor or self.pull == "up")

    def state(self) -> dict:
        duty, hz = self.pwm or (None, None)
        return {"mode": "pwm" if self.pwm else self.mode, "level": self.read(), "duty_u16": duty, "freq_hz": hz}


class Pins:
    """All of them. `event(kind, number, value)` interrupts the VM."""

    def __init__(self, wire: Wire, event: Callable[[int, int, int], object]):
        self.event = event
        self.all: dict[int, Pin] = {}
        self.i2c: dict[int, list] = {}
        self.i2c_data: dict[int, int] = {}  # bus -> its data pin
        wire.on[PIN_READ] = lambda a, v, _: self.pin(a).read()
        wire.on[PIN_WRITE] = lambda a, v, _: self.write(a, v)
        wire.on[PWM_DUTY] = lambda a, v, _: self.duty(a, v)
        wire.on[ADC_READ] = lambda a, v, _: self.pin(a).analog
        wire.on[I2C] = self.transfer
        wire.verbs.update(pin=self.setup, pwm=self.pwm, irq=self.irq, i2c=self.open_i2c)

    def pin(self, number: int) -> Pin:
        return self.all.setdefault(number, Pin())

    def setup(self, number: int, mode: str, pull: str, level: int | None) -> None:
        pin = self.pin(number)
        pin.mode, pin.pull = mode, pull
        if pin.pwm:
            self.pwm(number, None, 0)
        if level is not None:
            pin.level = level
        if mode != "in":
            self.write(number, pin.level)

    def write(self, number: int, level: int) -> None:
        pin = self.pin(number)
        pin.level = 1 if level else 0
        if pin.mode == "in":
            return
        for twin in pin.twins:
            if hasattr(twin, "pin"):
                twin.pin(pin.level)
        for changed in list(pin.changed):
            changed(pin.level)

    def pwm(self, number: int, freq: int | None, duty: int) -> None:
        """Frequency None ends it."""
        pin = self.pin(number)
        pin.pwm = None if freq is None else (duty, freq)
        for twin in pin.twins:
            if hasattr(twin, "pwm"):
                twin.pwm(duty, freq or 0)

    def duty(self, number: int, duty: int) -> None:
        pin = self.pin(number)
        if pin.pwm:
            self.pwm(number, pin.pwm[1], duty)

    def irq(self, number: int, trigger: int) -> None:
        self.pin(number).trigger = trigger

    def drive(self, number: int, level: int | None, at_us: float | None = None) -> None:
        """Something outside pulls the pin to `level`, or lets it go (None).

        at_us: the edge's own moment of board time, for what measures it: the program's interrupt sees this time.
        """
        pin = self.pin(number)
        before = pin.read()
        pin.outside = None if level is None else 1 if level else 0
        after = pin.read()
        if before != after and pin.trigger & (RISING if after else FALLING):
            stamp = 0 if at_us is None else int(at_us / STAMP_US) & 0x7FFF or 1
            self.event(EVENT_PIN, number, after | stamp << 1)

    def attach(self, number: int, twin, kind: str) -> None:
        """Connect a pwm, gpio or adc twin."""
        pin = self.pin(number)
        pin.twins.append(twin)
        if kind == "adc":
            twin.drive = lambda u16: setattr(pin, "analog", int(u16))
        else:
            twin.drive = lambda level: self.drive(number, level)

    def open_i2c(self, bus: int, clock: int, data: int) -> None:
        """The program's I2C constructor: both wires rest high."""
        for number in (clock, data):
            pin = self.pin(number)
            pin.mode, pin.pull, pin.level, pin.resistor = "od", "", 1, True
        self.i2c_data[bus] = data

    def hold(self, clock: int, data: int, pulses: int) -> None:
        """A part that lost count keeps the data wire low until it was given so many clocks (UM10204, 3.1.16)."""
        self.drive(data, 0)
        wire, seen = self.pin(clock), [1]

        def clocked(level: int) -> None:
            seen.append(level)
            if seen.count(0) >= pulses and level:
                self.drive(data, None)
            if self.pin(data).outside is None:
                wire.changed.remove(clocked)

        wire.changed.append(clocked)

    def transfer(self, bus: int, v: int, data: bytes) -> object:
        """One I2C transfer: address in bits 0-6, bytes to read from bit 8, bit 7: there is a write part."""
        if bus in self.i2c_data and self.pin(self.i2c_data[bus]).outside == 0:
            raise Refusal(errno.ETIMEDOUT)
        address, count = v & 0x7F, v >> 8
        for twin in self.i2c.get(bus, []):
            if (v & 0x80 or data) and not twin.write(address, data):
                continue
            if not count:
                return len(data)
            answer = twin.read(address, count)
            if answer is not None:
                return bytes(answer[:count]).ljust(count, b"\xff")
        raise Refusal(errno.ENODEV)

    def reset(self) -> None:
        """The chip was reset: every output floats, no interrupt is wanted."""
        for number, pin in self.all.items():
            pin.mode, pin.pull, pin.level, pin.trigger = "in", "", 0, 0
            if pin.pwm:
                self.pwm(number, None, 0)


def event_bytes(kind: int, number: int, value: int) -> bytes:
    return struct.pack("<BBH", kind, number, value & 0xFFFF)
