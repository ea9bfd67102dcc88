"""A record of the journal, as it lies on flash and in RAM.

    u16 n | u8 what | u32 number | u32 time | n bytes | u16 check            little endian

`what`: kind + 32 * class, + 16 when the clock was unknown: `time` is then uptime + 2^24 * (number of the start & 255),
else seconds since 2020-01-01 UTC. `check`: the low half of the CRC-32 of all before it, which the port computes in C.
"""

import binascii
import struct

HEAD = 11
EXTRA = 13  # bytes beside the payload
LONGEST = 384  # a telling record is a topic and its JSON
UNKNOWN_TIME = 16

# Kinds. Wire identities: append only. What is text is the end of a topic, a zero byte, JSON.
SAMPLE = 1  # u16 point id, u8 quality, i32 scaled value (f32 of a float point)
MEAN = 2  # a finished statistics record, text
EVENT = 3  # an alarm event, text
RESULT = 4  # the answer to a command, text
LINE = 5  # a log line, text
DROPPED = 6  # u8 class, u32 first, u32 last number: gone for want of room
GAP = 7  # u32 end, u32[CLASSES] lasts: of class c, what was numbered lasts[c]+1 .. end-1 was lost by a power cut

# Classes, the most important first. What is dropped comes from the end.
ALARM, ANSWER, LOSS, TELEMETRY, LOG = range(5)
CLASSES = 5


def pack(buf, at, class_, kind, number, time, payload):
    """Write the record to buf[at:]; its length. What is a memoryview costs least."""
    n = len(payload)
    struct.pack_into("<HBII", buf, at, n, kind | class_ << 5, number, time)
    end = at + HEAD + n
    buf[at + HEAD : end] = payload
    check = binascii.crc32(buf[at:end])
    buf[end] = check & 255
    buf[end + 1] = check >> 8 & 255
    return n + EXTRA


def length(buf, at=0):
    """The whole length of the record that begins at `at`."""
    return (buf[at] | buf[at + 1] << 8) + EXTRA


def whole(buf, n):
    """Whether buf[:n] is one record as it was written."""
    check = binascii.crc32(buf[: n - 2])
    return buf[n - 2] == check & 255 and buf[n - 1] == check >> 8 & 255


def class_of(buf, at=0):
    return buf[at + 2] >> 5


def kind_of(buf, at=0):
    return buf[at + 2] & 15


def number(buf, at=0):
    return buf[at + 3] | buf[at + 4] << 8 | buf[at + 5] << 16 | buf[at + 6] << 24  # struct would make a tuple


def time(buf, at=0):
    return buf[at + 7] | buf[at + 8] << 8 | buf[at + 9] << 16 | buf[at + 10] << 24


def is_time_unknown(buf, at=0):
    return buf[at + 2] & UNKNOWN_TIME
