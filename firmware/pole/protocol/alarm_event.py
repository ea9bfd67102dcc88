"""An alarm's event in words: the JSON that MQTT carries and the console shows. Loaded when there is one."""

from pole.protocol import alarm

# alarm.last_reason of the point table, by code
REASONS = ("none", "high", "low", "rise", "fall", "change", "equal", "differs", "gone")
_FORM = (
    '{"n":%d,"alarm":%d,"point":"%s","state":"%s","severity":"%s","reason":"%s","value":%s,"unit":"%s","at":%s,'
    '"age":%s,"text":%s}'
)


def text(n, event, row, name, value, unit, moment):
    """Event `n`, as services/alarms.py keeps it, of an alarm's row. `value`: as text, None: there was none."""
    k, state, _, age, _ = event
    return _FORM % (
        n, k + 1, name, alarm.STATES[state], alarm.SEVERITIES[row[alarm.FLAGS] & alarm.SEVERITY],
        REASONS[row[alarm.CONDITION]], "null" if value in (None, "nan", "inf", "-inf") else value, unit,
        '"%s"' % moment if moment else "null", age if age >= 0 else "null", row[alarm.TEXT],
    )  # fmt: skip
