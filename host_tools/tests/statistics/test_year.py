"""A year of synthetic minutes with gaps, jumps of the clock and duplicates: the device's integers against pandas.

The device gets each minute as one look that stands for sixty seconds; pandas gets the same minutes once the rule is
applied that a second of the clock counts once: after a step back nothing does until the clock is past its newest second.
"""

import math
import random
from fractions import Fraction

import numpy
import pandas
import pytest

from pole.protocol import statistics as rules
from pole.protocol import statistics_record

PERIODS = {60: "1min", 600: "10min", 3600: "1h", 86400: "1D"}
OFFSET = 28800  # Shanghai
START = pandas.Timestamp("2026-01-01", tz="Asia/Shanghai")
BASE = int((START - pandas.Timestamp("2020-01-01", tz="UTC")).total_seconds())
MINUTES = 525600


def minutes(seed: int, count: int):
    """(seconds since 2020, raw or None) as a pole would see them: gaps, repeats, jumps both ways."""
    rng = random.Random(seed)
    at, newest, walk = BASE, BASE, 300
    while at < BASE + 60 * count:
        newest = max(newest, at)
        walk = min(max(walk + rng.randint(-15, 15), -200), 1500)
        yield at, (None if rng.random() < 0.02 else walk)
        at += 60
        chance = rng.random()
        if chance < 0.0005:
            at += 60 * rng.choice((3, 17, 90, 700, 3000))  # off, or the clock set forward
        elif chance < 0.001 and at > newest:  # an hour back, all together, is another time
            at -= 60 * rng.randint(1, 55)  # the clock set back
        elif chance < 0.002:
            yield at - 60, walk + 500  # the same minute once more


def on_device(how: int, series, told=(0, 1, 1, 1)):
    """Records by period: {seconds: [(end, n, flag, mean, low, high, extra)]}."""
    one = rules.Statistics(bytes([how]), list(PERIODS), list(told), [OFFSET] * 4)
    size, read, found = len(one.words) + len(one.ring), 0, {period: [] for period in PERIODS}
    for up, (at, raw) in enumerate(series):
        ended = one.tick(up * 60, at)
        if ended:
            one.finish(0, ended)
        if one.weight:
            one.add(0, raw or 0, rules.COMM if raw is None else 0, 60, 300)
        while read < one.seq:
            read += 1
            _, period, end, _, n, flag, mean, low, high, extra, mark = statistics_record.numbers(one, read)
            assert not mark & (rules.AGAIN | rules.UPTIME)
            found[period].append((end, n, flag, mean, low, high, extra))
    assert len(one.words) + len(one.ring) == size
    return found


def frame(series) -> pandas.Series:
    """The same, by pandas: NaN where there is no value."""
    table = pandas.DataFrame(series, columns=["at", "raw"])
    table = table[table["at"] > table["at"].cummax().shift(fill_value=0)]
    assert table["at"].is_monotonic_increasing and len(table) < len(series)
    stamps = START + pandas.to_timedelta(table["at"] - BASE, unit="s")
    return pandas.Series(table["raw"].astype(float).to_numpy(), index=pandas.DatetimeIndex(stamps))


def ends(period: int, table) -> list[int]:
    return [int(stamp.timestamp()) - 1577836800 + period for stamp in table.index]


@pytest.mark.parametrize("seed", [2026, 5])
def test_a_year_of_means(seed):
    series = list(minutes(seed, MINUTES))
    ours, values = on_device(rules.MEAN, series), frame(series)
    for period, rule in list(PERIODS.items())[1:]:
        grouped = values.resample(rule)
        theirs = pandas.DataFrame({"n": grouped.count(), "sum": grouped.sum(), "low": grouped.min(), "high": grouped.max(),
                                   "seen": grouped.size()})  # fmt: skip
        theirs = theirs[theirs["seen"] > 0].iloc[
            :-1
        ]  # where nothing was seen nothing is told; the last one runs
        assert ends(period, theirs) == [row[0] for row in ours[period]][: len(theirs)]
        assert len(ours[period]) - len(theirs) in (0, 1)
        hours = values.resample("1h").count() >= 45
        good_hours = hours.resample("1D").sum()
        for row, (stamp, n, total, low, high, _) in zip(ours[period], theirs.itertuples()):
            assert row[1] == 60 * n
            valid = n * 60 >= 0.75 * period and (period != 86400 or good_hours[stamp] >= 20)
            assert (row[2] == "N") == valid, (stamp, row)
            if n:
                exact = Fraction(10 * int(total), int(n))
                assert row[3] == round(exact), (stamp, row, exact)  # to its rounding, halves to the even
                assert row[4:6] == (int(low), int(high))
            else:
                assert row[3] is None


def test_a_season_of_levels():
    """Energetic means against doubles: 0.01 dB steps, 0.005 of rounding and the stated 0.001."""
    rng = random.Random(63)
    series = [
        (at, None if raw is None else 550 + rng.randint(-200, 250)) for at, raw in minutes(9, 90 * 1440)
    ]
    ours, values = on_device(rules.LEVEL, series), frame(series)
    for period, rule in list(PERIODS.items())[1:]:
        energy = (10 ** (values / 100)).resample(rule).mean().dropna()
        theirs = dict(zip(ends(period, energy), 10 * numpy.log10(energy.to_numpy())))
        checked = 0
        for end, n, _, mean, *_ in ours[period]:
            if n:
                checked += 1
                assert abs(mean / 100 - theirs[end]) <= 0.006, (period, end)
        assert checked > len(energy) - 3


def test_a_season_of_wind():
    rng = random.Random(17)
    series = [
        (at, None if raw is None else (raw * 7 + rng.randint(0, 900)) % 3600)
        for at, raw in minutes(4, 60 * 1440)
    ]
    ours, values = on_device(rules.DIRECTION, series), frame(series)
    east, north = numpy.sin(numpy.radians(values / 10)), numpy.cos(numpy.radians(values / 10))
    for period, rule in list(PERIODS.items())[1:]:
        x, y = east.resample(rule).mean().dropna(), north.resample(rule).mean().dropna()
        theirs = dict(zip(ends(period, x), zip(x, y)))
        for end, n, _, mean, _, _, speed in ours[period]:
            if n and mean is not None:
                length = math.hypot(*theirs[end])
                apart = (mean / 100 - math.degrees(math.atan2(*theirs[end])) + 180) % 360 - 180
                assert abs(apart) <= 0.05 + 0.01 / length, (period, end)
                assert abs(speed / 10 - 300 * length) <= 0.1


def test_a_year_of_rain():
    """What a counter grew by, whatever the clock does; a step back of the clock drops what it repeats, no rain."""
    rng, total, counted = random.Random(8), 0, []
    for at, raw in minutes(31, 180 * 1440):
        total += rng.random() < 0.01
        counted.append((at, None if raw is None else total))
    ours = on_device(rules.TOTAL, counted)
    days = [row[3] or 0 for row in ours[86400]]
    kept = sum(row[3] or 0 for row in ours[3600])
    assert abs(sum(days) - total) <= 30 and abs(kept - total) <= 3
