"""Who has the last word about a lamp: the one written order of precedence.

Highest first. Whoever wants something of a lamp bids a level under its own reason; the first bid of this list rules.

    identify       blink, so that somebody finds the pole
    local switch   a switch at the pole
    manual         somebody stands at the pole; until its expiry has run
    alarm          what an alarm is linked to
    remote         the level the city wrote last; until what the pole file declares ends it
    presence       somebody comes: raises the level while the programme has the lamp lit, never lowers it
    photocell      dark early or bright late; alone when the time is unknown
    programme      sun, calendar and profile
    control lost   no time and no photocell: the declared failure level
    power-on       nobody has said anything since the start

Then, whatever rules: the thermal cap, constant light output, the lamp's limits, the rest of its relay.
"""

# lamp.reason of the point table (docs/generated/points/lamp.md)
POWER_ON, REMOTE, MANUAL, PROGRAMME, PHOTOCELL, PRESENCE, ALARM = 0, 1, 2, 3, 4, 5, 6
LOST, THERMAL, FAILED, SWITCH, IDENTIFY = 7, 8, 9, 10, 11
REASONS = 12

# (reason codes above, in the order of the list)
ORDER = b"\x0b\x0a\x02\x06\x01\x05\x04\x03\x07"


def choose(bids, power_on):
    """(level, reason). `bids`: by reason, tenths of a per cent, or None where nobody wants anything now."""
    for reason in ORDER:
        if bids[reason] is not None:
            return bids[reason], reason
    return power_on, POWER_ON


def limit(level, lowest, highest):
    """What the lamp may do of a wanted level: off stays off, the rest between its limits."""
    return 0 if level == 0 else min(max(level, lowest), highest)


def settings(options, lowest):
    """(lowest, highest, power-on level, fade time in ms) of a lamp's options; `lowest`: per cent where they say nothing."""
    low = tenths(options.get("minimum_level", lowest))
    high = tenths(options.get("maximum_level", 100))
    power_on = limit(tenths(options.get("power_on_level", 100)), low, high)
    return low, high, power_on, int(options.get("fade_time", 1) * 1000)


def tenths(percent):
    """A pole file's per cent as a level."""
    return int(percent * 10 + 0.5)
