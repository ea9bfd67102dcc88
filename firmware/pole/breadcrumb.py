"""Why the board started, and whether it keeps failing: four bytes that survive a reset but not a power cut.

`Y`, starts in a row that never became healthy, what the program was about to do, and the XOR of the three.
"""

# node.reset_cause of the point table (docs/generated/node.md)
UNKNOWN, POWER, PIN, WATCHDOG, SOFTWARE, BROWN_OUT, SLEEP, CRASH, UPDATE = range(9)

SAFE_AFTER = 4  # starts in a row that end before the pole is healthy: start without what may be the cause

_MAGIC = 0x59


def pack(starts, intent):
    """The four bytes."""
    starts = min(starts, 255)
    return bytes((_MAGIC, starts, intent, _MAGIC ^ starts ^ intent))


def unpack(data):
    """(starts, intent), or None when `data` is no breadcrumb: after a power cut."""
    if len(data) != 4 or data[0] != _MAGIC or data[0] ^ data[1] ^ data[2] != data[3]:
        return None
    return data[1], data[2]


def cause(chip, crumb, first_trial=False):
    """node.reset_cause from what the chip says ("power", "watchdog", "sleep", "reset") and the breadcrumb.

    Without a breadcrumb RAM was lost: that is the power, whatever the chip says. `first_trial`: the slot runs for
    the first time, so whoever put it there made the reset.
    """
    if chip == "sleep":
        return SLEEP
    if first_trial and chip != "power":
        return UPDATE
    if crumb is None:
        return POWER if chip in ("power", "reset") else WATCHDOG
    if crumb[1]:
        return crumb[1]  # the program said it would: not the watchdog, though RP2 resets through it
    return {"watchdog": WATCHDOG, "reset": CRASH, "power": BROWN_OUT}.get(chip, UNKNOWN)
