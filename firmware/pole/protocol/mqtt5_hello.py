"""What an MQTT 5 client says once: CONNECT and SUBSCRIBE with their properties. Loaded for that only.

Source: OASIS Standard MQTT Version 5.0, 3.1 and 3.8.
"""

from pole.codec import mqtt, mqtt5

_PATIENCE = 65536  # the longest packet that the reader passes by


def session(who, sizes, filters, session_s, info):
    """A Session of MQTT 5. `who`: the first arguments of `connect`; `sizes`: those of a Session behind `hello`; `filters`: what
    to ask for.
    """
    from pole.protocol import mqtt5_session

    user = [(key.encode(), str(info.get(key, ""))[:32].encode()) for key in ("board", "version")]
    hello = connect(*who, 0 if sizes[1] else session_s, sizes[2], user)
    return mqtt5_session.Session(hello, *sizes, subscribe(filters))


def connect(client_id, keepalive_s, clean, username, password, will, session_s=0, window=16, user=()):
    """CONNECT. `session_s`: how long the broker keeps the session; `user`: pairs of bytes, what we are."""
    flags = 2 if clean else 0
    more = b""
    if session_s:
        more += b"\x11" + bytes(
            (session_s >> 24 & 255, session_s >> 16 & 255, session_s >> 8 & 255, session_s & 255)
        )
    more += b"\x21" + bytes((window >> 8, window & 255))  # QoS 1 and 2 that we hold at once (3.1.2.11.3)
    more += b"\x27" + bytes((_PATIENCE >> 24, _PATIENCE >> 16 & 255, 0, 0))
    for key, value in user:
        more += b"\x26" + mqtt5.field(key) + mqtt5.field(value)
    body = mqtt5.field(client_id)
    if will:
        flags |= 4 | will[2] << 3 | will[3] << 5
        body += b"\x00" + mqtt5.field(will[0]) + mqtt5.field(will[1])
    for bit, text in ((128, username), (64, password)):
        if text is not None:
            flags |= bit
            body += mqtt5.field(text)
    head = b"\x00\x04MQTT\x05" + bytes((flags, keepalive_s >> 8, keepalive_s & 255))
    return _packet(mqtt.CONNECT, head + mqtt5.length(len(more)) + more + body)


def named(hello, client_id):
    """This CONNECT, whose identifier was empty, with the one that the broker gave."""
    at = 2 if hello[1] < 128 else 3
    n, behind = mqtt5.number(hello, at + 10, len(hello))
    behind += n
    body = (
        hello[at:behind]
        + mqtt5.field(client_id)
        + hello[behind + 2 + (hello[behind] << 8 | hello[behind + 1]) :]
    )
    return _packet(mqtt.CONNECT, body)


def subscribe(filters):
    """SUBSCRIBE with QoS 1; what is retained is not asked for (3.8.3.1: retain handling 2)."""
    body = b"\xff\xff\x00"
    for one in filters:
        body += mqtt5.field(one) + b"\x21"
    return _packet(mqtt.SUBSCRIBE, body)


def _packet(head, body):
    return bytes((head,)) + mqtt5.length(len(body)) + body
