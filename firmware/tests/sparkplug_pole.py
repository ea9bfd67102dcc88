"""A Sparkplug edge node against a broker's bytes; what a payload says is read by a few lines that share nothing with it."""

import points_bin
from mqtt_wire import feed, sent
from pole import clock
from pole.log import Log
from pole.protocol import mqtt_session, payload_sparkplug
from pole.store import Store, Table

ROWS = [
    (100, "lamp.level", 1, 1, True, 0, 1000),
    (102, "air.pm2_5", 2, 0, False, 0, 1000),
    (104, "node.door", 0, 0, False, 0, 1),
    (106, "gnss.lon", 3, 6, False, -180000000, 180000000),
    (108, "energy.total", 4, 2, False, 0, 4294967295),
    (110, "air.ratio", 5, 0, False, 0, 1),
]
NOW = 217497600  # 2026-11-22T08:00:00Z
MS = (NOW + 1577836800) * 1000
OPTIONS = {
    "prefix": "street", "primary_host": "", "client_id": "", "keepalive_s": 60, "username": "", "password": "",
    "answer_s": 15, "window": 4,
}  # fmt: skip
HOST = b"spBv1.0/STATE/city"


class Keep:
    def __init__(self):
        self.values = {}
        self.flushed = 0

    def get(self, name, usual=0):
        return self.values.get(name, usual)

    def set(self, name, value):
        self.values[name] = value

    def flush(self):
        self.flushed += 1


class Pole:
    id = "demo-0001"
    journal = None

    def __init__(self):
        self.store = Store(Table(points_bin.build(ROWS, ("%",))))
        self.log = Log()
        self.done = []
        self.kept = Keep()
        self.store.own(0, self.dim)

    def keep(self, name):
        return self.kept

    def dim(self, raw, source):
        self.done.append((raw, source))
        self.store.put(0, raw)


def varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value, at
        shift += 7


def message(data):
    """{field: [values]} of protobuf."""
    at, found = 0, {}
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            n, at = varint(data, at) if key & 7 == 2 else (8 if key & 7 == 1 else 4, at)
            value = data[at : at + n]
            at += n
        found.setdefault(key >> 3, []).append(value)
    assert at == len(data)
    return found


def properties(data):
    found = message(data)
    values = [message(one) for one in found[2]]
    return {bytes(k).decode(): v.get(3, v.get(8))[0] for k, v in zip(found[1], values)}


def said(data):
    """[(verb, payload fields, [metrics])] of PUBLISHes; metrics as {field: value}."""
    out = []
    while data:
        if data[0] in (0x82, 0xC0, 0xE0, 0x40):
            out.append((data[0], None, None))
            n, at = varint(data, 1)
            data = data[at + n :]
            continue
        assert data[0] == 0x30, data[0]
        n, at = varint(data, 1)
        body, data = data[at : at + n], data[at + n :]
        end = 2 + (body[0] << 8 | body[1])
        topic = bytes(body[2:end]).decode().split("/")
        assert topic[:2] == ["spBv1.0", "street"] and topic[3:] == ["demo-0001"], topic
        fields = message(body[end:])
        metrics = [{k: v[0] for k, v in message(one).items()} for one in fields.get(2, [])]
        out.append((topic[2], fields, metrics))
    return out


def command(*metrics, topic=b"spBv1.0/street/NCMD/demo-0001", head=0x30):
    payload = b"\x08" + pb(MS) + b"".join([b"\x12" + pb(len(one)) + one for one in metrics])
    return publish(topic, payload, head)


def publish(topic, payload, head=0x30):
    body = bytes((0, len(topic))) + topic + (b"\x00\x07" if head & 6 else b"") + payload
    return bytes((head,)) + pb(len(body)) + body


def pb(value):
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


REBIRTH = b"\x0a\x14Node Control/Rebirth\x20\x0b\x70\x01"


class Base:
    host = ""

    def setUp(self):
        clock.uptime_s()
        clock.set_time(NOW, clock.NETWORK)
        self.make()

    def tearDown(self):
        clock.forget()

    def make(self, **options):
        self.pole = Pole()
        chosen = dict(OPTIONS)
        chosen.update(options)
        self.node = payload_sparkplug.Node(self.pole, clock, chosen)
        self.session = self.node.session

    def connect(self):
        """What went out: the CONNECT, then the rest."""
        self.session.close()
        self.node.forget()
        self.session.open()
        hello = sent(self.session)
        self.assertEqual(feed(self.session, b"\x20\x02\x00\x00")[0], mqtt_session.CONNECTED)
        self.node.begin()
        subscribe = self.told()
        feed(self.session, b"\x90\x03\xff\xff\x01")
        return hello, subscribe

    def told(self):
        data = sent(self.session)
        for _ in range(50):
            if not (self.session.room() and self.node.step(self.session)):
                break
            data += sent(self.session)
        return said(data + sent(self.session))

    def hear(self, data):
        """Feed a broker's PUBLISH; the word."""
        session = self.session
        word = ""
        while data:
            n = min(len(data), len(session.reader.space()))
            session.reader.space()[:n] = data[:n]
            session.reader.fed(n)
            data = data[n:]
            while session.next() == mqtt_session.MESSAGE:
                word = self.node.take(session.reader)
        return word
