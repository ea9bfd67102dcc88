"""The broker's side of the wire, for tests of a session: packets written out, and a socket that takes all."""

from pole.protocol import mqtt_hello
from pole.protocol.mqtt_session import CONNECTED, MESSAGE, NOTHING, Session

CONNACK, RESUMED = b"\x20\x02\x00\x00", b"\x20\x02\x01\x00"


def sent(session):
    """All that waits to be sent, as if a socket had taken it."""
    data = b""
    while session.pending():
        piece = bytes(session.outgoing())
        session.sent(len(piece))
        data += piece
    return data


def feed(session, data):
    """Feed bytes, [events]; a MESSAGE comes as (topic, payload)."""
    events, at = [], 0
    while at < len(data):
        space = session.reader.space()
        n = min(len(space), len(data) - at)
        space[:n] = data[at : at + n]
        session.reader.fed(n)
        at += n
        event = session.next()
        while event != NOTHING:
            r = session.reader
            if event == MESSAGE:
                event = (bytes(r.buf[r.topic : r.topic_end]), bytes(r.buf[r.payload : r.end]))
            events.append(event)
            event = session.next()
    return events


def session(keepalive_s=60, clean=True, **more):
    if "filters" in more:
        more["subscribe"] = mqtt_hello.subscribe(more.pop("filters"))
    return Session(mqtt_hello.connect(b"d", keepalive_s, clean), keepalive_s, clean, **more)


def say(session, payload, head=0x32, topic=b"a"):
    """Publish if there is room: True, and its identifier."""
    if not session.room():
        return -1
    session.publish(head, topic, payload)
    return session._ident if head & 6 else 0


def up(session, connack=CONNACK):
    session.open()
    sent(session)
    assert feed(session, connack) == [CONNECTED]
    return session


def puback(ident):
    return b"\x40\x02" + bytes((ident >> 8, ident & 255))


def publish(qos, ident, dup=0):
    """PUBLISH of "x" to t/set."""
    tail = bytes((ident >> 8, ident & 255)) if qos else b""
    return bytes((0x30 | dup | qos << 1, 8 + len(tail))) + b"\x00\x05t/set" + tail + b"x"
