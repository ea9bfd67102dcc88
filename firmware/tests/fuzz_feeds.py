"""Who is fed by fuzz.py: a maker of a feed for each reader of the firmware."""

import io
import random

import points_bin
from pole import clock, segments
from pole.codec import (
    dali_bits,
    dlt645,
    frame_line,
    kept_line,
    modbus,
    record,
    sparkplug,
)
from pole.drivers import dali_sci
from pole.log import Log
from pole.protocol import (
    command,
    modbus_server,
    mqtt_session,
    payload_sparkplug,
    register_image,
)
from pole.store import Store, Table
from sampled import sampled

ROWS = [
    (100, "lamp.level", 1, 1, True, 0, 1000),
    (102, "air.pm2_5", 2, 0, True, 0, 1000),
    (104, "air.ratio", 5, 0, True, -9, 9),
    (106, "node.door", 0, 0, True, 0, 1),
    (108, "energy.total", 4, 3, True, 0, 4294967295),
]
POINTS = points_bin.build(ROWS, ("%", "V"))
now_ms = [0]


async def nap(ms):
    """Instead of clock.sleep_ms: time passes at once."""
    now_ms[0] = now_ms[0] + max(ms, 1) & 0x3FFFFFFF


def ticks():
    return now_ms[0]


def ready(coroutine):
    """The result of a coroutine that never really waits; RuntimeError when it asks too often."""
    try:
        for _ in range(10000):
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("hangs")


class Line:
    """A UART whose far end said `data`, in pieces, and is silent then."""

    char_us, baud, poll_ms = 1042, 9600, 20

    def __init__(self):
        self.data, self.turns = b"", 0

    def take(self, buf):
        self.turns += 1
        if self.turns > 5000:
            raise RuntimeError("hangs")
        n = min(len(buf), len(self.data), 1 + random.getrandbits(5))
        buf[:n] = self.data[:n]
        self.data = self.data[n:]
        return n

    def begin(self, buf):
        return 20

    def end(self):
        pass

    async def send(self, buf):
        pass

    def write(self, buf):
        pass

    def flush_input(self):
        pass


def driver(module, options):
    """A stream's driver: fed until it is silent."""

    def make():
        line = Line()
        one, out = module.Driver(line, options), [None] * 20

        def feed(frame):
            line.data, line.turns = frame, 0
            for _ in range(4):
                ready(sampled(one.read(out)))

        return feed

    return make


def drain(reader, frame, split):
    """A broker's bytes through a Reader."""
    at = 0
    while at < len(frame):
        space = reader.space()
        n = min(len(space), len(frame) - at)
        if not n:
            raise RuntimeError("hangs")
        space[:n] = frame[at : at + n]
        reader.fed(n)
        at += n
        while True:
            head = reader.next()
            if not head:
                break
            if head >> 4 == 3:
                split()


def fresh(make_reader):
    """A new connection for each frame; the buffers stay."""

    def make():
        reader = make_reader()

        def feed(frame):
            reader.n = reader.at = reader.skip = 0
            drain(reader, frame, reader.split_publish)

        return feed

    return make


def session(make_session, connack):
    def make():
        one = make_session()

        def feed(frame):
            try:
                one.open()
                _events(one, connack)
                _events(one, frame)
                one.tick(500)
            finally:
                one.close()

        return feed

    return make


def _events(one, frame):
    at, reader = 0, one.reader
    while at < len(frame):
        space = reader.space()
        n = min(len(space), len(frame) - at)
        space[:n] = frame[at : at + n]
        reader.fed(n)
        at += n
        for _ in range(2000):
            event = one.next()
            while one.pending():
                one.sent(min(len(one.outgoing()), 7))
            if not event:
                break
        else:
            raise RuntimeError("hangs")


class Pole:
    id, journal = "p1", None

    def __init__(self):
        self.store = Store(Table(POINTS))
        self.log = Log()
        self.values = {}
        for i in range(self.store.n):
            self.store.own(i, lambda raw, source, i=i: self.store.put(i, raw))

    def keep(self, name):
        return self

    def get(self, name, usual=0):
        return self.values.get(name, usual)

    def set(self, name, value):
        self.values[name] = value

    def flush(self):
        pass


