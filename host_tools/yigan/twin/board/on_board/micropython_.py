# `micropython` of a board: Ctrl-C is decided at the console, outside.
from micropython import (  # noqa: F401
    RingIO,
    const,
    heap_lock,
    heap_unlock,
    mem_info,
    opt_level,
    qstr_info,
    schedule,
    stack_use,
)

import _hub


def kbd_intr(char):
    _hub.ask("kbd", char)


def alloc_emergency_exception_buf(size):
    pass
