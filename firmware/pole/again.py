"""What is awaited again and again, for years, and makes nothing.

Each call of an `async def` makes an object of 100 to 350 bytes (on 64 bits). Who derives from `Again` keeps one: its
`rounds()` goes round for ever and yields what a round has come to, a number, where it ends. Nothing in its variables
outlives a round.
"""

import time

if hasattr(time, "ticks_ms"):
    _overs = {}  # number: StopIteration, raised again and again, as asyncio's own sleep does

    class Again:
        """Await it for one round; gives its number. One at a time. A round that fails or is cancelled ends its `rounds()`.

        `under_way`: somebody waits for it. A round finds what it shall do in attributes, and lays down there what it found.
        """

        under_way = None
        _idle = None

        def __iter__(self):
            self.under_way, self._idle = self._idle or self.rounds(), None  # type: ignore[attr-defined]
            return self

        def __next__(self):
            work, self.under_way = self.under_way, None  # what raises is not kept
            told = next(work)
            if told is None:
                self.under_way = work
                return
            self._idle = work
            if told not in _overs:  # few: qualities, yes
                _overs[told] = StopIteration(told)
            over = _overs[told]
            over.__traceback__ = None
            raise over

        def throw(self, error):
            work, self.under_way = self.under_way, None
            work.throw(error)

    class Reading(Again):
        """A driver that waits while it reads: a round is a reading into `_out`, and comes to its quality."""

        def read(self, out):
            self._out = out
            return self

else:
    from pole.cpython import Again, Reading  # type: ignore[assignment]  # noqa: F401
