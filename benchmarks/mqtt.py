"""MQTT on the VM: 20 points told with QoS 1 and acknowledged over TCP, against the way umqtt.simple and json.dumps do it.

The peer's lines do what `umqtt.simple.MQTTClient.publish` does, one message at a time: a header in a new bytearray, each
field by a write of its own, then a wait for the answer. Ours writes what the window holds at once and reads the answers
together. Both talk to the same small broker in this process, which only acknowledges.
"""

import socket
import threading

from benchmarks.harness import FIRMWARE, Row, cost

_POINTS = 20

_OURS = """
import select
import socket

import points_bin
from pole import clock
from pole.protocol.mqtt_hello import connect
from pole.protocol.mqtt_points import Points
from pole.protocol.mqtt_session import Session
from pole.store import Store, Table

rows = [(100 + 2 * k, "air.%d.pm2_5" % k, 4, 1, False, 0, 100000) for k in range(20)]
store = Store(Table(points_bin.build(rows, ("ug/m3",))))
clock.set_time(clock.seconds_2020(2026, 11, 22, 8, 0, 0), clock.NETWORK)
points = Points(store, clock, b"yigan/demo-0001/")
session = Session(connect(b"demo-0001", 60), packet=points.packet, window=16)

sock = socket.socket()
sock.connect(socket.getaddrinfo("127.0.0.1", PORT)[0][-1])
poll = select.poll()
poll.register(sock, select.POLLIN)

def feed(n):
    session.reader.fed(n)
    while session.next():
        pass

session.open()
session.sent(len(session.outgoing()))
session.reader.space()[:4] = b"\\x20\\x02\\x00\\x00"
feed(4)

def turn():
    for i in range(20):
        store.put(i, store.raw(i) + 7 & 16383)
    up, told = clock.uptime_s(), 0
    while told < 20 or session.used:
        while told < 20 and session.room():
            i = points.due(up)
            points.tell(session, i, 1)
            points.told(i, up)
            told += 1
        while session.pending():
            session.sent(sock.write(session.outgoing()))
        poll.poll()
        sock.setblocking(False)
        feed(sock.readinto(session.reader.space()))
        sock.setblocking(True)
"""

_JOURNAL = (
    _OURS
    + """
import struct
from pole.codec import record
from pole.journal import Journal
from pole.protocol.mqtt_replay import Replay
from pole.protocol.mqtt_session import TAKEN

class Keep:
    values, at = {}, 0
    def get(self, name, usual=0):
        return self.values.get(name, usual)
    def set(self, name, value):
        self.values[name] = value
    def flush(self):
        pass

journal = Journal("/tmp/yigan-no-flash", Keep())
replay = Replay(journal, "city", points, clock)
replay.begin()
replay._all = 20
payload = bytearray(7)

def feed(n):
    session.reader.fed(n)
    event = session.next()
    while event:
        if event == TAKEN:
            replay.taken(session.taken)
        event = session.next()

def turn():
    k, told = 0, 0
    while told < 20 or session.used:
        while k < 20 and k - told < 16:
            struct.pack_into("<HBi", payload, 0, 100 + 2 * k, 1, k)
            journal.put(record.TELEMETRY, record.SAMPLE, payload)
            k += 1
        while session.room() and replay.step(session, 1):
            told += 1
        while session.pending():
            session.sent(sock.write(session.outgoing()))
        poll.poll()
        sock.setblocking(False)
        feed(sock.readinto(session.reader.space()))
        sock.setblocking(True)
"""
)

_PEER = """
import json
import socket
import points_bin
from pole import clock
from pole.store import QUALITY, Store, Table

rows = [(100 + 2 * k, "air.%d.pm2_5" % k, 4, 1, False, 0, 100000) for k in range(20)]
store = Store(Table(points_bin.build(rows, ("ug/m3",))))
clock.set_time(clock.seconds_2020(2026, 11, 22, 8, 0, 0), clock.NETWORK)

sock, pid = socket.socket(), 0
sock.setsockopt(6, 1, 1)  # TCP_NODELAY: without it each small write would wait 40 ms for the last one
sock.connect(socket.getaddrinfo("127.0.0.1", PORT)[0][-1])

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
        assert sock.read(1) == b"\\x02"
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


def _acknowledge(client):
    """A PUBACK for each PUBLISH."""
    data = b""
    while more := client.recv(65536):
        data += more
        answers = b""
        while len(data) > 2:
            at, n = (2, data[1]) if data[1] < 128 else (3, data[1] & 127 | data[2] << 7)
            if len(data) < at + n:
                break
            topic = data[at] << 8 | data[at + 1]
            answers += b"\x40\x02" + data[at + 2 + topic : at + 4 + topic]
            data = data[at + n :]
        client.sendall(answers)


def _broker(listener):
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_acknowledge, args=(client,), daemon=True).start()


def rows():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_broker, args=(listener,), daemon=True).start()
        port = f"PORT = {listener.getsockname()[1]}\n"
        path = (FIRMWARE, FIRMWARE / "tests")
        # In turns, the best of each: others use the machine, too
        both = [[cost(port + text, "turn()", 300, path=path) for text in (_OURS, _PEER)] for _ in range(4)]
        kept = cost(port + _JOURNAL, "turn()", 100, path=path)
    ours, peer = [min(pair[k].cpu_us for pair in both) / _POINTS for k in (0, 1)]
    yield Row("mqtt: publish, QoS 1", ours, peer, "us", ">= 2 x")
    yield Row("mqtt: heap a publish", both[0][0].heap / _POINTS, both[0][1].heap / _POINTS, "B", "<= 256")
    yield Row("mqtt: from the journal, put, published, acknowledged", kept.cpu_us / _POINTS, None, "us")
    yield Row("mqtt: from the journal, heap a publish", kept.heap / _POINTS, None, "B", "<= 256")
