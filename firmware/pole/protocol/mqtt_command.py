"""A message from the broker: a command is obeyed and answered. Loaded for one, and forgotten behind it."""

from pole.protocol.command import Commands
from pole.protocol.mqtt_points import LONGEST

_RESULTS = 8  # answers that wait for room


def obeyed(uplink, clock):
    """Treat the message in hand of an uplink; the word it is counted by. Answers go to `uplink.results`."""
    session, points, results = uplink.session, uplink.points, uplink.results
    reader, base, kept, asked = session.reader, points.base, uplink.kept, None
    topic = bytes(reader.view[reader.topic : reader.topic_end])
    if reader.head & 1:  # a command of yesterday, kept by the broker
        return "retained"
    if not topic.startswith(base) or not topic.endswith(b"/set"):
        return "strange"
    topic = topic[:-3]
    text = b"" if reader.cut else bytes(reader.view[reader.payload : reader.end])
    if hasattr(points, "plain"):
        text = points.plain(text)
    if hasattr(session, "asked"):  # MQTT 5
        kept = kept and not session.expires()
        asked = session.asked()
    commands = Commands(uplink.pole.store, clock, "mqtt", kept, uplink.recent)
    ident, error, i = commands.take(topic[len(base) : -1].replace(b"/", b"."), text)
    # who floods us gets no more answers than we can keep
    if len(topic) + 13 + LONGEST <= points.packet and len(results) < _RESULTS:
        said = commands.result(ident, error, i)
        results.append((topic + b"result", said))
        if asked and len(asked[0]) + len(asked[1] or b"") + 20 + LONGEST <= points.packet:
            results.append((asked[0], said, asked[1]))
    return error or "obeyed"
