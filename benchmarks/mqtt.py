"""MQTT on the VM: 20 points told with QoS 1 and acknowledged, against the way umqtt.simple and json.dumps do it.

The peer's lines do what `umqtt.simple.MQTTClient.publish` does up to the socket, one message at a time: a header in a
new bytearray, then topic, identifier and payload each by a write of its own, then the four bytes of the answer read
and compared. Neither side has a socket, so the four system calls the peer needs for our one are not in the figures.
"""

from benchmarks.harness import FIRMWARE, Row, cost

_POINTS = 20

_OURS = """
import points_bin
from pole import clock
from pole.protocol.mqtt_json import LONGEST, Json
from pole.protocol.mqtt_session import Session
from pole.protocol.mqtt_topics import Topics
from pole.protocol.report import Report
from pole.store import Store, Table

rows = [(100 + 2 * k, "air.%d.pm2_5" % k, 4, 1, False, 0, 100000) for k in range(20)]
store = Store(Table(points_bin.build(rows, ("ug/m3",))))
clock.set_time(clock.seconds_2020(2026, 11, 22, 8, 0, 0), clock.NETWORK)
topics = Topics("yigan", "demo-0001", store)
session = Session(b"demo-0001", packet=topics.longest + LONGEST)

def feed(data):
    session.space()[: len(data)] = data
    session.fed(len(data))
    while session.next():
        pass

session.open()
session.sent(session.pending())
feed(b"\\x20\\x02\\x00\\x00")
said, report = Json(session, topics, store, clock), Report(store)
acks = bytearray(16)
view = memoryview(acks)

def acknowledge(first, n):
    for k in range(n):
        acks[4 * k] = 0x40
        acks[4 * k + 1] = 2
        acks[4 * k + 2] = first + k >> 8
        acks[4 * k + 3] = first + k & 255
    feed(view[: 4 * n])

def turn():
    for i in range(20):
        store.put(i, store.raw(i) + 7 & 16383)
    up, told, ident = clock.uptime_s(), 0, 0
    while told < 20:
        n = 0
        while session.room():
            i = report.due(up)
            said.point(i, 1)
            report.told(i, up)
            n += 1
        first = session._ident - n + 1
        while session.pending():
            session.sent(session.pending())
        acknowledge(first, n)
        told += n
"""

_PEER = """
import json
import points_bin
from pole import clock
from pole.store import QUALITY, Store, Table

rows = [(100 + 2 * k, "air.%d.pm2_5" % k, 4, 1, False, 0, 100000) for k in range(20)]
store = Store(Table(points_bin.build(rows, ("ug/m3",))))
clock.set_time(clock.seconds_2020(2026, 11, 22, 8, 0, 0), clock.NETWORK)

class Sock:
    def write(self, data, n=-1):
        pass
    def read(self, n):
        return b"\\x40" if n == 1 else b"\\x02" if n == 3 else pid.to_bytes(2, "big")

sock, pid = Sock(), 0

def publish(topic, msg, retain=False, qos=0):
    global pid
    pkt = bytearray(b"\\x30\\0\\0\\0")
    pkt[0] |= qos << 1 | retain
    size = 2 + len(topic) + len(msg) + (2 if qos else 0)
    i = 1
    while size > 0x7F:
        pkt[i] = size & 0x7F | 0x80
        size >>= 7
        i += 1
    pkt[i] = size
    sock.write(pkt, i + 1)
    sock.write(len(topic).to_bytes(2, "big"))
    sock.write(topic)
    pid = pid % 65535 + 1
    sock.write(pid.to_bytes(2, "big"))
    sock.write(msg)
    if sock.read(1)[0] == 0x40:
        sock.read(3)
        rcv = sock.read(2)
        assert rcv[0] << 8 | rcv[1] == pid

def turn():
    for i in range(20):
        store.put(i, store.raw(i) + 7 & 16383)
        topic = b"yigan/demo-0001/" + store.name(i).replace(".", "/").encode()
        said = {"value": store.raw(i) / 10, "unit": store.unit(i), "quality": QUALITY[store.quality(i)],
                "at": clock.iso(clock.wall(store.at(i))), "age": store.age_s(i)}
        publish(topic, json.dumps(said).encode(), True, 1)
"""


def rows():
    path = (FIRMWARE, FIRMWARE / "tests")
    ours = cost(_OURS, "turn()", 200, path=path)
    peer = cost(_PEER, "turn()", 200, path=path)
    yield Row("mqtt: publish, QoS 1", ours.cpu_us / _POINTS, peer.cpu_us / _POINTS, "us", ">= 1 x")
    yield Row("mqtt: heap a publish", ours.heap / _POINTS, peer.heap / _POINTS, "B", "<= 256")
