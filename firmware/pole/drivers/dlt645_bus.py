"""One line and the DL/T 645 meters on it: one question at a time, answers of several frames put together.

Source: DL/T 645-2007, 5 (frames, times) and 7.1.3 (follow-up frames). A reply counts only with its sum, from the meter,
to the service and about the data that were asked for; what else is on the line is passed over.
"""

from pole import clock
from pole.again import Again
from pole.codec import dlt645
from pole.errors import BAD_FRAME, DEVICE_EXCEPTION, NO_ANSWER, BusError, DeviceFault

_BABBLE = 40  # reads before a question
_FRAMES = 16  # follow-up frames of one answer


class Bus(Again):
    """A line and the meters on it. `sent`, `timeouts`, `bad` (bytes that were no answer) count since the start."""

    def __init__(self, line):
        self.line = line
        self.data = bytearray(200)  # what the last answer carried, without the 0x33
        self.have = 0  # so many bytes of it
        self.source = bytearray(6)  # and the address of who sent it
        self._tx = bytearray(4 + 12 + 50)
        self._view = memoryview(self._tx)  # of the question
        self._rx = bytearray(dlt645.MOST + 40)
        self._chunk = bytearray(32)
        self.sent = 0
        self.timeouts = 0
        self.bad = 0

    def ask(self, address, control, data, n, meter):
        """Await a question with data[:n]; the answer's data is in `self.data` then, its length in `self.have`.

        meter: has `preamble` and `timeout_ms`, and gets `address`: its own where `given` is a wildcard. BusError: no
        answer. DeviceFault: DEVICE_EXCEPTION with the words of its refusal, or BAD_FRAME for what is no answer. To
        BROADCAST_TIME nobody answers: 0.
        """
        if self.under_way:
            return self._later(address, control, data, n, meter)
        self._meter = meter
        self._put(address, control, data, n)
        return self

    async def _later(self, address, control, data, n, meter):
        while self.under_way:  # another meter's turn
            await clock.sleep_ms(20)
        await self.ask(address, control, data, n, meter)

    def _put(self, address, control, data, n):
        length = dlt645.put(self._tx, self._meter.preamble, address, control, data, n)
        if len(self._view) != length:  # a meter's questions are of one length
            self._view = memoryview(self._tx)[:length]

    async def rounds(self):
        """One frame out and one in, and those that follow it."""
        line = self.line
        while True:
            self.have = number = 0
            at = self._meter.preamble + 1  # of its address
            self._more = self._tx[at + 7] != dlt645.BROADCAST_TIME  # to all meters: nobody answers
            while True:
                for _ in range(_BABBLE):
                    if not line.take(self._chunk):
                        break  # what came meanwhile was nobody's
                try:
                    await clock.sleep_ms(line.begin(self._view))
                finally:
                    line.end()
                self.sent += 1
                if not self._more:
                    break
                self._begun = clock.ticks_ms()
                self._until = clock.ticks_add(self._begun, self._meter.timeout_ms)
                self._got = 0
                wait = self._hear(number)
                while wait:
                    await clock.sleep_ms(wait)
                    wait = self._hear(number)
                if not self._more:
                    break
                if number == _FRAMES:
                    raise DeviceFault(BAD_FRAME, "endless")
                number += 1
                self._put(
                    bytes(self._tx[at : at + 6]), dlt645.READ_MORE, bytes(self.data[:4]) + bytes((number,)), 5
                )
            yield True

    def _hear(self, number):
        """Milliseconds until it wants to look again; 0: the frame is there, its data added to what there is."""
        wait = self._meter.timeout_ms
        while True:
            got, now = self.line.take(self._chunk), clock.ticks_ms()
            if not got:
                break
            self._keep(got)
            at = dlt645.find(self._rx, self._got)
            while at >= 0:
                if dlt645.answers(self._rx, at, self._view, self._meter.preamble):
                    self._take(at, number)
                    return 0
                at = dlt645.find(self._rx, self._got, at + 1)
            # A silence inside a frame lasts 500 ms at most (5.2); behind our own echo the meter may still be thinking.
            longest = 2 * wait + dlt645.MOST * self.line.char_us // 1000 - clock.ticks_diff(now, self._begun)
            self._until = clock.ticks_add(now, min(wait, longest))
        left = clock.ticks_diff(self._until, now)
        if left > 0:
            return min(left, self.line.poll_ms)
        self.bad += self._got
        if self._got:
            raise DeviceFault(BAD_FRAME, "no frame")
        self.timeouts += 1
        self._meter.address = self._meter.given  # it may have been replaced
        raise BusError(NO_ANSWER)

    def _keep(self, got):
        """Add what came to the frame buffer; when that is full its older half goes."""
        rx, have = self._rx, self._got
        if have + got > len(rx):
            half = len(rx) // 2
            for k in range(half, have):
                rx[k - half] = rx[k]
            have -= half
            self.bad += half
        for k in range(got):
            rx[have + k] = self._chunk[k]
        self._got = have + got

    def _take(self, at, number):
        """Add its data; of a frame that follows all but its identifier and its number, which must be right."""
        rx, data, into = self._rx, self.data, self.have
        n = rx[at + 9]
        self._more = bool(rx[at + 8] & dlt645.MORE)
        for k in range(6):
            self.source[k] = rx[at + 1 + k]
        if rx[at + 8] & dlt645.REFUSED:
            raise DeviceFault(DEVICE_EXCEPTION, dlt645.why(rx[at + 10] - 0x33 & 0xFF if n else 0))
        if 0xAA in self._meter.address:
            self._meter.address = bytes(self.source)
        at += 10
        if number:
            if n < 5 or rx[at + n - 1] != number + 0x33 & 0xFF:
                raise DeviceFault(BAD_FRAME, "follow-up")
            at += 4
            n -= 5
        self.have = into + min(n, len(data) - into)
        for k in range(into, self.have):
            data[k] = rx[at] - 0x33 & 0xFF
            at += 1


_buses = []


def shared(line):
    """The one Bus of a line, however many meters hang on it."""
    for bus in _buses:
        if bus.line is line:
            return bus
    _buses.append(Bus(line))
    return _buses[-1]
