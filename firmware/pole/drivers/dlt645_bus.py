"""One line and the DL/T 645 meters on it: one question at a time, answers of several frames put together.

Source: DL/T 645-2007, 5 (frames, times) and 7.1.3 (follow-up frames). A reply counts only with its sum, from the meter,
to the service and about the data that were asked for; what else is on the line is passed over.
"""

from pole import clock
from pole.codec import dlt645
from pole.errors import BAD_FRAME, DEVICE_EXCEPTION, NO_ANSWER, BusError, DeviceFault

_BABBLE = 40  # reads before a question
_FRAMES = 16  # follow-up frames of one answer
_BROADCAST = b"\x99\x99\x99\x99\x99\x99"


class Bus:
    """A line and the meters on it. `sent`, `timeouts`, `bad` (bytes that were no answer) count since the start."""

    def __init__(self, line):
        self.line = line
        self.data = bytearray(200)  # what the last answer carried, without the 0x33
        self.source = bytearray(6)  # and the address of who sent it
        self._tx = bytearray(4 + 12 + 50)
        self._tx_view = memoryview(self._tx)
        self._rx = bytearray(dlt645.MOST + 40)
        self._chunk = bytearray(32)
        self._more = False
        self._busy = False
        self.sent = 0
        self.timeouts = 0
        self.bad = 0

    async def ask(self, address, control, data, n, meter):
        """A question with data[:n]; the answer's data is in `self.data`, its length comes back.

        meter: has `preamble` and `timeout_ms`. BusError: no answer. DeviceFault: DEVICE_EXCEPTION with the words of
        its refusal, or BAD_FRAME for what is no answer. To the broadcast address nobody answers: 0.
        """
        while self._busy:  # another meter's turn
            await clock.sleep_ms(20)
        self._busy = True
        try:
            have = await self._once(address, control, data, n, meter, 0)
            frame = 0
            while self._more:
                if frame == _FRAMES:
                    raise DeviceFault(BAD_FRAME, "endless")
                frame += 1
                have = await self._follow(address, data, frame, meter, have)
            return have
        finally:
            self._busy = False

    async def _follow(self, address, data, number, meter, have):
        """The next frame of a long answer: identifier, data, its number; only its data is kept."""
        body = bytes(data[:4]) + bytes((number,))
        end = await self._once(address, dlt645.READ_MORE, body, 5, meter, have) - 1
        if end - have < 4 or self.data[end] != number:
            raise DeviceFault(BAD_FRAME, "follow-up")
        for k in range(have + 4, end):
            self.data[k - 4] = self.data[k]
        return end - 4

    async def _once(self, address, control, data, n, meter, into):
        """One frame out and one in, its data laid to self.data[into:]; returns where that ends."""
        length = dlt645.put(self._tx, meter.preamble, address, control, data, n)
        for _ in range(_BABBLE):
            if not await self.line.readinto(self._chunk, 0):
                break  # what came meanwhile was nobody's
        await self.line.send(self._tx_view[:length])
        self.sent += 1
        if address == _BROADCAST:
            return 0
        begun, wait, have = clock.ticks_ms(), meter.timeout_ms, 0
        while True:
            got = await self.line.readinto(self._chunk, wait)
            have = self._keep(have, got)
            at = self._answer(have, address, control, data if control <= dlt645.READ_MORE else None)
            if at >= 0:
                return self._take(at, control, into)
            wait = self._left(begun, meter.timeout_ms, have)
            if wait <= 0 or have and not got:
                self._give_up(have)

    def _left(self, begun, timeout_ms, have):
        """How long to wait for the next byte; not above 0 when even a longest answer would be through."""
        spent = clock.ticks_diff(clock.ticks_ms(), begun)
        if not have:
            return timeout_ms - spent
        # A silence inside a frame lasts 500 ms at most (5.2); behind our own echo the meter may still be thinking.
        return min(timeout_ms, 2 * timeout_ms + dlt645.MOST * self.line.char_us // 1000 - spent)

    def _keep(self, have, got):
        """Add what came to the frame buffer; when that is full its older half goes."""
        rx = self._rx
        if have + got > len(rx):
            half = len(rx) // 2
            for k in range(half, have):
                rx[k - half] = rx[k]
            have -= half
            self.bad += half
        for k in range(got):
            rx[have + k] = self._chunk[k]
        return have + got

    def _answer(self, have, address, control, di):
        """Where the answer stands in rx[:have], or -1; other frames are passed over."""
        at = dlt645.find(self._rx, have)
        while at >= 0:
            if dlt645.answers(self._rx, at, address, control) and self._about(at, di):
                return at
            at = dlt645.find(self._rx, have, at + 1)
        return -1

    def _about(self, at, di):
        if di is None or self._rx[at + 8] & dlt645.REFUSED:
            return True
        for k in range(4):
            if self._rx[at + 10 + k] != di[k] + 0x33 & 0xFF:
                return False
        return self._rx[at + 9] >= 4

    def _take(self, at, control, into):
        rx, n = self._rx, self._rx[at + 9]
        self._more = bool(rx[at + 8] & dlt645.MORE)
        for k in range(6):
            self.source[k] = rx[at + 1 + k]
        if rx[at + 8] & dlt645.REFUSED:
            self._more = False
            raise DeviceFault(DEVICE_EXCEPTION, dlt645.why(rx[at + 10] - 0x33 & 0xFF if n else 0))
        n = min(n, len(self.data) - into)
        for k in range(n):
            self.data[into + k] = rx[at + 10 + k] - 0x33 & 0xFF
        return into + n

    def _give_up(self, have):
        self._more = False
        self.bad += have
        if have:
            raise DeviceFault(BAD_FRAME, "no frame")
        self.timeouts += 1
        raise BusError(NO_ANSWER)


_buses = []


def shared(line):
    """The one Bus of a line, however many meters hang on it."""
    for bus in _buses:
        if bus.line is line:
            return bus
    _buses.append(Bus(line))
    return _buses[-1]
