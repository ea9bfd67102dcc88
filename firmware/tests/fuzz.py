"""Mutated frames for every codec: whatever comes, only declared errors, no hang, no heap that stays.

`python firmware/tests/fuzz.py 1000000 [seed] [codec ...]` shares the frames among all codecs; a MicroPython runs the same
file. What a target is fed is a good frame of it with some bytes changed, moved, doubled or cut; half of them get their
checksum mended, so that they come further than the check.
"""

# ruff: noqa: T201 - it reports on its own
import binascii
import gc
import io
import random
import struct
import sys

import points_bin
from pole import clock, seldom, segments
from pole.codec import (
    cbor,
    crc,
    dali_bits,
    dlt645,
    frame_line,
    kept_line,
    modbus,
    mqtt,
    mqtt5,
    nmea_fix,
    nmea_record,
    record,
    sparkplug,
)
from pole.drivers import a02yyuw, bl0942, dali_sci, gnss, hlw8032, pms5003, sds011, winsen
from pole.errors import PoleError
from pole.log import Log
from pole.protocol import command, modbus_server, mqtt_hello, mqtt_session, payload_sparkplug, register_image, websocket
from pole.store import Store, Table

ROWS = [
    (100, "lamp.level", 1, 1, True, 0, 1000),
    (102, "air.pm2_5", 2, 0, True, 0, 1000),
    (104, "air.ratio", 5, 0, True, -9, 9),
    (106, "node.door", 0, 0, True, 0, 1),
    (108, "energy.total", 4, 3, True, 0, 4294967295),
]
POINTS = points_bin.build(ROWS, ("%", "V"))
_now = [0]


async def _nap(ms):
    """Instead of clock.sleep_ms: time passes at once."""
    _now[0] = _now[0] + max(ms, 1) & 0x3FFFFFFF


def _ticks():
    return _now[0]


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

    char_us, baud = 1042, 9600

    def __init__(self):
        self.data, self.turns = b"", 0

    async def readinto(self, buf, timeout_ms):
        self.turns += 1
        if self.turns > 5000:
            raise RuntimeError("hangs")
        if not self.data:
            await _nap(timeout_ms)
            return 0
        await _nap(3)
        n = min(len(buf), len(self.data), 1 + random.getrandbits(5))
        buf[:n] = self.data[:n]
        self.data = self.data[n:]
        return n

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
                ready(one.read(out))

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
    wanted = bytes((0xAA,)) * 6

    def feed(frame):
        n, at = len(frame), dlt645.find(frame, len(frame))
        while at >= 0:
            dlt645.answers(frame, at, wanted, 0x11)
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
            ready(one._hear(True))

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


class Under:
    """The connection below a WebSocket."""

    peer, ready = "", None
    data = b""

    def take(self, buf):
        n = min(len(buf), len(self.data), 1 + random.getrandbits(4))
        if not n:
            return 0
        buf[:n] = self.data[:n]
        self.data = self.data[n:]
        return n

    def give(self, buf):
        return len(buf)


def frames():
    buf = memoryview(bytearray(100))

    def feed(frame):
        under = Under()
        under.data, one = frame, websocket.Stream(under)
        for _ in range(3000):
            if one.take(buf) == 0:
                return
        raise RuntimeError("hangs")

    return feed


# Good frames


def _sum16(data):
    total = sum(data) & 0xFFFF
    return bytes(data) + bytes((total >> 8, total & 255))


def _record(number, class_=record.TELEMETRY):
    buf = bytearray(40)
    n = record.pack(buf, 0, class_, record.SAMPLE, number, 217497600, struct.pack("<HBi", 102, 1, 80))
    return bytes(buf[:n])


def _sentence(text):
    total = 0
    for byte in text:
        total ^= byte
    return b"$%s*%02X\r\n" % (text, total)


