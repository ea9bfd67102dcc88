"""A gateway: CPython on Linux, with pyserial, and the kernel's own files for PWM."""

import asyncio
import os
import sys
import time

from pole import clock, errors
from pole.hal import net_linux as net  # noqa: F401

WATCHDOG_MS = 15000
STATE = os.environ.get("STATE_DIRECTORY", "/var/lib/yigan")  # systemd's StateDirectory=


class Uart:
    """A serial line by pyserial; the same face as hal/uart.py. `path` is the device."""

    def __init__(self, spec):
        import serial

        bits, stop, parity = spec.get("bits", 8), spec.get("stop", 1), spec.get("parity", "N")
        self._bits = 1 + bits + stop + (parity != "N")
        self._pace(spec["baud"])
        self._serial = serial.Serial(
            spec["path"], self.baud, bits, parity, stop, timeout=0, write_timeout=1, exclusive=True
        )

    def _pace(self, baud):
        self.baud = baud
        self.char_us = self._bits * 1000000 // baud
        self.poll_ms = min(50, max(2, self.char_us * 64 // 1000))

    def set_baud(self, baud):
        self._serial.baudrate = baud
        self._pace(baud)

    def take(self, buf):
        return self._serial.readinto(buf)

    async def readinto(self, buf, timeout_ms):
        end = time.monotonic() + timeout_ms / 1000
        while True:
            n = self.take(buf)
            if n:
                return n
            left = end - time.monotonic()
            if left <= 0:
                return 0
            await clock.sleep_ms(min(1000 * left, self.poll_ms))

    def begin(self, buf):
        self._serial.write(bytes(buf))
        return len(buf) * self.char_us // 1000

    def end(self):
        self._serial.flush()

    async def send(self, buf):
        await clock.sleep_ms(self.begin(buf))
        self.end()


class Rs485(Uart):
    """RS-485 whose direction the kernel drives (TIOCSRS485), as on every Pi hat with RTS wired to DE."""

    def __init__(self, spec):
        super().__init__(spec)
        if spec.get("direction", "kernel") == "kernel":
            from serial.rs485 import RS485Settings

            try:
                self._serial.rs485_mode = RS485Settings()
            except (ValueError, OSError):  # USB adapters switch by themselves and refuse the ioctl
                pass


class _Ready:
    """Await it to wait for the first byte."""

    def __init__(self, fd):
        self._fd = fd

    def __await__(self):
        loop = asyncio.get_running_loop()
        come = loop.create_future()
        loop.add_reader(self._fd, lambda: come.done() or come.set_result(None))
        try:
            yield from come
        finally:
            loop.remove_reader(self._fd)


class Served(Rs485):
    """A line on which others ask; the same face as hal/served.py."""

    def __init__(self, spec):
        super().__init__(spec)
        self.ready = _Ready(self._serial.fileno())


class Pwm:
    """/sys/class/pwm, channel `channel` of chip `chip`."""

    def __init__(self, spec):
        self.freq_hz = spec.get("freq_hz", 1000)
        root = spec.get("root", "/sys/class/pwm") + "/pwmchip%d" % spec.get("chip", 0)
        self._folder = "%s/pwm%d" % (root, spec.get("channel", 0))
        self._period_ns = 1000000000 // self.freq_hz
        if not os.path.isdir(self._folder):
            self._put(root + "/export", spec.get("channel", 0))
        self._put(self._folder + "/period", self._period_ns)
        self._put(self._folder + "/enable", 1)

    def _put(self, path, value):
        with open(path, "w") as file:
            file.write(str(value))

    def duty(self, u16):
        self._put(self._folder + "/duty_cycle", self._period_ns * u16 // 65535)


KINDS = {"uart": Uart, "rs485": Rs485, "served": Served, "pwm": Pwm}


def bus(spec):
    kind = KINDS.get(spec["kind"])
    if kind is None:
        raise errors.ConfigError("bus kind %s" % spec["kind"])
    return kind(spec)


class Console:
    """Standard input and output; nothing when standard input is no terminal or pipe that lives on."""

    def __init__(self):
        self._in = sys.stdin.fileno() if sys.stdin and not sys.stdin.closed else -1
        if self._in >= 0:
            os.set_blocking(self._in, False)

    def readinto(self, buf):
        if self._in < 0:
            return 0
        try:
            data = os.read(self._in, len(buf))
        except BlockingIOError:
            return 0
        if not data:  # end of file: a service without a bench
            self._in = -1
        buf[: len(data)] = data
        return len(data)

    def write(self, data):
        os.write(1, data)


def console():
    return Console()


def wall():
    """(seconds since 2020-01-01, trust) of the system's clock: NETWORK once timesyncd or chrony has set it."""
    synchronised = any(
        os.path.exists(path) for path in ("/run/systemd/timesync/synchronized", "/run/chrony/chronyd.sock")
    )
    return int(time.time()) - 1577836800, clock.NETWORK if synchronised else clock.RTC


def reset_cause():
    return "reset"


def read_crumb():
    """A gateway's program starts anew: nothing to remember."""
    return b""


def write_crumb(data):
    pass


def unique_id():
    """The machine id: stable across boots, unlike interface names."""
    try:
        with open("/etc/machine-id") as file:
            return file.read().strip()[:32]
    except OSError:
        return ""


def watchdog(timeout_ms):
    """systemd's watchdog when the service asks for one, else nothing to feed."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return None
    import socket

    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.connect("\0" + address[1:] if address[0] == "@" else address)

    def feed():
        notify.send(b"WATCHDOG=1")

    return feed


def reset(hard=True):
    """Start this program again; the machine itself belongs to its owner."""
    os.execv(sys.executable, [sys.executable] + sys.argv)


def temperature():
    """Tenths of a degree Celsius of the first thermal zone, or None."""
    try:
        with open("/sys/class/thermal/thermal_zone0/temp") as file:
            return int(file.read()) // 100
    except (OSError, ValueError):
        return None


def interface(spec, say):
    """The operating system keeps its own interfaces."""
    return None
