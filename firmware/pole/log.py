"""A ring of log lines in RAM that uplinks and the console can read.

A line that says the same as the last one of its place only counts up: a dead sensor cannot flush the ring.
"""

from pole import clock

DEBUG, INFO, WARN, ERROR = 0, 1, 2, 3
_LINES = 32
_TEXT = 96  # characters kept of a text


class Log:
    """`seq` numbers start at 1; lines are [seq, uptime, level, where, text, times]."""

    def __init__(self, lines=_LINES):
        self._ring = [None] * lines  # type: list
        self.seq = 0
        self.errors = 0  # lines of level ERROR since the start
        self.level = INFO
        self.echo = None  # a callable(level, where, text), for the console of a gateway

    def add(self, level, where, text):
        """Keep one line. `where` is a short name: a peripheral, an uplink, a service."""
        if level < self.level:
            return
        self.errors += level >= ERROR
        text = str(text)[:_TEXT]
        last = self._last_of(where)
        if last and last[4] == text and last[2] == level:
            last[5] += 1
            last[1] = clock.uptime_s()
            return
        self.seq += 1
        self._ring[self.seq % len(self._ring)] = [self.seq, clock.uptime_s(), level, where, text, 1]
        if self.echo:
            self.echo(level, where, text)

    def _last_of(self, where):
        for back in range(min(4, self.seq)):
            line = self._ring[(self.seq - back) % len(self._ring)]
            if line[3] == where:
                return line
        return None

    def since(self, seq):
        """Lines younger than `seq`, oldest first: [seq, uptime, level, where, text, times]."""
        first = max(seq + 1, self.seq - len(self._ring) + 1, 1)
        for number in range(first, self.seq + 1):
            yield self._ring[number % len(self._ring)]
