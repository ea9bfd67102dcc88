"""The alarms of a pole for who asks at the console: each as it is now, then the events after `since`.

{"do": "alarms", "since": n}: rows {"a": number, "p": point, "st": state, "sv": severity, "r": reason, "v": value text or
null, "u": unit, "q": quality, "x": text}, then rows {"e": {...}}, each an event as MQTT carries it. Without `since` no
events. `ok` follows the rows.
"""

import json

from pole import errors
from pole.protocol import alarm, alarm_event
from pole.quality import NAMES


def answer(pole, request):
    since = request.get("since")
    if pole.alarms is None or since is not None and (not isinstance(since, int) or since < 0):
        raise errors.PoleError(errors.BAD_VALUE, "since")
    return _rows(pole, pole.alarms, since)


def _rows(pole, service, since):
    core, store = service.core, pole.store
    for k, row in enumerate(core.rows):
        i = row[alarm.PLACE]
        yield {
            "a": k + 1,
            "p": store.name(i),
            "st": alarm.STATES[core.state[k]],
            "sv": alarm.SEVERITIES[row[alarm.FLAGS] & alarm.SEVERITY],
            "r": alarm_event.REASONS[row[alarm.CONDITION]],
            "v": store.text(i) or None,
            "u": store.unit(i),
            "q": NAMES[store.quality(i)],
            "x": json.loads(row[alarm.TEXT]),
        }
    while since is not None and since < service.seq:
        since, said = service.event(since + 1)
        yield {"e": json.loads(said.decode())}
