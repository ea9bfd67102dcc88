"""What a point says upstream, as one JSON object: value, unit, quality, measured-at, age.

Written piece by piece into a packet (anything with `raw(bytes)`, `byte(n)` and `digits(n, width)`): nothing is formatted, nothing
but slices is allocated. A missing value is null.
"""


def behind_value(packet, unit, quality, date, second, age_s):
    """All behind `{"value":...`. `unit`, `quality`: bytes. `date`: b"2026-11-22" or None while the moment of
    measurement is not known; `second` of that day, UTC; `age_s`: seconds since then, below 0 for never."""
    packet.raw(b',"unit":"')
    packet.raw(unit)
    packet.raw(b'","quality":"')
    packet.raw(quality)
    packet.raw(b'"')
    moment(packet, date, second)
    packet.raw(b',"age":')
    if age_s < 0:
        packet.raw(b"null}")
    else:
        packet.digits(age_s)
        packet.byte(125)  # }


def moment(packet, date, second):
    """`,"at":"2026-11-22T08:00:00Z"`, or null."""
    if date is None:
        packet.raw(b',"at":null')
        return
    packet.raw(b',"at":"')
    packet.raw(date)
    packet.raw(b"T")
    packet.digits(second // 3600, 2)
    packet.byte(58)  # :
    packet.digits(second // 60 % 60, 2)
    packet.byte(58)
    packet.digits(second % 60, 2)
    packet.raw(b'Z"')
