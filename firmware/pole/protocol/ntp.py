"""The Network Time Protocol's client side: what to ask, which answers to believe, which of several clocks is right.

Source: RFC 5905 (packet 7.3, sanity 8 and 9.2, selection 11.2.1); the era after 2036 as RFC 5905, 6. Whole seconds are
enough for a pole; a round trip of up to two seconds is allowed for.
"""

import struct

from pole.errors import ProtocolError

LONGEST = 48
_TO_2020 = 3786825600  # seconds from 1900, the era's prime epoch, to 2020-01-01
_SECOND = 65536  # of the short format


def request(buf, nonce):
    """A client's question into buf[:48]. `nonce`: 8 random bytes in the place of our time: who guesses wrong is no server."""
    buf[:] = bytes(LONGEST)
    buf[0] = 4 << 3 | 3  # version 4, client
    buf[40:48] = nonce


def answer(data, nonce, round_trip_ms):
    """(seconds since 2020, how many it may be wrong by) of a server's answer.

    ProtocolError says why an answer is none: its detail is for the log.
    """
    if len(data) < LONGEST or data[0] & 7 != 4:
        raise ProtocolError("no answer of a server")
    if bytes(data[24:32]) != nonce:
        raise ProtocolError("answers another question")
    leap, stratum = data[0] >> 6, data[1]
    if stratum == 0:
        raise ProtocolError("kiss of death %r" % bytes(data[12:16]))
    if leap == 3 or stratum > 15:
        raise ProtocolError("its clock is not set")
    delay, dispersion = struct.unpack_from(">II", data, 4)
    seconds, fraction = struct.unpack_from(">II", data, 40)
    if not seconds or dispersion + delay // 2 > _SECOND:
        raise ProtocolError("its clock is far from any reference")
    now = seconds - _TO_2020 & 0xFFFFFFFF  # an era later it is the same
    if now > 0x7FFFFFFF:
        raise ProtocolError("a time before 2020")
    half = round_trip_ms // 2 + (fraction >> 16) * 1000 // _SECOND
    return now + half // 1000, 1 + round_trip_ms // 2000


def agreed(offsets):
    """The offset that more than half of the clocks agree on, None when there is none such.

    `offsets`: [(seconds to add to our clock, how many it may be wrong by)]. The middle of what the largest group has in
    common (Marzullo's algorithm, as RFC 5905, 11.2.1).
    """
    best, most = None, 0
    for low in [offset - error for offset, error in offsets]:
        holding = [(o, e) for o, e in offsets if o - e <= low <= o + e]
        if len(holding) > most:
            most = len(holding)
            best = (low + min([o + e for o, e in holding])) // 2
    return best if 2 * most > len(offsets) else None
