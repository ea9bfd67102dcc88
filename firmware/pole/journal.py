"""Store-and-forward: every record is kept until each reader has it, or its loss is a record, too.

Records are numbered for good, in one row over all classes; a class is delivered in its order. They wait in RAM first:
what all readers acknowledge there never touches the flash. What has waited a minute, or finds no room, goes to the
segments of its class: files of four flash blocks, only ever appended to, committed where a block is full (so that
littlefs copies nothing), after five minutes, and at once for alarms and answers. A segment that every reader has is
deleted. Over the budget, or when the flash is full, the oldest segment of the least important class goes.

A power cut loses what was in RAM or not committed. Numbers are reserved in advance, so the next start knows which may
be missing, and says so by a GAP record. A record that comes twice comes under its old number.
"""

import os
import struct

from pole import clock
from pole.codec import record
from pole.journal_reader import Reader
from pole.segments import Chain, following

_RESERVED = 4096  # numbers at a time: a write of the counters each hour at one record a second
_RAM = 1024
_WAIT_S = 60
_COMMIT_S = 300
_SAVE_S = 900  # how far the readers are
_BLOCK = 4096
# Where the blocks of a file end on littlefs: block k > 0 begins with ctz(k) + 1 pointers of 4 bytes (SPEC.md, CTZ).
_EDGES = (4096, 8188, 12276, 16368)


