"""Mutated frames for every codec: whatever comes, only declared errors, no hang, no heap that stays.

`python firmware/tests/fuzz.py 1000000 [seed] [codec ...]` shares the frames among all codecs; a MicroPython runs the same
file. What a target is fed is a good frame of it with some bytes changed, moved, doubled or cut; half of them get their
checksum mended, so that they come further than the check.
"""

# ruff: noqa: T201 - it reports on its own
import gc
import random
import sys

from fuzz_frames import (
    BROKER,
    BROKER5,
    COMMANDS,
    DLT,
    LINE,
    MAPS,
    MBAP,
    METRICS,
    NMEA,
    PMS,
    RTU,
    SDS,
    WINSEN,
    WS,
    mend_bl0942,
    mend_crc,
    mend_dlt,
    mend_keep,
    mend_line,
    mend_nmea,
    mend_record,
    mend_sum,
    mend_sum16,
    mend_winsen,
    mend_xor,
    publish,
    kept,
)
from pole import clock, seldom
from pole.codec import (
    cbor,
    mqtt,
    mqtt5,
    nmea_fix,
    nmea_record,
)
from pole.drivers import a02yyuw, bl0942, gnss, hlw8032, pms5003, sds011, winsen
from pole.protocol import mqtt_hello, mqtt_session, websocket
from pole.errors import PoleError
from fuzz_feeds import (
    POINTS,
    bits,
    console,
    counters,
    driver,
    fresh,
    interface,
    journal,
    meter,
    now_ms,
    nap,
    node,
    orders,
    payload,
    replies,
    sentences,
    server,
    session,
    table,
    ticks,
)


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


def session4():
    asks = mqtt_hello.subscribe((b"a/b",))
    return mqtt_session.Session(mqtt_hello.connect(b"d", 60), window=2, packet=64, receive=64, subscribe=asks)


def session5():
    from pole.protocol import mqtt5_hello

    who = b"d", 60, True, None, None, None
    sizes, info = (60, True, 2, 64, 64, 15), {"board": "b", "version": "1"}
    return mqtt5_hello.session(who, sizes, (b"a/b",), 3600, info)


# name: (maker of what is fed, good frames, mend or None)
TARGETS = {
    "modbus": (replies, [frame + b"\x00\x00" for frame in RTU], mend_crc),
    "mbap": (server, MBAP, None),
    "mqtt": (fresh(lambda: mqtt.Reader(64)), BROKER, None),
    "mqtt5": (fresh(lambda: mqtt5.Reader(64)), BROKER5, None),
    "mqtt session": (session(session4, BROKER[0]), BROKER[1:], None),
    "mqtt5 session": (session(session5, BROKER5[0]), BROKER5 + BROKER[1:], None),
    "websocket": (frames, WS, None),
    "nmea": (sentences(lambda: nmea_record.Records(lambda one: None)), NMEA, mend_nmea),
    "nmea fix": (sentences(lambda: nmea_fix.Fix()), NMEA, mend_nmea),
    "dlt645": (meter, DLT, mend_dlt),
    "dali": (bits, [bytes.fromhex("00007fff0000ffff80007fff0000ffff"), bytes(16)], None),
    "dali_sci": (interface, [b"\x62\x00\x00\x80\xe2", b"\x61\x00\x00\x00\x61", b"\x67\x00\x00\x02\x65"], mend_xor),
    "journal": (journal, [kept(5), kept(9) + kept(10)], mend_record),
    "keep": (counters, [b"1 7 boot=3 next=4096 sun=1,2,3 *0000\n"], mend_keep),
    "points.bin": (table, [POINTS], None),
    "command": (orders, COMMANDS, None),
    "cbor": (lambda: lambda frame: cbor.flat(frame, 0, len(frame)), MAPS, None),
    "sparkplug": (payload, METRICS, None),
    "sparkplug node": (node, [publish(b"spBv1.0/g/NCMD/p1", one) for one in METRICS]
                       + [publish(b"spBv1.0/STATE/c", b'{"online":false,"timestamp":17}', 0x31)], None),
    "frame_line": (console, LINE, mend_line),
    "pms5003": (driver(pms5003, {"warm_up_s": 0}), PMS, mend_sum16),
    "sds011": (driver(sds011, {"cycle_min": 0, "warm_up_s": 0}), SDS, mend_sum(2, 8)),
    "winsen": (driver(winsen, {"gas": "co", "model": "ze12", "mode": "initiative", "warm_up_s": 0, "temperature": 25.0,
                               "pressure": 1013.25, "answer_ppb": None}), WINSEN, mend_winsen),
    "a02yyuw": (driver(a02yyuw, {"height": 0.0, "low_mm": 30, "high_mm": 4500, "step_mm": 1, "median": 5}),
                [b"\xff\x07\xa1\xa7"], mend_sum(0, 3)),
    "bl0942": (driver(bl0942, {"address": 0, "per_volt": 15883.34, "per_ampere": 251213.46, "per_watt": 623.39,
                               "per_kwh": 5350.6, "maximum_w": 20000}), [b"\x55" + bytes(range(22))], mend_bl0942),
    "hlw8032": (driver(hlw8032, {"voltage_factor": 1.88, "current_factor": 1.0, "maximum_w": 20000}),
                [b"\x55\x5a\x02\xc3\xd0\x00\x80\x00\x00\x3e\xf6\x00\x50\x00\x65\x90\x00\xd1\x00\x60\x71\x00\x05\x00"],
                mend_sum(2, 23)),
    "gnss": (driver(gnss, {"period_s": 1, "set_clock": False}), NMEA + [b"".join(NMEA)], mend_nmea),
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
    at, now_ms[0] = (wall.last, wall.ms, wall.seconds), clock.ticks_ms()
    clock.ticks_ms, clock.sleep_ms = ticks, nap
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
