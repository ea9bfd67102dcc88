"""The journal's records for who asks at the console. Nothing is acknowledged by looking.

{"do": "journal", "since": n}: rows {"n": number, "c": class, "k": kind, "at": seconds since 2020 or null, "x": payload in
hexadecimal} of all records behind n, as codec/record.py has them. `ok` follows the rows.
"""

import binascii

from pole import errors
from pole.codec import record
from pole.journal_reader import Reader


def answer(pole, request):
    since = request.get("since", 0)
    if pole.journal is None or not isinstance(since, int) or since < 0:
        raise errors.PoleError(errors.BAD_VALUE, "since")
    return _rows(pole.journal, since)


def _rows(journal, since):
    reader = Reader(journal)
    journal.readers.append(reader)  # it hears of segments that go
    try:
        while reader.next():
            buf, number = reader.buf, record.number(reader.buf)
            if number > since:
                text = binascii.hexlify(bytes(buf[record.HEAD : reader.length - 2])).decode()
                yield {"n": number, "c": record.class_of(buf), "k": record.kind_of(buf), "at": reader.when(), "x": text}
    finally:
        reader.leave()
