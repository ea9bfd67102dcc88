"""What ESP32 and RP2 have in common: the console, the watchdog, and buses by kind."""

import sys
import time
from asyncio import core  # type: ignore[attr-defined]  # which the stubs leave out
from select import POLLIN, poll

import machine

from pole import load


def bus(spec):
    """Open the bus of a compiled `spec`: its kind is a module beside this one."""
    return load.module("hal", spec["kind"]).Bus(spec)


def interface(spec, say):
    """The interface of a compiled `spec`; `say(text)` logs. ImportError on an image without it."""
    return load.module("hal", spec["kind"]).Interface(spec, say)


class Console:
    """The bench's line: standard input and output, beside the REPL and whatever prints."""

    def __init__(self):
        self._poll = poll()
        self._poll.register(sys.stdin, POLLIN)
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer

    def wait(self):
        """Until something is there: asyncio's own poll looks, no task wakes up for nothing."""
        yield core._io_queue.queue_read(sys.stdin)

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


def forget_beginnings(made):
    """No object of these classes is made again. What else was for the beginning only `settle` knows, where there is one.

    It returns further objects that the first one made.
    """
    for one in made:
        kind = type(one)
        if getattr(kind, "settle", None):
            forget_beginnings(one.settle() or ())
            kind.settle = None
        _forget_constructor(kind)


def _forget_constructor(kind):
    if "__init__" in kind.__dict__:
        kind.__init__ = None  # a class keeps what was deleted, and lets go what was replaced
    for base in kind.__bases__:
        if base is not object:
            _forget_constructor(base)


def console():
    return Console()


def watchdog(timeout_ms):
    """Arm it, for good; returns what feeds it."""
    return machine.WDT(timeout=timeout_ms).feed


def unique_id():
    """The chip's number as hex text. It is no identity: two chips may share one."""
    return "".join("%02x" % byte for byte in machine.unique_id())


def reset(hard=True):
    time.sleep_ms(200)  # what the sockets have taken goes out
    if hard:
        machine.reset()
    machine.soft_reset()
