"""Buses and pins on MicroPython: what ESP32 and RP2 have in common."""

import sys
from select import POLLIN, poll

import machine
from machine import ADC, I2C, PWM, UART, Pin

from pole import clock, errors

_PARITY = {"N": None, "E": 0, "O": 1}


class Uart:
    """A serial line. Reading polls: nothing is allocated, and every port has `readinto` with timeout 0."""

    def __init__(self, spec):
        self.baud = spec["baud"]
        bits, stop, parity = spec.get("bits", 8), spec.get("stop", 1), spec.get("parity", "N")
        self.char_us = (1 + bits + stop + (parity != "N")) * 1000000 // self.baud
        self.poll_ms = min(50, max(2, self.char_us * 64 // 1000))  # a quarter of the receive ring
        pins = {name: Pin(spec[name]) for name in ("tx", "rx") if spec.get(name, -1) >= 0}
        self._uart = UART(  # type: ignore[call-overload]
            spec["id"],
            baudrate=self.baud,
            bits=bits,
            parity=_PARITY[parity],
            stop=stop,
            rxbuf=512,
            timeout=0,
            **pins,
        )

    async def readinto(self, buf, timeout_ms):
        """At least one byte into `buf` and the count, or 0 after `timeout_ms`."""
        end = clock.ticks_add(clock.ticks_ms(), timeout_ms)
        while True:
            n = self._uart.readinto(buf)
            if n:
                return n
            left = clock.ticks_diff(end, clock.ticks_ms())
            if left <= 0:
                return 0
            await clock.sleep_ms(min(left, self.poll_ms))

    def write(self, buf):
        """Hand `buf` to the driver's ring (it must fit: 256 bytes)."""
        self._uart.write(buf)

    async def send(self, buf):
        """As `write`, and return when the last bit is on the wire."""
        self._uart.write(buf)
        await clock.sleep_ms(max(0, len(buf) * self.char_us // 1000 - 1))
        start = clock.ticks_us()
        while not self._uart.txdone() and clock.ticks_diff(clock.ticks_us(), start) < 2000:
            pass  # 2 ms at most: the driver-enable pin must fall before the slave answers

    def flush_input(self):
        while self._uart.any():
            self._uart.read(self._uart.any())


class Rs485(Uart):
    """A serial line behind a transceiver whose driver-enable pin is ours to time (no port has an RS-485 mode)."""

    def __init__(self, spec):
        self._enable = Pin(spec["de"], Pin.OUT, value=0)
        super().__init__(spec)

    async def send(self, buf):
        self._enable(1)
        try:
            await super().send(buf)
        finally:
            self._enable(0)

    def write(self, buf):
        raise errors.ConfigError("rs485: send, never write")


class Pwm:
    """One PWM output."""

    def __init__(self, spec):
        self.freq_hz = spec.get("freq_hz", 1000)
        # Given at once, so that a lamp does not flash at the constructor's own default.
        self._pwm = PWM(Pin(spec["pin"]), freq=self.freq_hz, duty_u16=spec.get("duty_u16", 0))

    def duty(self, u16):
        self._pwm.duty_u16(u16)


class Gpio:
    """One digital pin: `pull` "up"/"down", `out` true for an output, `active` 0 for active low."""

    def __init__(self, spec):
        pull = {"up": Pin.PULL_UP, "down": Pin.PULL_DOWN}.get(spec.get("pull"))
        self._invert = 0 if spec.get("active", 1) else 1
        if spec.get("out"):
            self._pin = Pin(spec["pin"], Pin.OUT, value=spec.get("value", 0) ^ self._invert)
        else:
            self._pin = Pin(spec["pin"], Pin.IN, pull)

    def value(self, level=None):
        if level is None:
            return self._pin.value() ^ self._invert
        self._pin.value(level ^ self._invert)

    def irq(self, fn):
        """`fn(pin)` on both edges, from the scheduler (it may allocate)."""
        self._pin.irq(fn, Pin.IRQ_RISING | Pin.IRQ_FALLING)


class Adc:
    def __init__(self, spec):
        self._adc = ADC(Pin(spec["pin"]))

    def read_u16(self):
        return self._adc.read_u16()


def _i2c(spec):
    return I2C(spec["id"], scl=Pin(spec["scl"]), sda=Pin(spec["sda"]), freq=spec.get("freq_hz", 100000))


KINDS = {"uart": Uart, "rs485": Rs485, "pwm": Pwm, "gpio": Gpio, "adc": Adc, "i2c": _i2c}


def bus(spec):
    """Open the bus of a compiled `spec`; ConfigError when this port has no such kind."""
    kind = KINDS.get(spec["kind"])
    if kind is None:
        raise errors.ConfigError("bus kind %s" % spec["kind"])
    return kind(spec)


class Console:
    """The bench's line: standard input and output, beside the REPL and whatever prints."""

    def __init__(self):
        self._poll = poll()
        self._poll.register(sys.stdin, POLLIN)
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer

    def readinto(self, buf):
        """What is there now, never waiting. A read of more than one byte would block until all came."""
        n = 0
        while n < len(buf) and self._poll.poll(0):
            byte = self._in.read(1)
            if not byte:
                break
            buf[n] = byte[0]
            n += 1
        return n

    def write(self, data):
        self._out.write(data)


def watchdog(timeout_ms):
    """Arm it, for good; returns what feeds it."""
    return machine.WDT(timeout=timeout_ms).feed


def unique_id():
    """The chip's number as hex text. It is no identity: two chips may share one."""
    return "".join("%02x" % byte for byte in machine.unique_id())


def reset(hard=True):
    if hard:
        machine.reset()
    machine.soft_reset()


class Wifi:
    """The wireless interface as a client, kept connected."""

    def __init__(self, spec, wlan, say):
        self._spec = spec
        self._wlan = wlan
        self._say = say
        self.drops = 0

    async def run(self, beat):
        """For ever: connect, and connect again. The port's own reconnection is not relied upon."""
        wlan, was = self._wlan, False
        wlan.active(True)
        wait_s = 1
        while True:
            beat()
            if wlan.isconnected():
                if not was:
                    self._say("Wi-Fi %s, address %s" % (self._spec["ssid"], wlan.ifconfig()[0]))
                was, wait_s = True, 1
                await clock.sleep_ms(1000)
                continue
            if was:
                was = False
                self.drops += 1
                self._say("Wi-Fi lost")
            wlan.disconnect()
            wlan.connect(self._spec["ssid"], self._spec.get("password") or None)
            for _ in range(10 * wait_s):
                beat()
                await clock.sleep_ms(500)
                if wlan.isconnected():
                    break
            wait_s = min(2 * wait_s, 6)


def interface(spec, say):
    """The interface of a compiled `spec`; `say(text)` logs. ConfigError when this port has no such kind."""
    if spec["kind"] != "wifi":
        raise errors.ConfigError("interface kind %s" % spec["kind"])
    try:
        import network
    except ImportError:  # an image for a board without a radio
        raise errors.ConfigError("this image has no network")
    return Wifi(spec, network.WLAN(network.STA_IF), say)