def node():
    """A Sparkplug node behind its session: births, commands, a host's state."""
    options = {"prefix": "g", "primary_host": "c", "client_id": "", "keepalive_s": 60, "username": "", "password": "",
               "answer_s": 15}  # fmt: skip
    pole = Pole()
    one = payload_sparkplug.Node(pole, clock, options)

    def feed(frame):
        one.begin()
        one._here, reader = True, one.session.reader
        one.session.state = mqtt_session.UP
        reader.n = reader.at = reader.skip = 0
        try:
            drain(reader, frame, lambda: reader.split_publish() and one.take(reader))
            for _ in range(8):
                while one.session.pending():
                    one.session.sent(len(one.session.outgoing()))
                if not one.step(one.session):
                    break
        finally:
            one.session.close()

    return feed


def journal():
    buf = bytearray(record.LONGEST)

    def feed(frame):
        file, after = io.BytesIO(frame), 0
        for _ in range(1000):
            n = segments.following(file, buf, record.TELEMETRY, after, 1 << 29)
            if n == 0 or n == -1:
                return
            after = record.number(buf)
        raise RuntimeError("hangs")

    return feed


def console():
    reader = frame_line.LineReader()

    def feed(frame):
        for byte in frame:
            if reader.feed(byte):
                bytes(reader.body())

    return feed


def server():
    store = Pole().store
    one = modbus_server.ModbusServer(register_image.RegisterImage(store, [[96, 127]], False), ("a", "b", "c"))
    tx = bytearray(300)

    def feed(frame):
        at, end = 0, len(frame)
        while at < end:
            n = modbus_server.mbap(frame, at, end)
            if n <= 0:
                return
            size = one.answer(frame, at + 7, n - 7, tx, 7, True)
            if not 2 <= size <= 253:
                raise RuntimeError("%d bytes" % size)
            at += n

    return feed


def replies():
    """The master's side: what a slave may say."""
    pdu = bytes((3, 0, 16, 0, 2))

    def feed(frame):
        at = modbus.find_reply(frame, len(frame), 7, pdu, 6)
        if at >= 0 and not modbus.sealed(frame, at, modbus.reply_end(frame, at, len(frame), 6)):
            raise RuntimeError("not sealed")

    return feed


def meter():
    asked = bytearray(20)
    dlt645.put(asked, 0, bytes((0xAA,)) * 6, dlt645.READ, bytes(4), 4)

    def feed(frame):
        n, at = len(frame), dlt645.find(frame, len(frame))
        while at >= 0:
            dlt645.answers(frame, at, asked, 0)
            data = bytes((byte - 0x33 & 255) for byte in frame[at + 10 : at + 10 + frame[at + 9]])
            for k in range(len(data)):
                dlt645.bcd(data, k, min(4, len(data) - k), True)
            dlt645.text(frame, at + 1)
            at = dlt645.find(frame, n, at + 1)

    return feed


def bits():
    times = [0] * 40

    def feed(frame):
        words = [int.from_bytes(frame[k : k + 4], "big") for k in range(0, len(frame) - 3, 4)]
        n = dali_bits.edges(words, len(words), 52, 0, times)
        answer = dali_bits.read_answer(times, 0, n)
        if not -3 <= answer <= 255:
            raise RuntimeError("answer")

    return feed


def interface():
    line = Line()
    one = dali_sci.Line(line, {})

    def feed(frame):
        line.data, line.turns = frame, 0
        for _ in range(3):
            one._have, one._done, one._asks, one._until = 0, False, True, clock.ticks_add(ticks(), 150)
            while one._heard() is None:
                ready(nap(16))

    return feed


def sentences(make_reader):
    def make():
        reader = make_reader()

        def feed(frame):
            at = 0
            while at < len(frame):
                space = reader.space()
                n = min(len(space), len(frame) - at)
                space[:n] = frame[at : at + n]
                at += n
                for _ in range(200):
                    if not reader.drain(n):
                        break
                    n = 0
                else:
                    raise RuntimeError("hangs")

        return feed

    return make


def table():
    def feed(frame):
        store = Store(Table(frame))
        for i in range(min(store.n, 300)):
            store.name(i)
            store.unit(i)
            store.text(i)

    return feed


def counters():
    return lambda frame: kept_line.parse(frame)


def orders():
    pole = Pole()
    one = command.Commands(pole.store, clock, "mqtt", False, [])
    return lambda frame: one.take(b"lamp.level", frame)


def payload():
    def feed(frame):
        for one in sparkplug.metrics(frame, 0, len(frame)):
            for kind in range(7):
                one.raw(kind, kind - 2)

    return feed
