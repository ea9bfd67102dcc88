"""A ring of log lines in RAM that uplinks and the console can read.

A line that says the same as the last one of its place only counts up: a dead sensor cannot flush the ring. Lines lie as
bytes behind each other, since as objects they would take four times as much; new ones push out the oldest.
"""

import struct

from pole import clock

DEBUG, INFO, WARN, ERROR = 0, 1, 2, 3
_ROOM = 1280  # bytes of all lines, thirty or so
_PLACE, _TEXT = 32, 96  # bytes kept of a place and of a text
_BACK = 4  # so far back the last line of a place is looked for

# A line: its length, level, length of its place, uptime, times, place, text, its length again
_LEVEL, _LONG, _UPTIME, _TIMES, _WHERE = 1, 2, 3, 7, 11


class Log:
    """`seq` numbers start at 1; lines are [seq, uptime, level, where, text, times]."""

    level = INFO
    echo = None  # a callable(level, where, text), for the console of a gateway

    def __init__(self, room=_ROOM):
        self._lines = bytearray(room)
        self._end = 0
        self._first = 1  # number of the oldest line
        self.seq = 0
        self.errors = 0  # lines of level ERROR since the start

    def add(self, level, where, text):
        """Keep one line. `where` is a short name: a peripheral, an uplink, a service."""
        if level < self.level:
            return
        self.errors += level >= ERROR
        text = str(text)
        place, said, times = _cut(where, _PLACE), _cut(text, _TEXT), 1
        lines, at, n = self._lines, self._last_of(place), _WHERE + len(place) + len(said) + 1
        same = at >= 0 and lines[at] == n and lines[at + _LEVEL] == level
        if same and lines.find(said, at + n - 1 - len(said), at + n - 1) >= 0:
            times += struct.unpack_from("<I", lines, at + _TIMES)[0]
        else:
            at = self._append(level, place, said, n)
            if self.echo:
                self.echo(level, where, text)
        struct.pack_into("<II", lines, at + _UPTIME, clock.uptime_s(), times)

    def _last_of(self, place):
        """Where its last line begins, -1 when that is long ago."""
        lines, at, n = self._lines, self._end, len(place)
        for _ in range(min(_BACK, self.seq - self._first + 1)):
            at -= lines[at - 1]
            if lines[at + _LONG] == n and lines.find(place, at + _WHERE, at + _WHERE + n) >= 0:
                return at
        return -1

    def _append(self, level, place, said, n):
        """A new line of n bytes, without its moment; where it begins."""
        lines, old = self._lines, 0
        while self._end - old + n > len(lines):
            old += lines[old]
            self._first += 1
        if old:
            view = memoryview(lines)
            view[: self._end - old] = view[old : self._end]
        at = self._end - old
        self._end = end = at + n
        self.seq += 1
        lines[at] = lines[end - 1] = n
        lines[at + _LEVEL], lines[at + _LONG] = level, len(place)
        lines[at + _WHERE : end - 1] = place + said
        return at

    def since(self, seq):
        """Lines younger than `seq`, oldest first: [seq, uptime, level, where, text, times]."""
        lines = self._lines
        for number in range(max(seq + 1, self._first), self.seq + 1):
            if number < self._first:  # pushed out while its reader did something else
                continue
            at = 0
            for _ in range(number - self._first):
                at += lines[at]
            uptime, times = struct.unpack_from("<II", lines, at + _UPTIME)
            said = at + _WHERE + lines[at + _LONG]
            where, text = bytes(lines[at + _WHERE : said]), bytes(lines[said : at + lines[at] - 1])
            yield [number, uptime, lines[at + _LEVEL], where.decode(), text.decode(), times]


def _cut(text, most):
    """Its first `most` bytes, fewer where a character would be cut."""
    data = text.encode()
    if len(data) > most:
        while data[most] & 0xC0 == 0x80:
            most -= 1
        data = data[:most]
    return data
