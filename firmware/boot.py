# The launcher of a pole: chooses the slot, rolls back a bad one. Never updated over the air.
#
# Runs before main.py on every start. It changes into the slot, so that the stock runtime finds the slot's own
# main.py there. The watchdog is armed here only for a slot on trial: a confirmed one arms its own, and a
# technician's mpremote on a good pole is not bitten.
import os
import sys


def _read():
    try:
        with open("/boot.rec") as file:
            one, slot, state, left, previous = file.readline().split()
        if one == "1" and slot in ("a", "b") and state in ("ok", "try"):
            return slot, state, int(left), previous
    except (OSError, ValueError):
        pass
    return None


def _write(slot, state, left, previous):
    with open("/boot.new", "w") as file:
        file.write("1 %s %s %d %s\n" % (slot, state, left, previous))
    os.rename("/boot.new", "/boot.rec")  # atomic on littlefs


def _whole(slot):
    try:
        os.stat("/%s/main.py" % slot)
        os.stat("/%s/manifest" % slot)
        return True
    except OSError:
        return False


def _choose():
    record = _read()
    if record is None:
        for slot in ("a", "b"):
            if _whole(slot):
                return slot, False
        return None, False
    slot, state, left, previous = record
    if state == "try" and left <= 0 and previous in ("a", "b") and _whole(previous):
        _write(previous, "ok", 0, slot)
        return previous, False
    if not _whole(slot):
        return (previous if previous in ("a", "b") and _whole(previous) else None), False
    if state == "try" and left > 0:
        _write(slot, "try", left - 1, previous)
    return slot, state == "try"


def _launch():
    slot, trial = _choose()
    if slot is None:
        return
    if trial:
        from machine import WDT

        WDT(timeout=8000)  # RP2040's longest is 8388 ms
    os.chdir("/" + slot)
    sys.path.insert(0, "/" + slot)


_launch()
for name in ("_read", "_write", "_whole", "_choose", "_launch"):
    del globals()[name]  # main.py has the same namespace, and no use for their heap
