"""Which points and which session the options of uplinks/mqtt.py ask for. Loaded at a start only."""


def made(pole, clock, options):
    """(points, session) of a pole that has topics of its own."""
    base = ("%s/%s/" % (options["prefix"], pole.id)).encode()
    if options["payload"] == "cbor":
        from pole.protocol.payload_cbor import Points
    else:
        from pole.protocol.mqtt_points import Points  # type: ignore[assignment]
    points = Points(pole.store, clock, base)
    return points, _session(pole, options, base, points.packet)


def _session(pole, options, base, longest):
    name, clean, silence = options["username"], options["clean"], options["keepalive_s"]
    ident = "" if options["client_id"] == "auto" else options["client_id"] or pole.id
    who = (ident.encode(), silence, clean, name.encode() or None, options["password"].encode() if name else None,
           (base + b"status", b'{"online":false}', 1, True))  # fmt: skip
    sizes = silence, clean, options["window"], longest, 384, options["answer_s"]
    filters = [base + b"+/set", base + b"+/+/set", base + b"+/+/+/set"]  # `+`: exactly one part of a name
    if options["version"] == 5:
        from pole.protocol import mqtt5_hello

        return mqtt5_hello.session(who, sizes, filters, options["session_s"], pole.info)
    from pole.protocol import mqtt_hello

    if options["qos"] == 2:
        from pole.protocol.mqtt_exactly import Session
    else:
        from pole.protocol.mqtt_session import Session  # type: ignore[assignment]
    return Session(mqtt_hello.connect(*who), *sizes, mqtt_hello.subscribe(filters))


def node(pole, clock, options):
    """The pole as a Sparkplug edge node: points and session in one."""
    from pole.protocol.payload_sparkplug import Node

    options["version"] = 4
    return Node(pole, clock, options)


def replay(journal, name, points, clock, payload):
    """What tells the journal's records."""
    if payload == "cbor":
        from pole.protocol.payload_cbor import Replay
    else:
        from pole.protocol.mqtt_replay import Replay  # type: ignore[assignment]
    return Replay(journal, name, points, clock)
