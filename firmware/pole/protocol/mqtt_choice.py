"""Which points and which session the options of uplinks/mqtt.py ask for. Loaded at a start only."""

from pole import seldom

_ALWAYS = ("host", "path", "tls", "version", "qos", "payload", "discovery", "clean", "retry_min_ms", "retry_max_ms")
_TLS = ("verify", "without_time", "ca", "cert", "key", "server_name")


def later(options):
    """Those that are asked for behind the start, too."""
    return {name: options[name] for name in _ALWAYS + (_TLS if options["tls"] else ())}


def made(pole, clock, options):
    """(points, session) of a pole that has topics of its own."""
    base = ("%s/%s/" % (options["prefix"], pole.id)).encode()
    filters = [base + b"+/set", base + b"+/+/set", base + b"+/+/+/set"]  # `+`: exactly one part of a name
    who = _who(pole, options, base)
    said = None if options["version"] == 5 else _said(who, filters)
    if options["payload"] == "cbor":
        from pole.protocol.payload_cbor import Points
    else:
        from pole.protocol.mqtt_points import Points  # type: ignore[assignment]
    points = Points(pole.store, clock, base)
    sizes = options["keepalive_s"], options["clean"], options["window"], points.packet, 384, options["answer_s"]
    if said:
        return points, _session(options)(said[0], *sizes, said[1])
    from pole.protocol import mqtt5_hello

    return points, mqtt5_hello.session(who, sizes, filters, options["session_s"], pole.info)


def _who(pole, options, base):
    """What CONNECT says."""
    name, ident = options["username"], options["client_id"]
    ident = "" if ident == "auto" else ident or pole.id
    return (ident.encode(), options["keepalive_s"], options["clean"], name.encode() or None,
            options["password"].encode() if name else None, (base + b"status", b'{"online":false}', 1, True))  # fmt: skip


def _said(who, filters):
    """CONNECT and SUBSCRIBE of MQTT 3.1.1, before anything else takes room."""
    from pole.protocol import mqtt_hello

    found = mqtt_hello.connect(*who), mqtt_hello.subscribe(filters)
    seldom.forget(mqtt_hello)
    return found


def _session(options):
    """A class."""
    if options["qos"] == 2:
        from pole.protocol.mqtt_exactly import Session
    else:
        from pole.protocol.mqtt_session import Session  # type: ignore[assignment]
    return Session


def node(pole, clock, options):
    """The pole as a Sparkplug edge node: points and session in one."""
    from pole.protocol.payload_sparkplug import Node

    return Node(pole, clock, options)


def replay(journal, name, points, clock, payload):
    """What tells the journal's records."""
    if payload == "cbor":
        from pole.protocol.payload_cbor import Replay
    else:
        from pole.protocol.mqtt_replay import Replay  # type: ignore[assignment]
    return Replay(journal, name, points, clock)
