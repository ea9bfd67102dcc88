"""What a meter's Histogram and Sums (protocol/noise.py) say at the end of a period, an hour, a day or a night.

It is needed each ten minutes, so it is loaded for that and forgotten again. `ear`: one meter, services/noise.py's.
"""

import math

from pole.protocol import wide
from pole.protocol.noise import AT_DAY, AT_MINUTE, AT_NIGHT, LOW, SUM, Sums
from pole.quality import GOOD, UNCERTAIN

EXCEEDED = (5, 10, 50, 90, 95)
_NAMES = ("l5", "l10", "l50", "l90", "l95", "sd")
_DAY_S, _NIGHT_S = 57600, 28800


def tell(ear, ended):
    """Put what ended (a mask of Sums) into the store."""
    sums = ear.sums
    if ended & sums.PERIOD:
        _tell_period(ear, sums)
    if ended & sums.HOUR:
        _put(ear, "laeq_hour", sums.HOUR, 3600)
    if ended & sums.DAY:
        ear.ld = ear.ld or _put(ear, "ld", sums.DAY, _DAY_S)
    if ended & sums.NIGHT:
        ln = _put(ear, "ln", sums.NIGHT, _NIGHT_S)
        if ear.ld and ln:
            _put_raw(ear, "ldn", day_night(ear.ld[0], ln[0]), max(ear.ld[1], ln[1]) == GOOD)
        ear.ld = None


def _tell_period(ear, sums):
    histogram = ear.histogram
    n = sums.seconds[sums.PERIOD]
    _put(ear, "laeq", sums.PERIOD, ear.period_s)
    found = exceeded(histogram)
    if found:
        well = 4 * n >= 3 * ear.period_s
        for name, tenths in zip(_NAMES, found[0] + [found[1]]):
            _put_raw(ear, name, 10 * tenths, well)
        _put_raw(ear, "lafmax", 10 * histogram.high, well)
        _put_raw(ear, "lafmin", 10 * histogram.low, well)


def _put(ear, name, what, of):
    """(level in 0.01 dB, quality), None when nothing was heard."""
    leq = ear.sums.leq[what]
    if leq is None:
        return None
    return leq, _put_raw(ear, name, leq, 4 * ear.sums.seconds[what] >= 3 * of)


def _put_raw(ear, name, hundredths, well):
    quality = GOOD if well else UNCERTAIN
    if name in ear.places:
        ear.store.put(ear.places[name], (hundredths + 5) // 10, quality)
    return quality


def exceeded(histogram):
    """[L5, L10, L50, L90, L95] and the standard deviation SD, all in 0.1 dB; None without samples.

    LN is the (100 - N)th percentile, between ranks (n - 1)(100 - N) / 100 linearly. One look at the bins in use.
    """
    n, bins, over = histogram.n, histogram.bins, histogram.over
    if not n:
        return None
    found, below, k, total, squares = [0] * 5, 0, len(EXCEEDED) - 1, 0, 0
    before, middle = histogram.low, (histogram.low + histogram.high) // 2
    for tenths in range(histogram.low, histogram.high + 1):
        count = bins[tenths - LOW]
        if tenths in over:
            count += over[tenths] << 8
        if not count:
            continue
        while k >= 0:
            rank = (n - 1) * (100 - EXCEEDED[k])
            if rank > 100 * (below + count - 1):
                break
            part = rank - 100 * (below - 1)  # hundredths of the way from the last of `before`
            found[k] = tenths if part >= 100 else before + wide.ratio((tenths - before) * part, 100)
            k -= 1
        before = tenths
        below += count
        total += count * (tenths - middle)
        squares += count * (tenths - middle) * (tenths - middle)
    return found, round(math.sqrt(max(0, squares / n - (total / n) * (total / n))))


def day_night(ld, ln):
    """Ldn of Ld and Ln, all in 0.01 dB: the night with 10 dB more (GB 3096's hours: 16 and 8)."""
    energy = 16 * 10 ** ((ld - ln) / 1000) + 80
    return round(1000 * math.log10(energy / 24)) + ln


# Power cuts: the day and the night that run, by pole/keep.py


def keep(ear):
    """What must be written now."""
    one, ld = ear.keep, ear.ld or (-1, 0)
    for name, value in (("c", ear.sums.cycle), ("s", text(ear.sums)), ("d", ld[0]), ("q", ld[1])):
        one.set(name, value)


def adopt(ear):
    """The clock is known for the first time: what lies on flash goes on, or is told."""
    one, sums = ear.keep, ear.sums
    cycle = one.get("c", -1)
    if 0 <= cycle and sums.cycle - cycle in (0, 1):
        if one.get("d", -1) >= 0:
            ear.ld = one.get("d"), one.get("q")
        tell(ear, resume(sums, [int(word) for word in one.get("s").split(",")], cycle < sums.cycle))


def text(sums):
    return ",".join([str(word) for word in sums.words[AT_DAY:]])


def resume(sums, numbers, over):
    """Sums of before a power cut, of the cycle that runs or (`over`) of the one before it. The mask of what is over."""
    for at in (AT_DAY, AT_NIGHT):
        for c in range(SUM):
            sums.words[AT_MINUTE + c] = numbers[at - AT_DAY + c]
        sums.pour(at)
    for c in range(AT_MINUTE, AT_MINUTE + SUM):
        sums.words[c] = 0
    ended = sums.end(Sums.DAY, AT_DAY) if over or sums.part == Sums.NIGHT else 0
    return ended | (sums.end(Sums.NIGHT, AT_NIGHT) if over else 0)
