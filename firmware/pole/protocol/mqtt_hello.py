"""What an MQTT client says once: whole packets for a connection's beginning, and who it is. Loaded for that only.

Source: OASIS Standard MQTT Version 3.1.1, 3.1 (CONNECT), 3.8 (SUBSCRIBE), 1.5.3 (fields).
"""

import json

from pole.codec import mqtt
from pole.errors import ProtocolError

_LONGEST = 16383


def connect(client_id, keepalive_s, clean=True, username=None, password=None, will=None):
    """CONNECT (3.1). `will`: (topic, payload, qos, retain) or None. A password needs a user name (3.1.2.9)."""
    flags, fields = 2 if clean else 0, [client_id]
    if will:
        flags |= 4 | will[2] << 3 | will[3] << 5
        fields += will[:2]
    for bit, field in ((128, username), (64, password)):
        if field is not None:
            flags |= bit
            fields.append(field)
    body = b"\x00\x04MQTT\x04" + bytes((flags, keepalive_s >> 8, keepalive_s & 255))
    return packet(mqtt.CONNECT, body, fields)


def subscribe(filters):
    """SUBSCRIBE to these with QoS 1, under the identifier that no message has."""
    return packet(mqtt.SUBSCRIBE, b"\xff\xff", filters, b"\x01")


def status(info, moment):
    """The payload that says that we are here. `info`: what the pole knows of itself; `moment`: RFC 3339 or None."""
    said = {"online": True, "at": moment}
    for key in ("board", "version", "reset_cause"):
        said[key] = str(info.get(key, ""))[:32]
    return json.dumps(said).encode()


def packet(head, body, fields=(), after=b""):
    """A whole packet as bytes: `body`, then `fields` with their lengths (1.5.3), each with `after` behind it."""
    for field in fields:
        n = len(field)
        body += bytes((n >> 8, n & 255)) + field + after
    n = len(body)
    if n > _LONGEST:
        raise ProtocolError("too long")
    return bytes((head, n) if n < 128 else (head, n & 127 | 128, n >> 7)) + body
