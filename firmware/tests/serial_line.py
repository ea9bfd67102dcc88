"""A serial line for tests of bus drivers: whoever listens at its far end answers with bytes and delays."""

from pole import clock


class Line:
    """`answer(frame)` gets what was sent and returns [(milliseconds, bytes), ...] to come back."""

    def __init__(self, answer, baud=9600):
        self.answer = answer
        self.baud = baud
        self.char_us = 10000000 // baud
        self.poll_ms = 1
        self.sent = []
        self._coming = []  # [due, bytes], in the order of due

    def put(self, delay_ms, data):
        self._coming.append([clock.ticks_add(clock.ticks_ms(), delay_ms), data])

    def begin(self, buf):
        self.sent.append(bytes(buf))
        return len(buf) * self.char_us // 1000

    def end(self):
        for delay_ms, data in self.answer(self.sent[-1]):
            self.put(delay_ms, data)

    async def send(self, buf):
        await clock.sleep_ms(self.begin(buf))
        self.end()

    def take(self, buf):
        for k, (due, data) in enumerate(self._coming):
            if clock.ticks_diff(due, clock.ticks_ms()) <= 0:
                return self._take(k, data, buf)
        return 0

    async def readinto(self, buf, timeout_ms):
        end = clock.ticks_add(clock.ticks_ms(), timeout_ms)
        while True:
            n = self.take(buf)
            left = clock.ticks_diff(end, clock.ticks_ms())
            if n or left <= 0:
                return n
            await clock.sleep_ms(min(left, 1))

    def _take(self, k, data, buf):
        n = min(len(buf), len(data))
        buf[:n] = data[:n]
        if n < len(data):
            self._coming[k][1] = data[n:]
        else:
            del self._coming[k]
        return n
