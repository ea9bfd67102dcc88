"""The simulated pole, its links and the city."""

import random

from yigan.week import (
    _ALARM_BYTES,
    _DRAIN_S,
    _LIVE_BYTES,
    _RETRY_S,
    _WIDE_BYTES,
    ANSWER_S,
    DAY,
    Arrival,
    Report,
    Week,
    device,
)

_KEY, _TAG = b"sixteen bytes...", b"pole"


class Wide:
    """A session over TCP. `up` is what the pole believes."""

    def __init__(self, street, k):
        self.street, self.k, self.line = street, k, street.week.lines[k]
        self.up, self.silent_since, self.retry_at, self.wait = False, -1, 0, 1
        self.sent_alarm = self.acked_alarm = 0
        self.coming = []  # (when, alarm)
        self.spent = 0

    def step(self, now, allowed):
        street, loss = self.street, self.street.loss(self.k, now)
        if not self.up:
            if now >= self.retry_at:
                self.wait = min(2 * self.wait, _RETRY_S)
                self.retry_at = now + self.wait // 2 + street.lot.randrange(self.wait // 2 + 1)
                if loss < 60:
                    self.up, self.silent_since, self.wait = True, -1, 1
                    self.sent_alarm = self.acked_alarm
            return
        if loss >= 60:
            self.silent_since = now if self.silent_since < 0 else self.silent_since
            if now - self.silent_since >= ANSWER_S:
                self.up, self.retry_at = False, now + 1
                self.coming = [c for c in self.coming if c[0] <= self.silent_since]
            return
        self.silent_since = -1
        self.arrive(now)
        if allowed >> street.record.ALARM & 1:
            while self.sent_alarm < len(street.report.raised):
                self.sent_alarm += 1
                self.send(now, self.sent_alarm, loss)
        if allowed >> street.policy.LIVE & 1 and street.live_due(self.k, now):
            self.send(now, 0, loss)

    def send(self, now, alarm, loss):
        tries = 0
        while self.street.lot.randrange(100) < loss:
            tries += 1
        self.coming.append((now + self.line.latency_s + min(8, tries), alarm))
        self.spent += _WIDE_BYTES

    def arrive(self, now):
        for when, alarm in [c for c in self.coming if c[0] <= now]:
            self.coming.remove((when, alarm))
            self.street.take(now, self.k, alarm)
            if alarm:
                self.acked_alarm = max(self.acked_alarm, alarm)


