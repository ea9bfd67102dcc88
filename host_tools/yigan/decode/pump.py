"""Runs on both interpreters: a recording through `pole.codec.nmea_record`, one line of JSON a record.

Started as a program by the VM, imported by CPython; either has the firmware on its path.
"""

import json
import sys


def pump(path, emit):
    """Every record of the file to `emit`; the counts of what was refused, in the order of nmea.REASONS."""
    from pole.codec.nmea_record import Records

    records = Records(emit)
    with open(path, "rb") as file:
        while True:
            n = file.readinto(records.space())
            if not n:
                return list(records.finish())
            records.drain(n)


if __name__ == "__main__":
    counts = pump(sys.argv[1], lambda record: sys.stdout.write(json.dumps(record) + "\n"))
    sys.stdout.write(json.dumps({"counts": counts}) + "\n")
