"""Signed compact datagrams (UDP), for NB-IoT and wherever bytes are paid for.

Alarms and answers go at once and are sent again until the city has them; every `every_s` the points of `points`, the
most important first, in as few bytes as protocol/payload_compact.py needs, as far as `longest` goes; with `history`
all that a journal keeps, too. `yigan receive` hears it; the datagrams themselves stand in protocol/datagram.py.
---
title_zh = "UDP 窄带上行链路（紧凑报文、签名与确认）"
link = "narrow"
loads = ["hal.net_udp"]
[options.host]
type = "str"
required = true
en = "Name or address of the receiver"
zh = "接收服务器的域名或地址"
[options.port]
type = "int"
default = 5685
low = 1
high = 65535
en = "UDP port"
zh = "UDP 端口"
[options.key]
type = "str"
required = true
secret = true
en = "Key that signs, 32 to 128 hexadecimal digits, another for each pole"
zh = "签名密钥：32 至 128 位十六进制数，每杆不同"
[options.points]
type = "list"
default = []
en = "Points to tell, the most important first; none: all that are measured"
zh = "上报的测点，按重要性排列；留空则为全部测量点"
[options.every_s]
type = "int"
default = 300
low = 5
high = 86400
unit = "s"
en = "The present values so often, while this is the best link"
zh = "作为最佳链路时，实时值的上报间隔"
[options.longest]
type = "int"
default = 51
low = 11
high = 512
unit = "By"
en = "Bytes of a message, without the 18 of its head and signature"
zh = "报文长度上限（不含 18 字节的报头与签名）"
[options.history]
type = "bool"
default = false
en = "Send what the journal keeps, too"
zh = "同时补传断网续传日志"
[options.probe_s]
type = "int"
default = 3600
low = 30
high = 86400
unit = "s"
en = "Is the link well? Asked so often while it has nothing to say"
zh = "空闲时的链路探测间隔"
[options.retry_s]
type = "int"
default = 6
low = 1
high = 60
unit = "s"
en = "First wait for an answer; it doubles, with jitter"
zh = "首次等待应答的时间；逐次加倍并带随机抖动"
[options.ranges]
type = "list"
default = []
en = "Written by `yigan build`"
zh = "由 `yigan build` 写入"
"""

import binascii
import hashlib
import random

from pole import clock, load
from pole.codec import record
from pole.crypto.hmac_sha256 import Key
from pole.errors import ConfigError
from pole.log import WARN
from pole.protocol import datagram, link_policy
from pole.protocol.datagram import PRESENT, RECORD
from pole.protocol.payload_compact import Compact

_TICK_MS = 250
_RESERVED = 256  # numbers at a time: a write of the counters each day or so
_LATER_S = 300  # an uplink without a network looks for it so often, at the longest


