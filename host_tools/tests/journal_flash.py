"""The firmware's journal on the real littlefs of a NOR flash."""

from types import SimpleNamespace

from nor import board_like

from pole import clock, journal, journal_reader, keep
from pole.codec import record


class File:
    """A file of littlefs-python as MicroPython has it: flush() commits."""

    def __init__(self, file):
        self._file = file
        for name in ("write", "read", "readinto", "seek", "tell", "flush", "close"):
            setattr(self, name, board_like(getattr(file, name)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def open_on(fs, monkeypatch):
    """The firmware's files are those of this littlefs from now on."""
    monkeypatch.setattr(keep, "open", board_like(fs.open), raising=False)
    monkeypatch.setattr(keep, "os", SimpleNamespace(mkdir=board_like(fs.mkdir)))

    def opened(path, mode):
        return File(board_like(fs.open)(path, mode, buffering=0))

    def stat(path):
        return (0,) * 6 + (fs.stat(path).size,)

    system = SimpleNamespace(
        mkdir=board_like(fs.mkdir), listdir=board_like(fs.listdir), remove=board_like(fs.remove), stat=board_like(stat)
    )
    for module in (journal, journal_reader):
        monkeypatch.setattr(module, "open", opened, raising=False)
    monkeypatch.setattr(journal, "os", system)


def begin(room=262144, readers=("city",)):
    """A start of the pole: the journal, and its readers."""
    one = journal.Journal("/var/j", keep.Keep("/var/journal", 600), room)
    return one, [one.reader(name) for name in readers]


def contents(reader):
    """[(class, kind, number, payload)] of all that is to be read."""
    found = []
    while reader.next():
        buf = reader.buf
        found.append(
            (record.class_of(buf), record.kind_of(buf), record.number(buf), bytes(buf[record.HEAD : reader.length - 2]))
        )
    return found


__all__ = ["File", "begin", "clock", "contents", "open_on"]
