"""Frames of one length in what a part says on a serial line, between halves of frames and noise."""

from pole import clock
from pole.again import Again
from pole.errors import BAD_FRAME, NO_ANSWER, BusError, DeviceFault

_BABBLE = 40  # looks at the line before a question


class Frames(Again):
    """`bad`: bytes that belong to no frame. `plausible(buf, n)`: whether the first n are, or may become, a frame.

    More than `garbage` bytes dropped while somebody waits, and what is there is another part. `here`: its driver sets
    it, a silence clears it. `heard`: so many bytes since it was asked or listened to.
    """

    here = False
    _request = None

    def __init__(self, bus, size, plausible, garbage=100000):
        self._bus = bus
        self._plausible = plausible
        self._garbage = garbage
        self.buf = bytearray(size)  # the frame that was awaited
        self._have = 0
        self._chunk = bytearray(32)
        self._at = self._end = 0  # what was not yet looked at of it
        self.bad = 0

    def listen(self, ms):
        """Await the next frame for `ms`; then the same object without this: one more in what is left of that time.

        BusError: silence. DeviceFault: what comes is no frame.
        """
        self._before, self.heard = self.bad, self._end - self._at
        return self.within(ms)

    def within(self, ms):
        """Await one more frame for `ms` from now."""
        self._until = clock.ticks_add(clock.ticks_ms(), ms)
        return self

    def ask(self, request, ms):
        """As `listen`, but with a question first: what came before it is old."""
        self._request = request
        return self.listen(ms)

    async def rounds(self):
        while True:
            if self._request:
                request, self._request = self._request, None
                for _ in range(_BABBLE):
                    if not self._bus.take(self._chunk):
                        break
                self._have = self._at = self._end = self.heard = 0
                try:
                    await clock.sleep_ms(self._bus.begin(request))
                finally:
                    self._bus.end()
            wait = self.look()
            while wait:
                await clock.sleep_ms(wait)
                wait = self.look()
            yield True

    def look(self):
        """Milliseconds until it wants to look again; 0: a frame is in `buf`."""
        while True:
            left = clock.ticks_diff(self._until, clock.ticks_ms())
            if self._at == self._end:
                self._at, self._end = 0, self._bus.take(self._chunk)
                self.heard += self._end
            more = self._end
            while self._at < self._end:
                if self._sift():
                    return 0
            if left <= 0:  # noise that drips must not last longer than silence
                self._have, self.here = 0, False
            dropped = self.bad - self._before
            if left <= 0 or dropped > self._garbage:
                raise DeviceFault(BAD_FRAME, "no frame") if dropped else BusError(NO_ANSWER)
            if not more:
                return min(left, self._bus.poll_ms)

    def _sift(self):
        """Add to what there is; drop byte by byte, as a header may also be a value. Whether it is a frame now."""
        buf, size = self.buf, len(self.buf)
        while self._at < self._end and self._have < size:
            buf[self._have] = self._chunk[self._at]
            self._have += 1
            self._at += 1
        while self._have and not self._plausible(buf, self._have):
            self._have -= 1
            self.bad += 1
            for k in range(self._have):
                buf[k] = buf[k + 1]
        if self._have < size:
            return False
        self._have = 0
        return True
