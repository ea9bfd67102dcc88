"""A serial port: a device, `rfc2217://host:port` or `socket://host:port`, opened for us alone.

What goes wrong with ports goes wrong every day on a bench, so each case has a sentence of its own: busy (and
who holds it), not permitted, not there, pulled out.
"""

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import serial
from serial.tools import list_ports

from yigan.errors import LinkError
from yigan.lang import t
from yigan.link import holder

BAUD = 115200
AWAY_S = 30.0  # as long as a board may be away before we stop looking for it
SETTLE_S = 1.0  # a port that has just come: udev gives its group, ModemManager looks at it
_TICK_S = 0.05  # pyserial's own time-out: setting it again would reconfigure the port each time

_FAILURES = (serial.SerialException, OSError, ValueError)


class Vanished(LinkError):
    """The port was open and is no more."""


class Port:
    """An open port. `read` gives what has come; everything raises LinkError once the port is gone."""

    def __init__(self, device: serial.SerialBase, name: str):
        self._device = device
        self.name = name
        self._by_byte = name.startswith("socket://")  # its in_waiting knows only "some" or "none"

    def read(self, timeout_s: float = 0.0) -> bytes:
        """The bytes that are there, after waiting at most `timeout_s` for the first; b"" when none came."""
        deadline = time.monotonic() + timeout_s
        try:
            while True:
                waiting = self._device.in_waiting
                if waiting and not self._by_byte:
                    return self._device.read(waiting)
                if waiting or time.monotonic() < deadline:
                    first = self._device.read(1)
                    if first:
                        return first + self._rest()
                elif not waiting:
                    return b""
        except _FAILURES as error:
            raise vanished(self.name, error) from error

    def _rest(self) -> bytes:
        if not self._by_byte:
            return self._device.read(self._device.in_waiting)
        got = b""
        while len(got) < 256 and self._device.in_waiting:
            got += self._device.read(1)
        return got

    def write(self, data: bytes) -> None:
        try:
            self._device.write(data)
        except _FAILURES as error:
            raise vanished(self.name, error) from error

    def drain(self, quiet_s: float = 0.1, limit_s: float = 1.0) -> bytes:
        """Read until nothing came for `quiet_s`, at most for `limit_s`."""
        got, deadline = b"", time.monotonic() + limit_s
        while time.monotonic() < deadline:
            more = self.read(quiet_s)
            if not more:
                break
            got += more
        return got

    def pulse_reset(self) -> None:
        """Reset by the control lines, as the auto-reset circuit of ESP32 boards has it: RTS pulls EN, DTR high IO0.

        Source: esptool documentation, "Boot Mode Selection". Ports without such lines (a pty) ignore it.
        """
        with contextlib.suppress(*_FAILURES):
            self._device.dtr = False  # IO0 high: run from flash
            self._device.rts = True
            time.sleep(0.1)
            self._device.rts = False

    def set_baud(self, baud: int) -> None:
        """Go on at another speed, without touching the control lines. ValueError: the device cannot do it."""
        try:
            self._device.baudrate = baud
        except (serial.SerialException, OSError) as error:
            raise vanished(self.name, error) from error

    def send_break(self, seconds: float = 0.25) -> None:
        """Hold the line low; ports without such a thing (a pty, a socket) ignore it."""
        with contextlib.suppress(*_FAILURES):
            self._device.send_break(seconds)

    def close(self) -> None:
        with contextlib.suppress(Exception):  # it may have gone already, and then in many ways
            self._device.close()

    def __enter__(self) -> "Port":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open(name: str, baud: int = BAUD, parity: str = "N", stop: int = 1) -> Port:
    """Open `name` for us alone. LinkError says why not and what to do."""
    remote = "://" in name
    # pyserial's RFC 2217 has neither
    options: dict = {} if remote else {"exclusive": True, "write_timeout": 10}
    try:
        device = serial.serial_for_url(
            name, baudrate=baud, parity=parity, stopbits=stop, timeout=_TICK_S, **options
        )
    except _FAILURES as error:
        raise _explain(name, error) from error
    return Port(device, name)


