"""A record of the statistics, as numbers and as the JSON that MQTT, the journal and the console carry.

It is needed when a period has ended, so it is loaded for that and forgotten again.
"""

from pole.protocol.statistics import AGAIN, DIRECTION, EMPTY, FIELDS, LEVEL, MEAN, SPEED, TOTAL, UPTIME

# By number of the reason. N normal, F stopped, M maintenance, S manual, D fault, C calibrating, T over range, B communication.
FLAGS = "NFMSDCTB"
_NAMES = {60: "1m", 600: "10m", 3600: "1h", 86400: "1d"}


def numbers(core, seq):
    """(point, period, end UTC or None, uptime of the end, valid seconds, flag, mean, low, high, extra, mark).

    Of number `seq`, or of the oldest that is still there. mean: ten times the point's raw, the raw itself for the sum
    of a total, None for none. extra: ten times the gust of a speed, or the speed of a direction's mean vector, or None.
    """
    ring, at = core.ring, max(seq, core.seq - core.kept + 1) % core.kept * FIELDS
    head, end, extra = ring[at], ring[at + 1], ring[at + 7]
    mark = head >> 16
    return (
        head & 255, core.periods[head >> 8 & 15], None if end < 0 else end, ring[at + 2], ring[at + 3],
        FLAGS[head >> 12 & 15], None if mark & EMPTY else ring[at + 4], ring[at + 5], ring[at + 6],
        None if extra < 0 else extra, mark,
    )  # fmt: skip


def event(core, seq, store, points, decimal, iso):
    """(end of its topic, JSON bytes). `points`: of each place, place of the speed or -1, decimals, one after the other.

    `decimal(raw, decimals)` and `iso(seconds)`: as text.
    """

    def number(raw, decimals):
        return "null" if raw is None else decimal(raw, decimals)

    k, seconds, end, up, n, flag, mean, low, high, extra, mark = numbers(core, seq)
    i, other, decimals, how = points[3 * k], points[3 * k + 1], points[3 * k + 2], core.hows[k]
    if how == TOTAL:
        said = '{"sum":%s' % number(mean, decimals)
    else:
        said = '{"mean":%s' % number(mean, decimals + 1)
    if how in (MEAN, LEVEL, SPEED):
        low, high = (low, high) if mean is not None else (None, None)
        said += ',"min":%s,"max":%s' % (number(low, decimals), number(high, decimals))
    if how == SPEED:
        said += ',"gust":%s' % number(extra, decimals + 1)
    elif how == DIRECTION:
        said += ',"speed":%s' % number(extra, 1 + (store.decimals(other) if other >= 0 else 2))
    said += ',"unit":"%s","n":%d,"capture":%s,"flag":"%s","end":' % (
        store.unit(i), n, decimal(1000 * n // seconds, 1), flag
    )  # fmt: skip
    said += '"%s"' % iso(end) if end is not None else "null"
    if mark & UPTIME:
        said += ',"uptime":%d' % up
    elif mark & AGAIN:
        said += ',"again":true'
    topic = "statistics/%s/%s" % (store.name(i).replace(".", "/"), _NAMES[seconds])
    return topic.encode(), (said + "}").encode()