NMEA = [
    _sentence(b"GNRMC,080000.00,A,3113.9999,N,12128.4221,E,0.05,77.5,221126,,,A"),
    _sentence(b"GNGGA,080000.00,3113.9999,N,12128.4221,E,1,12,0.8,14.2,M,9.1,M,,"),
    _sentence(b"GBGSV,2,1,05,01,40,083,41,02,17,308,43,12,07,344,39,14,22,228,45"),
    _sentence(b"GNGSA,A,3,05,07,13,14,15,17,19,23,24,30,,,1.9,1.1,1.5,1"),
    _sentence(b"GNZDA,080000.00,22,11,2026,00,00"),
    _sentence(b"GNVTG,77.5,T,,M,0.05,N,0.1,K,A"),
]
METRICS = [
    bytes.fromhex("08EAF2F5A8A02B121D0A0B54656D7065726174757265100118EAF2F5A8A02B2009650000AC411800"),
    bytes.fromhex("08EAF2F5A8A02B12120A05626453657118EAF2F5A8A02B20085800"),
    b"\x12\x17\x0a\x14Node Control/Rebirth\x70\x01",
    b"\x12\x0b\x10\x64\x69\x00\x00\x00\x00\x00\x40\x45\x40\x12\x07\x10\x66\x65\x00\x00\x28\x42\x12\x04\x10\x6a\x70\x01",
]


def _publish(topic, data, head=0x30):
    body = bytes((0, len(topic))) + topic + (b"\x00\x07" if head & 6 else b"") + data
    return bytes((head,)) + mqtt5.length(len(body)) + body


BROKER = [b"\x20\x02\x00\x00", b"\x40\x02\x00\x01", b"\x62\x02\x00\x09", b"\xd0\x00", b"\x90\x03\xff\xff\x01"]
BROKER += [_publish(b"t/set", b'{"id":1,"value":5}', 0x30 | qos << 1) for qos in (0, 1, 2)]
BROKER5 = [b"\x20\x03\x00\x00\x00", b"\x20\x08\x00\x00\x05\x22\x00\x05\x24\x01", b"\x40\x04\x00\x01\x10\x00", b"\xe0\x02\x8e\x00",
           _publish(b"t/set", b'\x09\x08\x00\x01r\x02\x00\x00\x00\x3c{"id":1}', 0x32), b"\x90\x04\xff\xff\x00\x01"]  # fmt: skip
COMMANDS = [
    b'{"id":"c1","value":42.5,"expires":"2026-11-22T16:05:00+08:00"}',
    b'{"id":7,"value":true,"expires":60}',
]
MAPS = [
    bytes.fromhex("a2626964626331" + "6576616c7565c48221196ab3"),
    bytes.fromhex("a36269640765" + "76616c7565fb4045400000000000" + "67657870697265731903e8"),
]
LINE = [b'#y0 {"n":7,"do":"set","p":"lamp.level","v":"50"}*0000\n', b"hello\r\n"]
PMS = [_sum16(b"\x42\x4d\x00\x1c" + bytes(range(26)))]
SDS = [bytes((0xAA, 0xC0, 0xD4, 4, 0x3A, 0x0A, 0xA1, 0x60, 0x1D, 0xAB))]
WINSEN = [bytes((0xFF, 0x19, 3, 0, 0, 0x13, 0x27, 0x10, 0x8A))]
MBAP = [b"\x00\x01\x00\x00\x00\x06\x01\x04\x00\xc8\x00\x02", b"\x00\x02\x00\x00\x00\x0b\x01\x10\x00\xc8\x00\x02\x04\x00\x00\x00\x64",
        b"\x00\x03\x00\x00\x00\x05\x01\x2b\x0e\x01\x00", b"\x00\x04\x00\x00\x00\x0f\x01\x17\x00\xc8\x00\x02\x00\xc8\x00\x02\x04\x00\x00\x00\x64",
        b"\x00\x05\x00\x00\x00\x06\x01\x05\x00\x6a\xff\x00", b"\x00\x06\x00\x00\x00\x08\x01\x0f\x00\x60\x00\x08\x01\xff"]  # fmt: skip
RTU = [b"\x07\x03\x04\x00\x01\x00\x02", b"\x07\x83\x02"]
DLT = [bytes.fromhex("FEFEFEFE68AAAAAAAAAAAA689108333334333343546500") + b"\x16"]
WS = [
    b"\x82\x05hello",
    b"\x89\x02hi",
    b"\x82\x7e\x00\x90" + bytes(144),
    b"\x88\x02\x03\xe8",
    b"\x02\x01a\x80\x01b",
]


# Checksums mended


def _mend_crc(frame):
    check = crc.modbus(frame[:-2])
    frame[-2], frame[-1] = check & 255, check >> 8


def _mend_sum16(frame):
    total = sum(frame[:-2]) & 0xFFFF
    frame[-2], frame[-1] = total >> 8, total & 255


def _mend_sum(start, end):
    def mend(frame):
        frame[end] = sum(frame[start:end]) & 255

    return mend


def _mend_winsen(frame):
    frame[-1] = -sum(frame[1:-1]) & 255


