"""Which of the two slots runs, as one line in /boot.rec: `1 <slot> <ok|try> <attempts left> <previous|->`.

Pure rules; boot.py carries them out at boot (with a copy of its own of the two lines it needs: it is never
updated over the air), trial.py confirms.
"""

OK, TRY = "ok", "try"
ATTEMPTS = 3  # of a new slot; boot.py counts one down before each start


def parse(line):
    """(slot, state, attempts left, previous slot or "") or None when the line is no record."""
    words = line.split()
    if len(words) != 5 or words[0] != "1" or words[1] not in ("a", "b") or words[2] not in (OK, TRY):
        return None
    if not words[3].isdigit() or words[4] not in ("a", "b", "-"):
        return None
    return words[1], words[2], int(words[3]), "" if words[4] == "-" else words[4]


def line(slot, state, attempts, previous):
    """The record as it is written."""
    return "1 %s %s %d %s\n" % (slot, state, attempts, previous or "-")


def confirmed(record):
    """The line that makes the running slot the good one, or None when it is already."""
    slot, state, _, previous = record
    return line(slot, OK, 0, previous) if state == TRY else None


def first_trial(record):
    """True in the first run of a slot on trial."""
    return record is not None and record[1] == TRY and record[2] == ATTEMPTS - 1
