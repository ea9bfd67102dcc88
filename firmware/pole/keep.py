"""Counters that survive power cuts: small integers by name, in RAM at once and on flash now and then.

Two files are written in turn, `<path>.0` and `<path>.1`, one line each: `1 <turn> name=value ... *<crc>`. The
older one stays whole while the younger is written, on whatever file system. On littlefs a text of up to about 110
bytes lies inside the folder's own entry: some twenty writes then cost one erase (host_tools/tests/test_keep.py
counts them), so keep names short and few.
"""

import os

from pole import clock, seldom
from pole.codec import crc

_MOST = 8192  # bytes of a line that is ours

class Keep:
    """`get`, `set` and `add` are RAM; `step()` in a loop writes what changed, at most every `every_s`.

    A cut loses what was added since the last write. `writes` and `failed` count since the start; `lost` tells that
    there was something on flash and none of it could be read.
    """

    def __init__(self, path, every_s=1800):
        self.path = path
        self.every_s = every_s
        self.changed = False
        self.writes = 0
        self.failed = 0
        self.at = clock.uptime_s()  # not before its time after a start either: starts may be many
        from pole.codec import kept_line  # for a start only

        self._turn, self.values, self.lost = kept_line.newest((self._read(0), self._read(1)))
        seldom.forget(kept_line)

    def _read(self, slot):
        """The bytes of a file of ours, None where there is none."""
        try:
            with open("%s.%d" % (self.path, slot), "rb") as file:
                size = file.seek(0, 2)
                file.seek(0)
                return file.read(min(size, _MOST))
        except OSError:
            return None

    def get(self, name, usual=0):
        return self.values.get(name, usual)

    def set(self, name, value):
        """`name`: no space, no `=`, no `*`. `value`: an integer, or a text of several with commas."""
        if self.values.get(name) != value:
            self.values[name] = value
            self.changed = True

    def add(self, name, by=1):
        if by:
            self.set(name, self.values.get(name, 0) + by)

    def drop(self, name):
        if name in self.values:
            del self.values[name]
            self.changed = True

    def step(self):
        """Write if there is something new and it is time; cheap otherwise."""
        if self.changed and clock.uptime_s() - self.at >= self.every_s:
            self.flush()

    def flush(self):
        """Write now if there is something new: before a restart, when the supply fails. False: it did not work."""
        return self.write(self.values.items()) if self.changed else True

    def write(self, pairs):
        """Write these now, each (name, value); as `flush`. In pieces: a heap that is nearly full has no room for a long line."""
        self.at = clock.uptime_s()
        try:
            self._write("%s.%d" % (self.path, self._turn + 1 & 1), pairs)
        except OSError:
            self.failed += 1
            return False
        self._turn += 1
        self.writes += 1
        self.changed = False
        return True

    def _write(self, path, pairs):
        try:
            file = open(path, "wb")
        except OSError:  # a board that never kept anything has no such folder
            os.mkdir(self.path.rsplit("/", 1)[0])
            file = open(path, "wb")
        with file:
            piece = b"1 %d" % (self._turn + 1)
            check = crc.modbus(piece)
            for name, value in pairs:
                file.write(piece)
                piece = (" %s=%s" % (name, value)).encode()
                check = crc.modbus(piece, crc=check)
            file.write(piece)
            file.write(b" *%04x\n" % check)
            if hasattr(os, "fsync"):  # a gateway's system would keep it in RAM
                file.flush()
                os.fsync(file.fileno())
