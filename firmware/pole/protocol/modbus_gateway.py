"""From Modbus TCP to the slaves of the pole's own line, by unit id, so that the pole's polling does not feel it.

Source: MODBUS Messaging on TCP/IP V1.0b, 4.4.1 (unit identifier); Application Protocol V1.1b3, 7 (exceptions 0A and 0B).
One question of all clients together is on its way at a time, and behind each the line stays the pole's for so long
that strangers have no more than their share of it. A client waits for its answer before its next request is read.
"""

from pole.codec.modbus import (
    ENCAPSULATED,
    ILLEGAL_FUNCTION,
    MOST_PDU,
    NO_PATH,
    NO_RESPONSE,
    READ_COILS,
    READ_INPUT_REGISTERS,
)
from pole.errors import DEVICE_EXCEPTION, PoleError

_READS = (7, 11, 12, 17, 20, 24, ENCAPSULATED)  # what else changes nothing in a slave
_LONGEST_MS = 60000


class Gateway:
    """bus: has `await exchange(address, pdu, n, reply, stranger)` as drivers/modbus_rtu.py. clock: pole.clock. turn: a lock.

    options: `units`, the slaves' addresses; `share`, percent of the line's time, at most; `gateway_users`, addresses of the
    clients that may use it (none: all). `forwarded`, `unanswered` count.
    """

    def __init__(self, bus, options, clock, turn):
        self._bus = bus
        self._units = options["units"]
        self._users = options.get("gateway_users")
        self._share = options.get("share", 25)
        self._clock = clock
        self._turn = turn
        self._due = clock.ticks_ms()
        self._reply = memoryview(bytearray(MOST_PDU))
        self.forwarded = 0
        self.unanswered = 0

    async def ask(self, frame, peer, writer):
        """The reply to a whole TCP frame (bytes). peer: the client's address; writer: it may also write."""
        function = frame[7]
        if frame[6] not in self._units or self._users and not writer and peer not in self._users:
            return _refusal(frame, NO_PATH)
        if not writer and not READ_COILS <= function <= READ_INPUT_REGISTERS and function not in _READS:
            return _refusal(frame, ILLEGAL_FUNCTION)
        async with self._turn:
            await self._earn()
            return await self._forward(frame)

    async def _earn(self):
        """Wait until the last question has been paid for."""
        left = self._clock.ticks_diff(self._due, self._clock.ticks_ms())
        if 0 < left <= _LONGEST_MS:
            await self._clock.sleep_ms(left)

    async def _forward(self, frame):
        clock, begun = self._clock, self._clock.ticks_ms()
        self.forwarded += 1
        try:
            n = await self._bus.exchange(frame[6], frame[7:], len(frame) - 7, self._reply, True)
            return frame[:4] + bytes((0, n + 1, frame[6])) + bytes(self._reply[:n])
        except PoleError as error:
            if error.code == DEVICE_EXCEPTION:
                return _refusal(frame, error.detail)
            self.unanswered += 1
            return _refusal(frame, NO_RESPONSE)
        finally:
            now = clock.ticks_ms()
            took = clock.ticks_diff(now, begun)
            self._due = clock.ticks_add(now, min(_LONGEST_MS, took * (100 - self._share) // self._share))


def _refusal(frame, code):
    return frame[:4] + bytes((0, 3, frame[6], frame[7] | 0x80, code))