class Journal:
    """`keep`: the counters of pole/keep.py. `room`: bytes of flash it may take.

    `dropped`, `damaged`, `failed` count records dropped and found damaged, and writes refused, since the start.
    """

    def __init__(self, folder, keep, room=262144):
        self.folder = folder
        self.keep = keep
        self.room = room
        self.readers = []
        self.dropped = self.damaged = self.failed = 0
        self._ram = bytearray(_RAM)
        self._view = memoryview(self._ram)
        self._note = bytearray(32)
        self._end = self._since = 0
        self._dated = False  # what the uptime of this start means is kept
        self._lasts = [0] * record.CLASSES  # the newest record of each class, wherever it is
        self.chains = [Chain() for _ in range(record.CLASSES)]
        self.boot = keep.get("boot") + 1
        keep.set("boot", self.boot)
        self._find()
        self._begin()

    # At the start

    def _find(self):
        """What is on flash. Only the newest segment of each class is read: the time this takes is bounded."""
        try:
            names = sorted(os.listdir(self.folder))
        except OSError:
            names = []
            self._make_folder()
        for name in names:
            try:
                chain, first = self.chains[int(name[0])], int(name[1:], 16)
            except (ValueError, IndexError):
                continue  # not ours
            chain.firsts.append(first)
            chain.sizes.append(os.stat(self.path(int(name[0]), first))[6])
        for c in range(record.CLASSES):
            if self.chains[c].firsts:
                self._look(c, self.chains[c])
                self._lasts[c] = self.chains[c].last

    def _look(self, c, chain):
        """What the newest segment holds; it is gone on with, unless its end is torn."""
        buf, size = bytearray(record.LONGEST), 0
        path = self.path(c, chain.firsts[-1])
        chain.last = chain.firsts[-1] - 1
        with open(path, "rb") as file:
            most = self.keep.get("next", 1 << 29)
            while following(file, buf, c, chain.last, most) not in (0, -1):
                chain.last = record.number(buf)
                size = file.seek(0, 1)
        if not size:
            self._remove(c, -1)
        elif size == chain.sizes[-1]:
            chain.safe = chain.last
            chain.file = open(path, "ab")

    def _make_folder(self):
        path = ""
        for part in self.folder.strip("/").split("/"):
            path += "/" + part
            try:
                os.mkdir(path)
            except OSError:  # it is there
                pass

    def _begin(self):
        """Number on behind what may have been used, and tell what may be missing."""
        for name, value in self.keep.values.items():
            if name[0] == "@":
                c = int(name[-1])
                self._lasts[c] = max(self._lasts[c], value)
        known = max(self._lasts)
        self._reserved = self.number = max(self.keep.get("next", 1), known + 1)
        if self.number > known + 1:
            self.put(record.LOSS, record.GAP, struct.pack("<6I", self.number, *self._lasts))

    # Writing

    def put(self, class_, kind, payload, up=-1):
        """Keep one record of uptime `up`, or of now; its number. ValueError: the payload is too long."""
        need = len(payload) + record.EXTRA
        if need > record.LONGEST:
            raise ValueError("record")
        if self._end + need > _RAM:
            self.spill()
            while self._end + need > _RAM:  # a flash that takes nothing
                self._forget_oldest()
        if not self._end:
            self._since = clock.uptime_s()
        number = self._next()
        self._pack(self._view, self._end, class_, kind, number, payload, up)
        self._end += need
        self._lasts[class_] = number
        if class_ < record.TELEMETRY:
            self.spill()
            self.commit(class_)
        return number

    def _pack(self, buf, at, class_, kind, number, payload, up=-1):
        unknown = record.UNKNOWN_TIME if clock.now() is None else 0
        return record.pack(buf, at, class_, kind | unknown, number, self._time(up), payload)

    def _next(self):
        if self.number + 1 >= self._reserved:  # one is always left: so an end without warning shows
            self._reserved = self.number + _RESERVED
            self._save()
        self.number += 1
        return self.number - 1

    def _save(self):
        self.keep.set("next", self._reserved)
        for reader in self.readers:
            for c in range(reader.heeds if reader.name else 0):
                self.keep.set("@%s%d" % (reader.name, c), reader.acked[c])
        self.keep.flush()

    def _time(self, then):
        """A record's time. What a start's uptime means is kept as soon as it is known."""
        now, up = clock.now(), clock.uptime_s()
        if then < 0:
            then = up
        if now is None:
            return then & 0xFFFFFF | (self.boot & 255) << 24
        if not self._dated:
            self._dated = True
            self.keep.set("b%d" % (self.boot & 255), now - up)
            self._forget_boots()
            self._save()
        return now - up + then

    def _forget_boots(self):
        """Eight starts back is as far as unknown times are looked up."""
        for name in [name for name in self.keep.values if name[0] == "b" and name[1:].isdigit()]:
            if (self.boot - int(name[1:])) & 255 > 8:
                del self.keep.values[name]

    def when(self, time, unknown):
        """Seconds since 2020 of a record's time, None when nobody knows."""
        if not unknown:
            return time
        boot, up = time >> 24, time & 0xFFFFFF
        if boot == self.boot & 255:
            return clock.wall(up)
        offset = self.keep.get("b%d" % boot)
        return up + offset if offset else None

    def step(self):
        """Once a second: write what waited long enough."""
        now = clock.uptime_s()
        if self._end and now - self._since >= _WAIT_S:
            self.spill()
        for c in range(record.CLASSES):
            if not self.chains[c].committed and now - self.chains[c].since >= _COMMIT_S:
                self.commit(c)
        if now - self.keep.at >= _SAVE_S:
            self.keep.at = now
            self._save()

    def flush(self):
        """All of it to flash: before a restart of ours. No number is lost then."""
        self.spill()
        for c in range(record.CLASSES):
            self.commit(c)
        self._reserved = self.number
        self._save()

    def spill(self):
        """Write what is in RAM to the segments; what the flash refuses stays."""
        ram, at, kept, refused = self._ram, 0, 0, 0
        while at < self._end:
            n, c, number = record.length(ram, at), record.class_of(ram, at), record.number(ram, at)
            if not self._everybody_has(c, number):
                if refused >> c & 1 or not self._write(c, self._view[at : at + n], number):
                    refused |= 1 << c  # the rest of its class must not overtake it
                    self._view[kept : kept + n] = self._view[at : at + n]
                    kept += n
            at += n
        self._end = kept

    def _forget_oldest(self):
        ram, n = self._ram, record.length(self._ram)
        c, number = record.class_of(ram), record.number(ram)
        self._view[: self._end - n] = self._view[n : self._end]
        self._end -= n
        self._tell_loss(c, number, number)

    def _write(self, c, view, number):
        """Append a record to the newest segment of class c. False: the flash does not take it."""
        for _ in range(2):  # a segment that fails is left, and another begun
            try:
                self._append(c, view, number)
                return True
            except OSError:
                self._abandon(c)
                if not self._drop(c):
                    return False
        return False

    def _append(self, c, view, number):
        """A block is committed when it is full: only then does littlefs go on without copying it."""
        chain, n = self.chains[c], len(view)
        if not chain.file or chain.sizes[-1] + n > _EDGES[-1]:
            self._open(c, number)
        if chain.committed:
            chain.committed, chain.since = False, clock.uptime_s()
        size, done = chain.sizes[-1], 0
        for edge in _EDGES:
            if size < edge < size + n:
                done = edge - size
                chain.file.write(view[:done])
                chain.file.flush()
                chain.safe = chain.last
        chain.file.write(view[done:])
        chain.sizes[-1] = size + n
        chain.last = number

    def _open(self, c, number):
        chain = self.chains[c]
        self._close(c)
        while c != record.LOSS and self.used() + _BLOCK > self.room and self._drop(c):
            pass
        chain.file = open(self.path(c, number), "wb")
        chain.firsts.append(number)
        chain.sizes.append(0)

    def commit(self, c):
        try:
            self.chains[c].commit()
            return True
        except OSError:
            self._abandon(c)
            return False

    def _abandon(self, c):
        """The flash refused something: go on in another segment. What was not committed of this one may be gone."""
        self.failed += 1
        chain = self.chains[c]
        if chain.file:
            safe = chain.safe
            self._close(c)
            try:
                size = os.stat(self.path(c, chain.firsts[-1]))[6]
            except OSError:
                size = 0
            if size < chain.sizes[-1] and safe < chain.last:  # littlefs closes a file that failed as it was
                chain.sizes[-1] = size
                self._tell_loss(c, safe + 1, chain.last)
            if not size:
                self._remove(c, -1)

    def _close(self, c):
        try:
            self.chains[c].close()
        except OSError:
            self.failed += 1

    def last(self, c):
        """The number of the newest record of class c."""
        return self._lasts[c]

    def used(self):
        """Bytes of flash that the segments take."""
        return sum([(size + _BLOCK - 1) // _BLOCK * _BLOCK for chain in self.chains for size in chain.sizes])

    # Dropping

    def _drop(self, c):
        """Give up the oldest segment of the least important class, none more important than c. False: there is none.

        What tells of losses stays: a segment of it holds hundreds.
        """
        for k in range(record.CLASSES - 1, c - 1, -1):
            firsts = self.chains[k].firsts
            if k == record.LOSS:
                continue
            if len(firsts) > 1:
                first, last = firsts[0], firsts[1] - 1
            elif firsts and k > c:
                first, last = firsts[0], self.chains[k].last
                self._close(k)
            else:
                continue
            told = self._tell_loss(k, first, last)
            self._remove(k, 0)
            if not told:  # now there is room for it
                self._tell_loss(k, first, last)
            return True
        return False

    def _tell_loss(self, c, first, last):
        """A DROPPED record, written at once. False: the flash does not take it now."""
        if self._everybody_has(c, last):
            return True
        self.dropped += 1
        number = self._next()
        n = self._pack(self._note, 0, record.LOSS, record.DROPPED, number, struct.pack("<BII", c, first, last))
        try:
            self._append(record.LOSS, memoryview(self._note)[:n], number)
        except OSError:
            self._abandon(record.LOSS)
            return False
        self._lasts[record.LOSS] = number
        return self.commit(record.LOSS)

    def damage(self, c, first, last):
        """A reader met damage."""
        self.damaged += 1
        self._tell_loss(c, first, last)

    def _remove(self, c, k):
        chain = self.chains[c]
        first = chain.firsts.pop(k)
        chain.sizes.pop(k)
        for reader in self.readers:
            reader.left(c, first)
        try:
            os.remove(self.path(c, first))
        except OSError:
            self.failed += 1

    # Reading

    def reader(self, name, heeds=record.CLASSES):
        """Who gets everything, or the first `heeds` classes: an uplink. It goes on where it was."""
        for one in self.readers:
            if one.name == name:
                return one
        one = Reader(self, name, heeds)
        self.readers.append(one)
        return one

    def _everybody_has(self, c, number):
        for reader in self.readers:
            if reader.acked[c] < number:
                return False
        return bool(self.readers)

    def acknowledged(self, c):
        """Delete what every reader has of class c."""
        chain, number = self.chains[c], 1 << 29
        for reader in self.readers:
            number = min(number, reader.acked[c])
        while chain.firsts and (chain.firsts[1] - 1 if len(chain.firsts) > 1 else chain.last) <= number:
            if len(chain.firsts) == 1:
                self._close(c)
            self._remove(c, 0)
        for k in range(record.CLASSES):
            if not self._everybody_has(k, self._lasts[k]):
                return
        self._end = 0

    def in_ram(self, c, number, buf):
        """The record of class c behind `number` into `buf`: its length, 0 when there is none."""
        ram, at = self._ram, 0
        while at < self._end:
            n = record.length(ram, at)
            if record.class_of(ram, at) == c and record.number(ram, at) > number:
                buf[:n] = self._view[at : at + n]
                return n
            at += n
        return 0

    def path(self, c, first):
        return "%s/%d%08x" % (self.folder, c, first)