class Uplink:
    """`allowed`: what it may carry now (protocol/link_policy.py). The service reads the rest."""

    offers = 1  # protocol/recovery.RECONNECT

    def __init__(self, pole, options):
        self.pole = pole
        self.options = options
        self.allowed = link_policy.EVERYTHING
        self.reason = self.connects = 0
        key = options["key"]
        try:
            key = Key(binascii.unhexlify(key))
        except ValueError:
            raise ConfigError("key")
        tag = hashlib.sha256(pole.id.encode()).digest()[:4]
        self.session = datagram.Session(
            key,
            tag,
            options["longest"],
            options["retry_s"],
            options.get("budget_kb_day", 0) * 1024,
            random.getrandbits,
        )
        ranges = {i: (low, high) for i, low, high in options["ranges"]}
        self.compact = Compact(pole.store, self._order(options["points"]), ranges)
        self._keep = pole.keep("datagram")
        self._number = self._reserved = self._keep.get("next", 1)
        self.session.budget.day, self.session.budget.spent = self._keep.get("day"), self._keep.get("spent")
        self.budget = self.session.budget
        self._net = self._reader = None
        self._ear = bytearray(datagram.EXTRA)  # an acknowledgement: it is full with one, so that two stay two
        self._flying = []  # (class, number) of the records in the slot; without a journal (-1, number of the event)
        self._event = self._start = 0
        self._live = -1  # when the present is told next
        self._was_live = False

    def _order(self, names):
        store = self.pole.store
        if names:
            found = [store.find(name) for name in names]
            return [i for i in found if i >= 0]
        apart = "node", "link", "journal", "alarm"
        return [i for i in range(store.n) if store.name(i).split(".")[0] not in apart]

    @property
    def up(self):
        return self._net is not None and self.session.up

    @property
    def bytes_up(self):
        return self.session.bytes_up

    @property
    def bytes_down(self):
        return self.session.bytes_down

    @property
    def success(self):
        return self.session.success

    async def run(self, beat):
        wait = 1
        while True:
            try:
                self._net = load.module("hal", "net_udp").Datagrams(
                    self.options["host"], self.options["port"]
                )
                self.connects += 1
                self.reason, wait = 0, 1
                while self._net:
                    beat()
                    self.step(clock.uptime_s())
                    await clock.sleep_ms(_TICK_MS)
            except OSError as error:
                self.reason = 1
                self.pole.log.add(WARN, "datagram", "no network: %s" % error)
            finally:
                self.close()
            wait = min(2 * wait, _LATER_S)
            for _ in range(wait // 2 + random.getrandbits(8) * wait // 512 + 1):
                beat()
                await clock.sleep_ms(1000)

    def close(self):
        if self._net:
            self._net.close()
            self._net = None

    def recover(self, step):
        """Another socket: the old one's way through the operator's address translation may be forgotten."""
        self.close()

    def step(self, now):
        """Hear, choose what is to be said, say it."""
        session, budget = self.session, self.session.budget
        seconds = clock.now()
        budget.turn(now if seconds is None else seconds)
        for data in self._heard():
            if session.heard(data, now) == RECORD:
                self._arrived()
        if session.free(RECORD):
            self._record(now)
        if session.free(PRESENT):
            self._present(now)
        k = session.due(now)
        if k >= 0:
            self._say(memoryview(session.slots[k].buf)[: session.slots[k].n])
        self._keep.set("day", budget.day)
        self._keep.set("spent", budget.spent)
        self._keep.step()

    def _heard(self):
        """The datagrams that are there. That nobody listens is no news: no answer says it."""
        try:
            n = self._net.take(self._ear)
            while n:
                yield bytes(self._ear[:n])
                n = self._net.take(self._ear)
        except OSError as error:
            self._broken(error)

    def _say(self, view):
        try:
            self._net.send(view)
        except OSError as error:
            self._broken(error)
        self.reason = 0 if self.session.up else 3

    def _broken(self, error):
        if error.errno not in (11, 35, 111, 104):  # EAGAIN, ECONNREFUSED, ECONNRESET
            raise error

    def _next(self):
        """A number that no datagram of this pole had, whatever happens to its supply."""
        if self._number >= self._reserved:
            self._reserved = self._number + _RESERVED
            self._keep.set("next", self._reserved)
            self._keep.flush()
        self._number += 1
        return self._number - 1

    def _send(self, slot, n, now):
        self.session.put(slot, memoryview(self.compact.buf)[:n], self._next(), now)

    # What must arrive

    def _record(self, now):
        journal, n = self.pole.journal, 0
        if not self.allowed & 1 << record.ALARM:
            return
        if journal:
            if not self._reader:
                name = self.options.get("name", "datagram")
                self._reader = journal.reader(
                    name, record.CLASSES if self.options["history"] else record.TELEMETRY
                )
            n = self._from_journal()
        elif self.pole.alarms and self.pole.alarms.seq > self._event:
            self._event, said = self.pole.alarms.event(self._event + 1)
            at = clock.wall(self.pole.alarms.at(self._event))
            known = at is not None
            n = self._alarm(said, at if known else self.pole.alarms.at(self._event), known, 0)
            self._flying.append((-1, self._event))
        if n:
            self._send(RECORD, n, now)

    def _from_journal(self):
        """One record, or as many samples as a message takes; its length, 0 when there is none."""
        reader, longest = self._reader, self.options["longest"]
        reader.most = reader.heeds if self.allowed >> record.TELEMETRY & 1 else record.TELEMETRY
        if not self._start:
            reader.rewind()
            self._start = 1
        n = 0
        while not n and reader.next():
            if record.kind_of(reader.buf) == record.SAMPLE:
                return self._samples(longest)
            n = self._other(longest)
            self._note()
            if not n:  # too long for this link: it can have no more of it than this
                self._arrived()
                self.session.lost += 1
        return n

    def _note(self):
        reader = self._reader
        self._flying.append((record.class_of(reader.buf), record.number(reader.buf)))

    def _samples(self, longest):
        compact, reader = self.compact, self._reader
        compact.history()
        while compact.add(reader.buf, longest):
            self._note()
            if not reader.next() or record.kind_of(reader.buf) != record.SAMPLE:
                break
        self._start = 0  # what did not fit is found again
        if not self._flying:  # a point this pole no longer has
            self._note()
            self._arrived()
        return compact.bits.length() if self._flying else 0

    def _other(self, longest):
        reader, compact = self._reader, self.compact
        if record.kind_of(reader.buf) == record.EVENT:
            known = not record.is_time_unknown(reader.buf)
            said = bytes(memoryview(reader.buf)[record.HEAD : reader.length - 2])
            n = self._alarm(said, record.time(reader.buf), known, record.number(reader.buf))
        else:
            n = compact.record(reader.buf, reader.length)
        return n if n <= longest else 0

    def _alarm(self, said, time, known, number):
        """An event as services/alarms.py words it."""
        from pole.protocol import alarm, alarm_event  # seldom happens one

        store = self.pole.store
        i = store.find(_word(said, b"point"))
        value = _word(said, b"value")
        raw = None if value == "null" or i < 0 else store.parse(i, value)
        state, severity = (
            alarm.STATES.index(_word(said, b"state")),
            alarm.SEVERITIES.index(_word(said, b"severity")),
        )
        reason = alarm_event.REASONS.index(_word(said, b"reason"))
        return self.compact.alarm(
            int(_word(said, b"alarm")), state, severity, reason, i, raw, time, known, number
        )

    def _arrived(self):
        """The city has the record under way."""
        for class_, number in self._flying:
            if class_ >= 0:
                self._reader.ack(class_, number)
        self._flying = []

    # What is now

    def _present(self, now):
        live = bool(self.allowed >> link_policy.LIVE & 1)
        if self._live < 0 or live and not self._was_live:
            self._live = now  # it is our turn: the city shall not wait
        elif not self.session.up:
            self._live = min(self._live, now + self.session.probe_s())
        self._was_live = live
        if now < self._live or not self.allowed:
            return
        session = self.session
        wait = self.options["every_s"] if live and session.up else self.options["probe_s"]
        if not session.up:
            wait = min(wait, session.probe_s())
        elif not live and session.success >= 0 and now - session.success < wait:
            self._live = session.success + wait  # it has just answered
            return
        self._live = now + wait - wait * random.getrandbits(8) // 2048
        self._send(PRESENT, self.compact.now(self.options["longest"] if live else 11), now)


def _word(said, name):
    """What stands behind `"name":` in JSON of services/alarms.py."""
    at = said.find(b'"' + name + b'":') + len(name) + 3
    return said[at : said.find(b",", at)].decode().strip('"')
