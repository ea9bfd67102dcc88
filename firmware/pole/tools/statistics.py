"""The last finished records of a pole's statistics for who asks at the console.

{"do": "statistics", "since": n}: rows {"s": number, "p": point, "d": period, "e": the record as MQTT carries it}, those
after n that are still there. `ok` follows the rows.
"""

import json

from pole import errors


def answer(pole, request):
    since = request.get("since", 0)
    if pole.statistics is None or not isinstance(since, int) or since < 0:
        raise errors.PoleError(errors.BAD_VALUE, "since")
    return _rows(pole.statistics, since)


def _rows(service, since):
    while since < service.seq:
        since, topic, said = service.event(since + 1)
        words = topic.decode().split("/")
        yield {"s": since, "p": ".".join(words[1:-1]), "d": words[-1], "e": json.loads(said.decode())}
