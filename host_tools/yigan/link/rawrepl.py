"""The raw REPL of a MicroPython board: get into it from any state, run code, see its output.

Source: MicroPython documentation, "The MicroPython Interactive Interpreter Mode (aka REPL)", sections "Raw mode"
and "Raw-paste mode": Ctrl-A enters, Ctrl-B leaves, Ctrl-C interrupts, Ctrl-D runs (or resets when nothing was
typed); ENQ A SOH starts a paste with flow control.
"""

import time
from collections.abc import Callable

from yigan.errors import DeviceError, LinkError
from yigan.lang import t
from yigan.link.serial import Port
from yigan.terminal import visible

_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_PASTE = b"\x05A\x01"
_QUIET_S = 0.05
_PLAIN_CHUNK = 64  # bytes at a time where the board knows no raw paste: its ring is 259 bytes


class RawRepl:
    """Speaks the raw REPL on an open port. LinkError: no REPL there. DeviceError: the code raised."""

    def __init__(self, port: Port):
        self.port = port
        self._got = b""
        self._knocked = 0  # times, until it let us in

    # Getting in

    def enter(self, soft_reset: bool = True, timeout_s: float = 15.0) -> None:
        """Reach the raw REPL, whatever runs now; with `soft_reset` a fresh interpreter (boot.py ran, main.py not)."""
        began = time.monotonic()
        self._knock(began, timeout_s, soft_reset)
        while soft_reset:
            self._got = b""
            self.port.write(b"\x04")
            left = began + timeout_s - time.monotonic()
            if self._banner(min(5.0, max(left, 0.5)), quiet=self._knocked > 1):
                return
            self._knock(began, timeout_s)  # boot.py did not end: stop it, and be content with that
            soft_reset = False

    def _knock(self, began: float, timeout_s: float, hasty: bool = False) -> None:
        """Interrupt, and again, harder each time, until the banner comes.

        `hasty`: when the first knock was answered nothing else can follow it.
        """
        tries = 0
        heard = b""
        while time.monotonic() - began < timeout_s:
            tries += 1
            self._interrupt(tries)
            self._got = b""
            self.port.write(b"\r\x01")
            if self._banner(0.3 + 0.2 * min(tries, 6), quiet=not (hasty and tries == 1)):
                self._knocked = tries
                return
            heard = self._got[-200:] or heard
            if tries == 8:
                self.port.pulse_reset()
        raise _no_repl(self.port.name, heard)

    def _interrupt(self, tries: int) -> None:
        """Ctrl-C, several times for a program that catches it; Enter first to end a half-typed line."""
        self.port.write(b"\r\x03")
        for _ in range(min(2 * tries - 1, 12)):
            self.port.read(0.02)
            self.port.write(b"\x03")

    def _banner(self, timeout_s: float, quiet: bool = True) -> bool:
        deadline = time.monotonic() + timeout_s
        while _BANNER not in self._got:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            # A program that never stops printing must not fill our memory: the banner fits in the tail.
            self._got = self._got[-4096:] + self.port.read(min(left, 0.1))
        # Each knock may have its own answer: none of them may be taken for that of the code to come.
        if quiet:
            self.port.drain(_QUIET_S, 1.0)
        self._got = b""
        return True

    def leave(self) -> None:
        """Back to the friendly REPL."""
        self.port.write(b"\r\x02")

    # Running code

    def exec(
        self, code: str, timeout_s: float = 10.0, output: Callable[[bytes], None] | None = None
    ) -> bytes:
        """Run `code`, return what it printed; `output` gets each piece as it comes.

        `timeout_s` is the longest silence. DeviceError carries the board's traceback.
        """
        self.start(code)
        printed = self._until(b"\x04", timeout_s, output)
        error = self._until(b"\x04", timeout_s)
        self._until(b">", timeout_s)
        if error:
            raise _raised(visible.lines(error), self.port.name)
        return printed

    def start(self, code: str | bytes) -> None:
        """Send `code` (text, or the bytes of one) and return when the board begins to run it: from then on the port is the code's."""
        self._got = b""
        self.port.write(_PASTE)
        answer = self._take(2, 2.0)
        code = code.encode() if isinstance(code, str) else code
        if answer == b"R\x01":
            self._paste(code)
            return
        if answer != b"R\x00":
            self._until(b">", 2.0)  # an interpreter before 1.14 shows its banner again
        self._type(code)

    def _paste(self, code: bytes) -> None:
        """Raw paste: the board grants windows, a SOH each; EOT from it means that it has had enough."""
        window = int.from_bytes(self._take(2, 2.0), "little")
        granted, at = window, 0
        while at < len(code):
            while granted == 0 or self._got:
                granted += self._grant(window)
            piece = code[at : at + granted]
            self.port.write(piece)
            at, granted = at + len(piece), granted - len(piece)
            self._got += self.port.read()
        self.port.write(b"\x04")
        self._until(b"\x04", 10.0)  # grants may still come before it

    def _grant(self, window: int) -> int:
        answer = self._take(1, 5.0)
        if answer == b"\x01":
            return window
        self.port.write(b"\x04")
        raise LinkError(t("The board broke off the paste.", "板子中断了粘贴。"), self.port.name)

    def _type(self, code: bytes) -> None:
        for at in range(0, len(code), _PLAIN_CHUNK):
            self.port.write(code[at : at + _PLAIN_CHUNK])
            time.sleep(0.02)  # no flow control here: leave it time to take them
        self.port.write(b"\x04")
        if self._take(2, 10.0) != b"OK":
            raise LinkError(t("The board did not take the code.", "板子没有接受代码。"), self.port.name)

    # Reading

    def rest(self) -> bytes:
        """What was read beyond the start of the code: its first output, for who takes the port over."""
        taken, self._got = self._got, b""
        return taken

    def _take(self, count: int, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        while len(self._got) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise _silent(self.port.name)
            self._got += self.port.read(left)
        taken, self._got = self._got[:count], self._got[count:]
        return taken

    def _until(self, end: bytes, timeout_s: float, output: Callable[[bytes], None] | None = None) -> bytes:
        """What came before the one byte `end`; `timeout_s` is the longest silence."""
        got = b""
        while True:
            before, found, after = self._got.partition(end)
            got += before
            if output and before:
                output(before)
            self._got = after
            if found:
                return got
            self._got = self.port.read(timeout_s)
            if not self._got:
                raise _silent(self.port.name)


def _silent(name: str) -> LinkError:
    return LinkError(
        t("The board fell silent.", "板子没有应答。"),
        name,
        t(
            "Check cable and power, press its reset button, and run it again.",
            "请检查线缆与供电，按复位键后重试。",
        ),
    )


def _no_repl(name: str, heard: bytes) -> LinkError:
    if not heard.strip(b"\0\r\n"):
        return LinkError(
            t("Nothing answers on this port.", "该端口没有任何应答。"),
            name,
            t(
                "Is it the board's console, is the board powered, does it run MicroPython? A chip in boot mode or "
                "without MicroPython stays silent too.",
                "请确认这是板子的控制台、板子已上电并装有 MicroPython。处于下载模式或未装 MicroPython 的芯片也不会应答。",
            ),
        )
    return LinkError(
        t("The board talks, but lets nobody into its raw REPL.", "板子有输出，但无法进入 raw REPL。"),
        name,
        t(
            "It last said {h!r}. Wrong baud rate, another firmware, or a program that blocks Ctrl-C: press reset "
            "and run it again at once.",
            "最后的输出是 {h!r}。可能波特率不对、是其他固件，或程序屏蔽了 Ctrl-C：请按复位键后立即重试。",
            h=heard[-60:].decode(errors="replace"),
        ),
    )


def _raised(trace: str, name: str) -> DeviceError:
    last = trace.strip().splitlines()[-1] if trace.strip() else ""
    return DeviceError(t("The board raised {e}.", "板子报错 {e}。", e=last), name, trace.strip())
