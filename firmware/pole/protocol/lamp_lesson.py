"""How protocol/lamp_health.py learns what a lamp draws. Loaded for a lesson, which is one in ten minutes.

A knot is mW << 4 | times learned. A lesson at a level moves the two knots beside it, each by its share.
"""

from pole.protocol.lamp_health import KNOTS, SPAN, SURE, shape

_MOST = 15  # kept in four bits
_SLOW = 128  # weight of one more measurement, once the curve is known


def learn(knots, level, power):
    """One more lesson, mW at `level`: the knots are changed in place."""
    if level == 0:
        knots[0] = _closer(knots[0], power - (knots[0] >> 4), 1)
        return
    k = min(level // SPAN, KNOTS - 3) + 1
    part = level - (k - 1) * SPAN
    for at in (k, k + 1):
        if not knots[at] & 15:
            knots[at] = power * shape((at - 1) * SPAN) // shape(level) << 4
    error = power - ((knots[k] >> 4) * (SPAN - part) + (knots[k + 1] >> 4) * part) // SPAN
    size = (part * part + (SPAN - part) * (SPAN - part)) // SPAN
    for at, share in ((k, SPAN - part), (k + 1, part)):
        knots[at] = _closer(knots[at], error * share // size, share * 4 >= SPAN)


def nominal(watts):
    """The knots of a lamp of which only the power at full light is known."""
    full = 1000 * watts
    return [0] * (KNOTS - 2) + [full * shape(1000 - SPAN) // 1000 << 4 | SURE, full << 4 | SURE]


def _closer(knot, error, counts):
    """A knot that has come nearer by its share of an error: at once while it is new, slowly when it is old."""
    times = knot & 15
    step = times + 1 if times < _MOST else _SLOW
    return max(0, (knot >> 4) + error // step) << 4 | min(times + (1 if counts else 0), _MOST)
