"""DALI line: one frame after the other, for all lamps that share two wires.

Source: IEC 62386-101:2022 (who may speak when), 62386-102. Not a peripheral but what peripherals of bus kind `dali`
share. A level goes out behind at most one exchange under way (48 ms); what takes many frames takes its turn.
---
title_zh = "DALI 总线"
bus = "dali"
points = []
tool = "dali"
wiring = "The two DALI wires in any order, any shape but a ring, 300 m at 1.5 mm2; one bus supply, 250 mA at most"
wiring_zh = "DALI 两线不分极性，除环形外任意布线，1.5 mm² 最长 300 m；一个总线电源，最大 250 mA"
"""

from pole import clock
from pole.codec import dali
from pole.errors import BAD_FRAME, NO_ANSWER, BusError, DeviceFault

_POLL_MS = 2


class Bus:
    """`line`: `await line.exchange(frame, bits, twice, answer)`, then `line.told`: a byte, dali.NO or dali.MIXED.
    `line.under_way`: somebody waits for it. `urgent`: so many levels wait.

    Counters: `sent` frames, `bad` answers that were no byte.
    """

    def __init__(self, line, options):
        self.line = line
        self.owned = False
        self.urgent = 0
        self.sent = 0
        self.bad = 0

    async def own(self):
        """Who needs the DTRs to himself awaits this, and says `owned = False` behind it."""
        while self.owned:
            await clock.sleep_ms(_POLL_MS)
        self.owned = True

    async def do(self, frame, urgent=False):
        """One 16-bit frame, twice where the standard wants it: a byte, dali.NO or dali.MIXED. BusError: no line.

        urgent: before all that is not.
        """
        await self.say(frame, urgent)
        return self.heard()

    def say(self, frame, urgent=False):
        """As `do`, but await it and call `heard` at once: unless others are on the line that makes nothing."""
        return self._later(frame, urgent) if self.line.under_way or self.urgent else self.exchange(frame)

    def heard(self):
        told = self.line.told
        if told == dali.MIXED:
            self.bad += 1
        return told

    async def _later(self, frame, urgent):
        await self._wait(urgent)
        await self.exchange(frame)

    async def _wait(self, urgent):
        self.urgent += urgent
        try:
            while self.line.under_way or self.urgent and not urgent:
                await clock.sleep_ms(_POLL_MS)
        finally:
            self.urgent -= urgent

    def exchange(self, frame):
        """As `say`, on a line that is free."""
        self.sent += 1
        return self.line.exchange(frame, 16, dali.sends_twice(frame), dali.answers(frame))

    async def together(self, first, second):
        """Two frames that nothing may come between: a level that waits by then goes before both."""
        await self.say(first)
        while self.urgent:
            await self.say(first)
        await self.exchange(second)
        return self.heard()

    async def device(self, frame, twice=False, answer=True):
        """One 24-bit frame for a control device."""
        await self._wait(False)
        self.sent += 1
        await self.line.exchange(frame, 24, twice, answer)
        return self.heard()

    async def ask(self, frame):
        """The byte that answers. It is asked again once; BusError: silence, DeviceFault: no byte could be read."""
        told = await self.do(frame)
        return told if told >= 0 else await self.again(frame)

    async def again(self, frame):
        """A second try, which has to be answered."""
        await clock.sleep_ms(20)
        return checked(await self.do(frame), frame)


def checked(told, detail):
    """The byte, or the error that its absence is."""
    if told == dali.NO:
        raise BusError(NO_ANSWER, detail)
    if told < 0:
        raise DeviceFault(BAD_FRAME, detail)
    return told
