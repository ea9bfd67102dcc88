"""Into the boot loader through the program that runs: MicroPython's machine.bootloader()."""

import contextlib

from yigan.errors import YiganError
from yigan.link import serial
from yigan.link.rawrepl import RawRepl

_PATIENCE_S = 3.0


def loader(port: str) -> bool:
    """Whether a MicroPython at `port` took us there. ESP32-S3, C3 and RP2 know how; an ESP32 does not."""
    try:
        with serial.open(port) as line:
            repl = RawRepl(line)
            repl.enter(soft_reset=False, timeout_s=_PATIENCE_S)
            if b"yes" not in repl.exec("import machine\nprint('yes' if hasattr(machine, 'bootloader') else 'no')"):
                repl.leave()
                return False
            with contextlib.suppress(YiganError):
                repl.start("machine.bootloader()")
            line.drain(0.3)
            return True
    except YiganError:
        return False
