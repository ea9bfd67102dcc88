"""The statistics core, fed second by second."""

from pole.protocol import statistics_record
from pole.protocol.statistics import MEAN, Statistics

PERIODS, TOLD = [60, 600, 3600, 86400], [1, 1, 1, 1]
NOON = 216000000  # seconds since 2020, a whole hour UTC
SHANGHAI = 28800


def core(hows=(MEAN,), told=TOLD, offset=0, **more):
    return Statistics(bytes(hows), PERIODS, told, [offset] * 4, **more)


class Run:
    """A pole's seconds: each `(value, reason)` of the only point."""

    def __init__(self, one):
        self.one = one
        self.up = 1000
        self.read = 0

    def second(self, now, raw, reason=0, other=0, up=1):
        """One look, `up` seconds after the one before."""
        self.up += up
        ended = self.one.tick(self.up, now)
        if self.one.early:
            self.one.add(0, raw, reason, self.one.early, other)
        if ended:
            self.one.finish(0, ended)
        if self.one.weight:
            self.one.add(0, raw, reason, self.one.weight, other)

    def new(self):
        """(seconds, end, valid seconds, flag, mean, low, high, mark) of records since the last call."""
        found = []
        while self.read < self.one.seq:
            self.read += 1
            k, seconds, end, up, n, flag, mean, low, high, extra, mark = statistics_record.numbers(
                self.one, self.read
            )
            found.append((seconds, end, n, flag, mean, low, high, mark))
        return found
