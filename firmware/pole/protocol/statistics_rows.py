"""What of the statistics survives a power cut: rows of an hour and more, as text for pole/keep.py and back.

It is needed each ten minutes and after a start, so it is loaded for that and forgotten again.
"""

from pole.protocol.statistics import COUNTS, FIELDS, FULL, HOURS, UPTIME, WIDTH

_HOUR = 3600
_BACK_S = 3600  # as the rules': so far back nothing is counted twice


def row(core, k, j):
    """The row as text, numbers and commas."""
    at = j * core.n + k
    numbers = [core.words[c] for c in range(at * WIDTH, (at + 1) * WIDTH)]
    numbers += [core.counts[c] for c in range(at * COUNTS, (at + 1) * COUNTS)]
    return ",".join([str(number) for number in numbers])


def rows(core, form):
    """(name, integer or text) of all rows that run, one at a time; `form`: whose they are."""
    yield "f", form
    yield "s", core.seen
    for j in range(len(core.periods)):
        if core.periods[j] >= _HOUR:
            yield "t%d" % j, core.since[j]
            for k in range(core.n):
                yield "%d.%d" % (j, k), row(core, k, j)


def resume(core, values, form):
    """The clock is known: what lies on flash goes on, or makes its records. False: it is none of ours."""
    resolve(core)
    if values.get("f") != form:
        return False
    levels = [j for j in range(len(core.periods)) if core.periods[j] >= _HOUR]
    for k in range(core.n):
        hours = 0
        for j in levels:
            numbers = [int(word) for word in values["%d.%d" % (j, k)].split(",")]
            hours = adopt(core, k, j, values["t%d" % j], numbers, hours)
    for j in levels:
        core.since[j] = first(core, j, values["t%d" % j])
    if core.seen < values["s"] < core.seen + _BACK_S:
        core.seen = values["s"]  # the clock was ahead: until then all is counted
    return True


def resolve(core):
    """Records by uptime that have no end yet are told once more, with it."""
    ring, shift = core.ring, core.seen - core.up
    for seq in range(max(1, core.seq - core.kept + 1), core.seq + 1):
        at = seq % core.kept * FIELDS
        if ring[at] >> 16 & UPTIME and ring[at + 1] < 0:
            core.seq += 1
            there = core.seq % core.kept * FIELDS
            for c in range(FIELDS):
                ring[there + c] = ring[at + c]
            ring[there + 1] = ring[at + 2] + shift


def adopt(core, k, j, since, numbers, hours=0):
    """A row of before a power cut goes on, or makes its record now. 1 if that was a valid one.

    `hours`: valid ones that its text does not count yet. The clock must be known, and `tick` have been called.
    """
    spare = core.n * len(core.periods)
    offset, period = core.offsets[j], core.periods[j]
    for c in range(WIDTH):
        core.words[spare * WIDTH + c] = numbers[c]
    for c in range(COUNTS):
        core.counts[spare * COUNTS + c] = min(numbers[WIDTH + c], FULL)
    core.counts[spare * COUNTS + HOURS] += hours
    number = (since + offset) // period
    if number == (core.since[j] + offset) // period:
        core.merge(k, j * core.n + k, spare)
        return 0
    return int(core.tell(k, j, spare, (number + 1) * period - offset, 0, 0))


def first(core, j, since):
    """The first second of the rows of period j, when those of before a power cut began at `since`."""
    offset, period, now = core.offsets[j], core.periods[j], core.since[j]
    return min(since, now) if (since + offset) // period == (now + offset) // period else now
