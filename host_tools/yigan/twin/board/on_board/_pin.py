# machine.Pin, PWM, ADC, Signal as ESP32 and RP2 have them, strict about what a pin can do.
import _hub
import time_

_facts = {}
_numbers = {}  # name -> number


class Pin:
    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_FALLING = 2
    IRQ_RISING = 1

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=None, hold=None, alt=-1):
        if isinstance(id, Pin):
            id = id._n
        if isinstance(id, str):
            if id not in _numbers:
                raise ValueError("unknown named pin \"%s\"" % id)
            id = _numbers[id]
        if id not in _facts["in"] and id not in _facts["out"]:
            raise ValueError("invalid pin")
        self._n = id
        if mode != -1 or pull != -1 or value is not None:
            self._setup(-1 if mode is None else mode, pull, value)

    def _setup(self, mode, pull, value):
        if mode in (self.OUT, self.OPEN_DRAIN) and self._n not in _facts["out"]:
            raise ValueError("pin can only be input")
        if pull in (self.PULL_UP, self.PULL_DOWN) and self._n not in _facts["out"]:
            raise ValueError("pin has no pull resistors")
        name = {self.OUT: "out", self.OPEN_DRAIN: "od"}.get(mode, "in")
        pull = {self.PULL_UP: "up", self.PULL_DOWN: "down"}.get(pull, "")
        _hub.ask("pin", self._n, name, pull, None if value is None else int(bool(value)))

    def init(self, mode=-1, pull=-1, *, value=None, drive=None, hold=None, alt=-1):
        self._setup(mode, pull, value)

    def value(self, level=None):
        if level is None:
            return _hub.call(_hub.PIN_READ, self._n)
        _hub.cast(_hub.PIN_WRITE, self._n, 1 if level else 0)

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    high, low = on, off

    def toggle(self):
        self.value(not self.value())

    def irq(self, handler=None, trigger=None, hard=False, wake=None):
        if trigger is None:
            trigger = self.IRQ_RISING | self.IRQ_FALLING
        _hub.on_event(1, self._n, handler and (lambda value: time_._at(value >> 1, handler, self)))
        edges = (1 if trigger & self.IRQ_RISING else 0) | (2 if trigger & self.IRQ_FALLING else 0)
        _hub.ask("irq", self._n, edges if handler else 0)
        return self

    def __repr__(self):
        return "Pin(%d)" % self._n

    def __hash__(self):
        return self._n

    def __eq__(self, other):
        return isinstance(other, Pin) and other._n == self._n


class PWM:
    _max_freq = 40000000

    def __init__(self, dest, *, freq=None, duty=None, duty_u16=None, duty_ns=None, invert=None):
        self._n = dest._n if isinstance(dest, Pin) else dest
        if self._n not in _facts["out"]:
            raise ValueError("invalid pin")
        self._freq = 0
        self._duty = 32768 if _facts["port"] == "esp32" else 0  # the ports' own defaults
        self.init(freq=freq, duty=duty, duty_u16=duty_u16, duty_ns=duty_ns)

    def init(self, *, freq=None, duty=None, duty_u16=None, duty_ns=None, invert=None):
        if freq is None and not self._freq and _facts["port"] == "esp32":
            freq = 5000
        if duty is not None:
            duty_u16 = self._checked(duty, 1023) * 65535 // 1023
        if duty_u16 is not None:
            self._duty = self._checked(duty_u16, 65535)
        if freq is not None:
            if not 1 <= freq <= self._max_freq:
                raise ValueError("frequency must be from 1Hz to 40MHz")
            self._freq = freq
        if duty_ns is not None:
            self._duty = self._checked(duty_ns * self._freq * 65535 // 1000000000, 65535)
        _hub.ask("pwm", self._n, self._freq or None, self._duty)

    def _checked(self, duty, top):
        if not 0 <= duty <= top:
            raise ValueError("duty must be from 0 to %d" % top)
        return duty

    def duty_u16(self, duty=None):
        if duty is None:
            return self._duty
        self._duty = self._checked(duty, 65535)
        _hub.cast(_hub.PWM_DUTY, self._n, duty)

    def duty(self, duty=None):
        if duty is None:
            return self._duty * 1023 // 65535
        self.duty_u16(self._checked(duty, 1023) * 65535 // 1023)

    def duty_ns(self, ns=None):
        if ns is None:
            return self._duty * 1000000000 // 65535 // self._freq
        self.init(duty_ns=ns)

    def freq(self, freq=None):
        if freq is None:
            return self._freq
        self.init(freq=freq)

    def deinit(self):
        _hub.ask("pwm", self._n, None, 0)


class DAC:
    """Of an ESP32: eight bits on two pins. Its twin sees a PWM without a frequency."""

    def __init__(self, id):
        self._n = id._n if isinstance(id, Pin) else id
        if self._n not in (25, 26):  # ESP32 datasheet 2.3; other chips' builds have no DAC
            raise ValueError("invalid pin")
        _hub.ask("pwm", self._n, 1, 0)

    def write(self, value):
        if not 0 <= value <= 255:
            raise ValueError("value out of range")
        _hub.cast(_hub.PWM_DUTY, self._n, value * 257)


class ADC:
    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3
    WIDTH_9BIT = 9
    WIDTH_10BIT = 10
    WIDTH_11BIT = 11
    WIDTH_12BIT = 12
    CORE_TEMP = 4

    def __init__(self, id, *, atten=None):
        self._n = id._n if isinstance(id, Pin) else id
        if _facts["port"] == "rp2" and not isinstance(id, Pin) and 0 <= id <= 4:
            self._n = 26 + id
        if self._n not in _facts["adc"] and not (_facts["port"] == "rp2" and self._n == 30):
            raise ValueError("invalid pin")

    def read_u16(self):
        if self._n == 30:
            return 14028  # 0.7065 V: 27 degrees (RP2040 datasheet 4.9.5)
        return _hub.call(_hub.ADC_READ, self._n)

    def read(self):
        return self.read_u16() >> 4

    def read_uv(self):
        return self.read_u16() * 1100000 // 65535 * 3

    def atten(self, atten):
        pass

    def width(self, bits):
        pass

    def init(self, *, atten=None):
        pass


class Signal:
    def __init__(self, pin, *args, invert=False, **kw):
        self._pin = pin if isinstance(pin, Pin) else Pin(pin, *args, **kw)
        self._invert = 1 if invert else 0

    def value(self, level=None):
        if level is None:
            return self._pin.value() ^ self._invert
        self._pin.value((1 if level else 0) ^ self._invert)

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


def setup(facts, leave):
    """Fix what this chip's pins can do, and drop what its port's classes lack."""
    _facts.update(facts)
    if facts["port"] == "rp2":
        _numbers.update({"GP%d" % n: n for n in facts["in"]})
        _numbers["LED"] = 25
        leave(PWM, "duty")
        leave(ADC, "ATTN_0DB ATTN_2_5DB ATTN_6DB ATTN_11DB WIDTH_9BIT WIDTH_10BIT WIDTH_11BIT WIDTH_12BIT")
        leave(ADC, "read read_uv atten width init")
        Pin.PULL_UP, Pin.PULL_DOWN, Pin.IRQ_FALLING, Pin.IRQ_RISING = 1, 2, 4, 8
    else:
        leave(ADC, "CORE_TEMP")
        leave(Pin, "high low")
        Pin.DRIVE_0, Pin.DRIVE_1, Pin.DRIVE_2, Pin.DRIVE_3 = 0, 1, 2, 3
        Pin.WAKE_LOW, Pin.WAKE_HIGH = 4, 5
