"""The journal's files: segments of records, only ever appended to, and how they are read, damage and all."""

from pole.codec import record


class Chain:
    """The segments of one class, by the number of their first record; the last one may be open for writing."""

    def __init__(self):
        self.firsts = []
        self.sizes = []
        self.last = 0  # number of the last record written
        self.safe = 0  # of the last one committed
        self.file = None
        self.committed = True
        self.since = 0  # uptime of the first write that is not committed

    def commit(self):
        if not self.committed:
            self.file.flush()
            self.committed = True
            self.safe = self.last

    def close(self):
        if self.file:
            file, self.file = self.file, None
            self.committed = True
            file.close()
            self.safe = self.last


def read(file, buf):
    """The next record of a segment into `buf`: its length, 0 at the end, -1 when it is damaged or torn."""
    view = memoryview(buf)
    got = file.readinto(view[: record.HEAD])
    if not got:
        return 0
    n = record.length(buf)
    if got < record.HEAD or n > len(buf) or file.readinto(view[record.HEAD : n]) < n - record.HEAD:
        return -1
    return n if record.whole(view, n) else -1


def following(file, buf, class_, after, most):
    """The next record behind number `after` into `buf`: its length; negative when damage lies before it.

    0 at the end, -1 when there is nothing whole up to the end. What seems to be a record byte by byte must have its
    class, and a number below `most`.
    """
    damaged = False
    while True:
        start = file.seek(0, 1)
        n = read(file, buf)
        if n == 0:
            return -1 if damaged else 0
        if n > 0 and record.class_of(buf) == class_ and record.number(buf) < most:
            if record.number(buf) > after:
                return -n if damaged else n
            damaged = False  # read before
        else:
            damaged = True
            file.seek(start + 1)
