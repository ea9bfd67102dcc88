"""The broker's side of the wire, for tests of a session: packets written out, and a socket that takes all."""

from pole.protocol.mqtt_session import CONNECTED, MESSAGE, NOTHING

CONNACK, RESUMED = b"\x20\x02\x00\x00", b"\x20\x02\x01\x00"


def sent(session):
    """All that waits to be sent, as if a socket had taken it."""
    data = bytes(session.outgoing())
    session.sent(len(data))
    while session.pending():
        data += bytes(session.outgoing())
        session.sent(session.pending())
    return data


def feed(session, data):
    """Feed bytes, [events]; a MESSAGE comes as (topic, payload)."""
    events, at = [], 0
    while at < len(data):
        space = session.space()
        n = min(len(space), len(data) - at)
        space[:n] = data[at : at + n]
        session.fed(n)
        at += n
        event = session.next()
        while event != NOTHING:
            r = session.reader
            if event == MESSAGE:
                event = (bytes(r.buf[r.topic : r.topic_end]), bytes(r.buf[r.payload : r.end]))
            events.append(event)
            event = session.next()
    return events


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
