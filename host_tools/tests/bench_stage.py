"""How tests look at a bench."""

from stage import until

POLE = """\
id = "pole-0"
board = "esp32-devkit"

[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"
"""


def ended(bench, seconds=40.0):
    """The slots, when nothing is at work any more."""
    until(lambda: bench._looked.is_set() and not any(row.busy for row in bench._seats.rows), seconds)
    return bench.slots()


def by_pole(bench):
    return {slot.pole: slot for slot in bench.slots() if slot.pole}


def rows(bench):
    """(result, pole, port) of the ledger, the oldest first."""
    return [(row.result, row.pole, row.port.rpartition("/")[2]) for row in reversed(bench.ledger.rows(0))]
