"""What is awaited again and again, for years, and makes nothing.

Each call of an `async def` makes an object of 100 to 350 bytes (on 64 bits). Who derives from `Again` keeps one: its
`rounds()` goes round for ever and says `yield True` where a round ends. Nothing in its variables outlives a round.
"""

import time

if hasattr(time, "ticks_ms"):
    _over = StopIteration(1)  # raised again and again, as asyncio's own sleep does; 1 is quality.GOOD

    class Again:
        """Await it for one round; gives GOOD. One at a time. A round that fails or is cancelled ends its `rounds()`.

        `under_way`: somebody waits for it. A round finds what it shall do in attributes, and lays down there what it found.
        """

        under_way = None
        _idle = None

        def __iter__(self):
            self.under_way, self._idle = self._idle or self.rounds(), None  # type: ignore[attr-defined]
            return self

        def __next__(self):
            work, self.under_way = self.under_way, None  # what raises is not kept
            if next(work):
                self._idle = work
                _over.__traceback__ = None
                raise _over
            self.under_way = work

        def throw(self, error):
            work, self.under_way = self.under_way, None
            work.throw(error)

else:
    from pole.cpython import Again  # type: ignore[assignment]  # noqa: F401
