"""The boot record (boot.py chooses the slot by it): read at the start, confirmed once the pole has proved itself."""

import os

from pole.protocol import update_slots


def read_record(root="/"):
    """The boot record, None on a gateway or where files were put by hand."""
    try:
        with open(root + "boot.rec") as file:
            return update_slots.parse(file.readline())
    except OSError:
        return None


def confirm(root="/"):
    """Write `ok` into the boot record of a slot on trial."""
    record = read_record(root)
    line = update_slots.confirmed(record) if record else None
    if line:
        with open(root + "boot.new", "w") as file:
            file.write(line)
        os.rename(root + "boot.new", root + "boot.rec")


def first(record):
    """This is the slot's first start on trial."""
    return update_slots.first_trial(record)