def _mend_bl0942(frame):
    frame[-1] = ~(0x58 + sum(frame[:-1])) & 255


def _mend_dlt(frame):
    at = frame.find(0x68)
    if 0 <= at < len(frame) - 2:
        frame[-2], frame[-1] = sum(frame[at:-2]) & 255, 0x16


def _mend_xor(frame):
    frame[-1] = frame[-5] ^ frame[-4] ^ frame[-3] ^ frame[-2]


def _mend_nmea(frame):
    star, total = frame.rfind(b"*"), 0
    if frame[:1] == b"$" and 0 < star < len(frame) - 4:
        for byte in frame[1:star]:
            total ^= byte
        frame[star + 1 : star + 3] = b"%02X" % total


def _mend_line(frame):
    star = frame.rfind(b"*")
    if frame[:4] == b"#y0 " and 4 < star < len(frame) - 5:
        frame[star + 1 : star + 5] = b"%04x" % crc.modbus(frame[4:star])


def _mend_record(frame):
    check = binascii.crc32(bytes(frame[:-2]))
    frame[-2], frame[-1] = check & 255, check >> 8 & 255


def _mend_keep(frame):
    star = frame.rfind(b" *")
    if 0 < star < len(frame) - 6:
        frame[star + 2 : star + 6] = b"%04x" % crc.modbus(frame[:star])


def _session():
    asks = mqtt_hello.subscribe((b"a/b",))
    return mqtt_session.Session(mqtt_hello.connect(b"d", 60), window=2, packet=64, receive=64, subscribe=asks)


def _session5():
    from pole.protocol import mqtt5_hello

    who = b"d", 60, True, None, None, None
    sizes, info = (60, True, 2, 64, 64, 15), {"board": "b", "version": "1"}
    return mqtt5_hello.session(who, sizes, (b"a/b",), 3600, info)


# name: (maker of what is fed, good frames, mend or None)
TARGETS = {
    "modbus": (replies, [frame + b"\x00\x00" for frame in RTU], _mend_crc),
    "mbap": (server, MBAP, None),
    "mqtt": (fresh(lambda: mqtt.Reader(64)), BROKER, None),
    "mqtt5": (fresh(lambda: mqtt5.Reader(64)), BROKER5, None),
    "mqtt session": (session(_session, BROKER[0]), BROKER[1:], None),
    "mqtt5 session": (session(_session5, BROKER5[0]), BROKER5 + BROKER[1:], None),
    "websocket": (frames, WS, None),
    "nmea": (sentences(lambda: nmea_record.Records(lambda one: None)), NMEA, _mend_nmea),
    "nmea fix": (sentences(lambda: nmea_fix.Fix()), NMEA, _mend_nmea),
    "dlt645": (meter, DLT, _mend_dlt),
    "dali": (bits, [bytes.fromhex("00007fff0000ffff80007fff0000ffff"), bytes(16)], None),
    "dali_sci": (interface, [b"\x62\x00\x00\x80\xe2", b"\x61\x00\x00\x00\x61", b"\x67\x00\x00\x02\x65"], _mend_xor),
    "journal": (journal, [_record(5), _record(9) + _record(10)], _mend_record),
    "keep": (counters, [b"1 7 boot=3 next=4096 sun=1,2,3 *0000\n"], _mend_keep),
    "points.bin": (table, [POINTS], None),
    "command": (orders, COMMANDS, None),
    "cbor": (lambda: lambda frame: cbor.flat(frame, 0, len(frame)), MAPS, None),
    "sparkplug": (payload, METRICS, None),
    "sparkplug node": (node, [_publish(b"spBv1.0/g/NCMD/p1", one) for one in METRICS]
                       + [_publish(b"spBv1.0/STATE/c", b'{"online":false,"timestamp":17}', 0x31)], None),
    "frame_line": (console, LINE, _mend_line),
    "pms5003": (driver(pms5003, {"warm_up_s": 0}), PMS, _mend_sum16),
    "sds011": (driver(sds011, {"cycle_min": 0, "warm_up_s": 0}), SDS, _mend_sum(2, 8)),
    "winsen": (driver(winsen, {"gas": "co", "model": "ze12", "mode": "initiative", "warm_up_s": 0, "temperature": 25.0,
                               "pressure": 1013.25, "answer_ppb": None}), WINSEN, _mend_winsen),
    "a02yyuw": (driver(a02yyuw, {"height": 0.0, "low_mm": 30, "high_mm": 4500, "step_mm": 1, "median": 5}),
                [b"\xff\x07\xa1\xa7"], _mend_sum(0, 3)),
    "bl0942": (driver(bl0942, {"address": 0, "per_volt": 15883.34, "per_ampere": 251213.46, "per_watt": 623.39,
                               "per_kwh": 5350.6, "maximum_w": 20000}), [b"\x55" + bytes(range(22))], _mend_bl0942),
    "hlw8032": (driver(hlw8032, {"voltage_factor": 1.88, "current_factor": 1.0, "maximum_w": 20000}),
                [b"\x55\x5a\x02\xc3\xd0\x00\x80\x00\x00\x3e\xf6\x00\x50\x00\x65\x90\x00\xd1\x00\x60\x71\x00\x05\x00"],
                _mend_sum(2, 23)),
    "gnss": (driver(gnss, {"period_s": 1, "set_clock": False}), NMEA + [b"".join(NMEA)], _mend_nmea),
}  # fmt: skip