def open_within(name: str, seconds: float, baud: int = BAUD) -> Port:
    """Open a port that may come back only now: a USB board after its reset takes a second or two."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return open(name, baud)
        except LinkError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def open_followed(
    follow: Callable[[], str], away_s: float = AWAY_S, settle_s: float = SETTLE_S, baud: int = BAUD
) -> Port:
    """Open the port that `follow()` names now; while it names none (""), wait for at most `away_s` seconds.

    One that is there and does not open gets `settle_s`.
    """
    away = time.monotonic() + away_s
    settled = 0.0
    while True:
        name = follow()
        try:
            if name:
                return open(name, baud)
        except LinkError:
            settled = settled or time.monotonic() + settle_s
            if time.monotonic() > min(away, settled):
                raise
        if time.monotonic() > away:
            raise _away(away_s)
        time.sleep(0.1)


def _away(seconds: float) -> LinkError:
    return LinkError(
        t(
            "The board went away and did not come back within {s:.0f} s.",
            "板子已断开，{s:.0f} 秒内没有重新出现。",
            s=seconds,
        ),
        hint=t("Plug it in again and run it again: it resumes.", "请重新插上板子后再运行，会从中断处继续。"),
    )


def _explain(name: str, error: Exception) -> LinkError:
    number = getattr(error, "errno", None) or getattr(error.__context__, "errno", None)
    if "://" in name:
        return _no_answer(name, error)
    if number == errno.ENOENT or not os.path.exists(name):
        return _not_there(name)
    if number in (errno.EACCES, errno.EPERM):
        return _not_permitted(name)
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK):
        return _busy(name)
    if number == errno.ENOTTY or not stat.S_ISCHR(os.stat(name).st_mode):
        return LinkError(t("This is not a serial port.", "这不是串口设备。"), name)
    return LinkError(t("The port does not open: {e}.", "端口打不开：{e}。", e=error), name)


def _no_answer(name: str, error: Exception) -> LinkError:
    if not _is_address(name):
        return LinkError(
            t("This is no address of a port.", "这不是有效的端口地址。"),
            name,
            "socket://HOST:PORT, rfc2217://HOST:PORT",
        )
    return LinkError(
        t("Nobody answers there: {e}.", "对方没有应答：{e}。", e=error),
        name,
        t("Is the server running, and the port number right?", "请检查服务是否运行、端口号是否正确。"),
    )


def _is_address(name: str) -> bool:
    try:
        parts = urlsplit(name)
        return parts.scheme not in ("socket", "rfc2217") or bool(parts.hostname and parts.port)
    except ValueError:  # a port that is no number
        return False


def _not_there(name: str) -> LinkError:
    present = ", ".join(sorted(port.device for port in list_ports.comports()))
    hint = (
        t("Present: {p}.", "现有端口：{p}。", p=present)
        if present
        else t(
            "No serial port is present. A cable that only charges has no data wires: try another one.",
            "没有发现任何串口。仅充电的数据线没有数据芯线，请换一根线。",
        )
    )
    return LinkError(t("There is no such port.", "没有这个端口。"), name, hint)


def group_of(name: str) -> str:
    """The Unix group that may use the port (`dialout`, `uucp`), "" when unknown."""
    try:
        import grp

        return grp.getgrgid(os.stat(name).st_gid).gr_name
    except (ImportError, OSError, KeyError):
        return ""


def _not_permitted(name: str) -> LinkError:
    return LinkError(
        t("You may not use this port.", "没有使用该端口的权限。"),
        name,
        t(
            "Join its group: sudo usermod -aG {g} $USER, then log in again.",
            "请加入用户组：sudo usermod -aG {g} $USER，然后重新登录。",
            g=group_of(name) or "dialout",
        ),
    )


def _busy(name: str) -> LinkError:
    holders = "; ".join(f"{pid} {command}" for pid, command in holder.of(name))
    by = (
        t("It is held by {h}.", "占用者：{h}。", h=holders)
        if holders
        else t(
            "Close the other program (a terminal, an IDE, another yigan).",
            "请关闭其他程序（终端、IDE 或另一个 yigan）。",
        )
    )
    return LinkError(t("Port {p} is busy.", "端口 {p} 被占用。", p=name), hint=by)


def vanished(name: str, error: Exception) -> Vanished:
    """The error for a port that was open and is no more."""
    return Vanished(
        t("The port is gone: {e}.", "端口已断开：{e}。", e=error),
        name,
        t(
            "Was the cable pulled, or the board reset? Run it again: it resumes.",
            "线缆被拔出或板子复位了？重新运行即可继续。",
        ),
    )