class Narrow:
    """The pole's own datagram session over a lossy network."""

    def __init__(self, street, k):
        self.street, self.k, self.line = street, k, street.week.lines[k]
        self.datagram = device("protocol.datagram")
        key = device("crypto.hmac_sha256").Key(_KEY)
        self.session = self.datagram.Session(
            key, _TAG, 64, 6, 1024 * self.line.budget_kb_day, street.lot.getrandbits
        )
        self.number, self.alarm, self.probed = 0, 0, 0
        self.under_way = {}  # number -> alarm
        self.coming, self.heard = [], set()

    @property
    def up(self):
        return self.session.up

    @property
    def spent(self):
        return self.session.budget.spent

    def step(self, now, allowed):
        session, street, datagram = self.session, self.street, self.datagram
        session.budget.turn(now)
        self.arrive(now)
        if (
            session.free(datagram.RECORD)
            and allowed >> street.record.ALARM & 1
            and self.alarm < len(street.report.raised)
        ):
            self.put(datagram.RECORD, _ALARM_BYTES, self.alarm + 1, now)
        live = allowed >> street.policy.LIVE & 1
        if session.free(datagram.PRESENT):
            if live and session.up and street.live_due(self.k, now):
                self.put(datagram.PRESENT, _LIVE_BYTES, 0, now)
            elif now - self.probed >= (session.probe_s() if not session.up else 3600):
                self.probed = now
                self.put(datagram.PRESENT, 11, 0, now)
        while (slot := session.due(now)) >= 0:
            found = session.slots[slot]
            if not self.lost(now):
                self.coming.append((now + self.line.latency_s // 2, True, found.number))

    def put(self, slot, n, alarm, now):
        self.number += 1
        self.under_way[self.number] = alarm
        self.session.put(slot, bytes(n), self.number, now)

    def lost(self, now):
        return self.street.lot.randrange(100) < self.street.loss(self.k, now)

    def arrive(self, now):
        datagram = self.datagram
        for event in [c for c in self.coming if c[0] <= now]:
            self.coming.remove(event)
            _, up, number = event
            if up:
                if number in self.heard:
                    self.street.report.repeated += 1
                else:
                    self.heard.add(number)
                    self.street.take(now, self.k, self.under_way[number])
                if not self.lost(now):
                    self.coming.append((now + (self.line.latency_s + 1) // 2, False, number))
            else:
                ack = bytearray(datagram.EXTRA)
                datagram.frame(self.session.key, ack, 0, datagram.ACK, _TAG, number)
                if self.session.heard(bytes(ack), now) == datagram.RECORD:
                    self.alarm = self.under_way[number]


class Street:
    def __init__(self, week: Week, lot: random.Random):
        self.week, self.lot = week, lot
        self.policy, self.record = device("protocol.link_policy"), device("codec.record")
        self.report = Report(week)
        rows = [self.policy.Link(line.class_, line.cost, line.latency_s) for line in week.lines]
        self.chooser = self.policy.Policy(rows, week.hold_down_s, week.fall_s)
        self.links = [
            (Wide if line.class_ < self.policy.NARROW else Narrow)(self, k)
            for k, line in enumerate(week.lines)
        ]
        self.live_at = [0] * len(rows)
        self.alarms = sorted(
            lot.randrange(60, week.days * DAY) for _ in range(week.alarms_per_day * week.days)
        )
        self.edges = sorted({m for o in week.outages for m in (o.begin, o.end)})

    def loss(self, k, now):
        line = self.week.lines[k]
        return max([line.loss, *(o.loss_at(now) for o in self.week.outages if o.link == line.name)])

    def live_due(self, k, now):
        if now < self.live_at[k]:
            return False
        self.live_at[k] = now + self.week.lines[k].every_s
        return True

    def take(self, now, k, alarm):
        self.report.arrivals.append(Arrival(now, k, alarm))

    def play(self) -> Report:
        now, day, before = 0, 0, [0] * len(self.links)
        self.report.best.append((0, self.chooser.best))
        while now < self.week.days * DAY + _DRAIN_S:
            if now // DAY > day:
                self.close_day(before)
                day = now // DAY
            self.second(now)
            now += 1 if self.busy(now) else 5
        self.close_day(before)
        self.report.bytes_day = self.report.bytes_day[: self.week.days]
        return self.report

    def second(self, now):
        while self.alarms and self.alarms[0] <= now:
            self.alarms.pop(0)
            self.report.raised.append(now)
        for k, link in enumerate(self.links):
            self.chooser.tell(k, link.up, now)
            if isinstance(link, Narrow):
                self.chooser.links[k].exhausted = not link.session.budget.allows(0)
        if self.chooser.step(now):
            self.report.best.append((now, self.chooser.best))
            self.live_at[self.chooser.best] = now  # the city shall not wait
        for k, link in enumerate(self.links):
            link.step(now, self.chooser.links[k].allowed)

    def busy(self, now):
        """A second counts: something is under way, or a link has just changed."""
        if self.chooser.best != self.chooser._order[0] or any(
            not link.up or link.coming for link in self.links
        ):
            return True
        if any(edge - 5 <= now <= edge + 120 for edge in self.edges) or any(
            o.every_s and o.begin <= now < o.end for o in self.week.outages
        ):
            return True
        return any(
            isinstance(link, Narrow) and any(slot.n for slot in link.session.slots) for link in self.links
        )

    def close_day(self, before):
        """Bytes of the day that ends; a narrow link's budget counts them itself."""
        row = []
        for k, link in enumerate(self.links):
            row.append(link.spent - (before[k] if isinstance(link, Wide) else 0))
            before[k] = link.spent
        self.report.bytes_day.append(row)
