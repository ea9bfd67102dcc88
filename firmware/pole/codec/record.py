"""A record of the journal, as it lies on flash and in RAM.

    u8 n | u8 what | u32 number | u32 time | n bytes | u16 check            little endian

`what`: kind + 32 * class, + 16 when the clock was unknown: `time` is then uptime + 2^24 * (number of the start & 255),
else seconds since 2020-01-01 UTC. `check`: the low half of the CRC-32 of all before it, which the port computes in C.
"""

import binascii
import struct

HEAD = 10
EXTRA = 12  # bytes beside the payload
LONGEST = 255 + EXTRA
UNKNOWN_TIME = 16

# Kinds. Wire identities: append only.
SAMPLE = 1  # u16 point id, u8 quality, i32 scaled value (f32 of a float point)
MEAN = 2  # a finished statistics record
EVENT = 3  # an alarm event, JSON
RESULT = 4  # the answer to a command, JSON
LINE = 5  # a log line
DROPPED = 6  # u8 class, u32 first, u32 last number: gone for want of room
GAP = 7  # u32 end, u32[CLASSES] lasts: of class c, what was numbered lasts[c]+1 .. end-1 was lost by a power cut

# Classes, the most important first. What is dropped comes from the end.
ALARM, ANSWER, LOSS, TELEMETRY, LOG = range(5)
CLASSES = 5


def pack(buf, at, class_, kind, number, time, payload):
    """Write the record to buf[at:]; its length."""
    n = len(payload)
    struct.pack_into("<BBII", buf, at, n, kind | class_ << 5, number, time)
    end = at + HEAD + n
    buf[at + HEAD : end] = payload
    check = binascii.crc32(memoryview(buf)[at:end])
    buf[end] = check & 255
    buf[end + 1] = check >> 8 & 255
    return n + EXTRA


def length(buf, at=0):
    """The whole length of the record that begins at `at`."""
    return buf[at] + EXTRA


def whole(buf, n):
    """Whether buf[:n] is one record as it was written."""
    check = binascii.crc32(memoryview(buf)[: n - 2])
    return buf[n - 2] == check & 255 and buf[n - 1] == check >> 8 & 255


def class_of(buf, at=0):
    return buf[at + 1] >> 5


def kind_of(buf, at=0):
    return buf[at + 1] & 15


def number(buf, at=0):
    return struct.unpack_from("<I", buf, at + 2)[0]


def time(buf, at=0):
    return struct.unpack_from("<I", buf, at + 6)[0]
