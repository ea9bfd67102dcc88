"""A NOR flash under the real littlefs, whose power can be cut at any write or erase.

Erase sets a block to FF, a program can only clear bits, and the operation at which the power goes leaves half
of itself behind: a torn page. What runs when the power goes is a forked process: it ends there, as a board does.
"""

import mmap
import os
import traceback

from littlefs import LittleFS
from littlefs.context import UserContext
from littlefs.errors import LittleFSError

_CUT = 77


def board_like(fn):
    """`fn` of littlefs-python with a board's errors: OSError."""

    def call(*args, **kwargs):
        try:
            return fn(*args, **kwargs)
        except LittleFSError as error:
            raise OSError(-error.code) from error

    return call


def cleared(old, new):
    """What programming `new` over `old` leaves: it can only clear bits."""
    both = int.from_bytes(old, "little") & int.from_bytes(new, "little")
    return both.to_bytes(len(new), "little")


class Nor(UserContext):
    """`cut_at`: the number of the operation (from 1) at which the power goes; None for never."""

    def __init__(self, blocks=32, block_size=4096, image=None):
        super().__init__(buffer=mmap.mmap(-1, blocks * block_size))  # shared with a forked child
        self.block_size, self.blocks = block_size, blocks
        self.buffer[:] = b"\xff" * (blocks * block_size) if image is None else image
        self.operations = 0
        self.cut_at = None

    def _cut_now(self):
        self.operations += 1
        return self.operations == self.cut_at

    def read(self, cfg, block, off, size):
        """Without the logger that littlefs-python asks for each time, which is half of all that a test does."""
        start = block * cfg.block_size + off
        return bytearray(self.buffer[start : start + size])

    def prog(self, cfg, block, off, data):
        cut = self._cut_now()
        start = block * cfg.block_size + off
        end = start + (len(data) // 2 if cut else len(data))
        self.buffer[start:end] = cleared(self.buffer[start:end], data[: end - start])
        if cut:
            os._exit(_CUT)
        return 0

    def erase(self, cfg, block):
        cut = self._cut_now()
        size = cfg.block_size // 2 if cut else cfg.block_size
        start = block * cfg.block_size
        self.buffer[start : start + size] = b"\xff" * size
        if cut:
            os._exit(_CUT)
        return 0

    def mount(self, fresh=False):
        """The file system on this flash; `fresh` formats it first."""
        fs = LittleFS(
            context=self, block_size=self.block_size, block_count=self.blocks, prog_size=256, read_size=32,
            cache_size=256, lookahead_size=32, mount=False,
        )
        if fresh:
            fs.format()
        fs.mount()
        return fs


def run_until_cut(flash, act):
    """`act(fs)` on this flash in a process of its own, which dies where the power goes."""
    child = os.fork()
    if child == 0:
        try:
            act(flash.mount())
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, _CUT), f"the program under test ended with {status}"
    return status == _CUT


def cut_everywhere(prepare, act, check):
    """Cut the power at every flash operation of `act(fs)`; after each, `check(fs)` on the flash as it is then.

    `prepare(fs)` makes the flash before. Returns the number of operations walked through.
    """
    first = Nor()
    prepare(first.mount(fresh=True))
    image = bytes(first.buffer)
    cuts = 0
    while True:
        flash = Nor(image=image)
        flash.cut_at = cuts + 1
        cut = run_until_cut(flash, act)
        check(Nor(image=bytes(flash.buffer)).mount())
        if not cut:
            return cuts
        cuts += 1
