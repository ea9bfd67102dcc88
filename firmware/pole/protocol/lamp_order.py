"""Who has the last word about a lamp: the one written order of precedence.

1. a manual level, while its expiry runs     somebody stands at the pole
2. the level the city wrote last             `lamp.level`
3. the power-on level                        nobody has said anything since the start
"""

# lamp.reason of the point table (docs/generated/points/lamp.md)
POWER_ON, REMOTE, MANUAL = 0, 1, 2


def choose(manual, remote, power_on):
    """(level, reason). `manual`, `remote`: tenths of a per cent, or None when it has no say now."""
    if manual is not None:
        return manual, MANUAL
    if remote is not None:
        return remote, REMOTE
    return power_on, POWER_ON


def limit(level, lowest, highest):
    """What the lamp may do of a wanted level: off stays off, the rest between its limits."""
    return 0 if level == 0 else min(max(level, lowest), highest)