def mutated(good):
    """A frame with one to four things done to it."""
    bits = random.getrandbits
    frame = bytearray(good[bits(16) % len(good)])
    for _ in range(1 + bits(2)):
        n, what = len(frame), bits(3)
        at = bits(16) % n if n else 0
        if what == 0 and n:
            frame[at] ^= 1 << bits(3)
        elif what == 1 and n:
            frame[at] = bits(8)
        elif what == 2 and n:
            frame[at] = (0, 0x7F, 0x80, 0xFF)[bits(2)]
        elif what == 3:
            frame = frame[:at] + bytes((bits(8),)) + frame[at:]
        elif what == 4:
            frame = frame[:at] + frame[at + 1 + bits(2) :]
        elif what == 5:
            frame = frame[:at] if bits(1) else frame[:at] + frame[at:] + frame[at : at + 16]
        elif what == 6:
            other = good[bits(16) % len(good)]
            frame = frame[:at] + bytearray(other[bits(16) % len(other) :])
        else:
            frame = frame + bytearray(good[bits(16) % len(good)])
    return frame


def run(name, count, seed):
    """Feed `count` frames; (refused by a declared error, bytes that stay on the heap). Raises on whatever else."""
    make, good, mend = TARGETS[name]
    random.seed(seed)
    real, wall = (clock.ticks_ms, clock.sleep_ms, seldom.forget), clock._wall
    at, _now[0] = (wall.last, wall.ms, wall.seconds), clock.ticks_ms()
    clock.ticks_ms, clock.sleep_ms = _ticks, _nap
    seldom.forget = lambda module: None  # to load it for each frame is no more hostile, only slow
    refused, before = 0, 0
    try:
        feed = make()
        for frame in good:
            _once(feed, frame)
        for k in range(count):
            if k == count // 2:
                before = held()
            frame = mutated(good)
            if mend and len(frame) > 4 and random.getrandbits(1):
                try:
                    mend(frame)
                except IndexError:
                    pass
            try:
                refused += _once(feed, bytes(frame))
            except Exception as error:
                print("%s, seed %d, frame %d: %s %r" % (name, seed, k, frame.hex(), error))
                raise
        return refused, held() - before
    finally:
        clock.ticks_ms, clock.sleep_ms, seldom.forget = real
        wall.last, wall.ms, wall.seconds = at


def _once(feed, frame):
    try:
        feed(frame)
        return 0
    except PoleError:
        return 1


def held():
    """Bytes on the heap that something still needs."""
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 16 * sys.getallocatedblocks()


def main(words):
    count = int(words[0]) if words else 1000000
    seed = int(words[1]) if len(words) > 1 else 20261122
    names = words[2:] or list(TARGETS)
    each = -(-count // len(names))
    print("seed %d, %d frames for each of %d codecs" % (seed, each, len(names)))
    for name in names:
        start = _clock()
        refused, grown = run(name, each, seed)
        print(
            "%-15s %8d fed %8d refused %6d bytes more %6d ms" % (name, each, refused, grown, _clock() - start)
        )
        if grown > MOST:
            raise RuntimeError("%s: the heap grows by %d bytes" % (name, grown))
    print("%d frames: no crash, no hang, no growth" % (each * len(names)))


MOST = 4096  # bytes that tables made once may take


def _clock():
    import time

    return time.ticks_ms() if hasattr(time, "ticks_ms") else time.monotonic_ns() // 1000000


if __name__ == "__main__":
    main(sys.argv[1:])
