"""Server-sent events: a page gets the whole state first, then what changed, and a beat when nothing did.

There is no queue that could grow: each page remembers what it was told and gets the difference when it can take it, ten
times a second at most. So a page that was away (Last-Event-ID or not) is right again with its first event.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool

from yigan.web.tongue import spoken

PACE_S = 0.1
BEAT_S = 5.0  # the page calls the line broken after three of them
PAGES = 64  # open at once; every one costs a socket
_RETRY_MS = 1000


class Hub:
    """`changed()` may be called from any thread; `events()` is one page's stream."""

    def __init__(self, state: Callable[[], dict]):
        self._state = state
        self._boot = secrets.token_hex(4)  # a restarted server numbers anew
        self._version = 0
        self._now: dict = {"bench": {}, "slots": []}
        self._pages: set[asyncio.Event] = set()
        self._dirty = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False

    def changed(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._dirty.set)

    async def run(self) -> None:
        """Keep the state fresh for all pages; ends when cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._dirty.clear()
            self._now = await run_in_threadpool(self._state)
            self._version += 1
            self._wake()
            await self._dirty.wait()
            await asyncio.sleep(PACE_S)

    def close(self) -> None:
        """Let every stream end. From any thread, and from a signal handler."""
        self.closed = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def full(self) -> bool:
        return len(self._pages) >= PAGES

    def _wake(self) -> None:
        for page in self._pages:
            page.set()

    async def events(self, language: str = "en") -> AsyncIterator[bytes]:
        """`snapshot` (all), then `slot`, `gone`, `bench` and `beat`. Data is JSON."""
        woken = asyncio.Event()
        self._pages.add(woken)
        try:
            now = self._now if self._version else await run_in_threadpool(self._state)
            told = _Told(now)
            slots = [spoken(slot, language) for slot in now["slots"]]
            yield f"retry: {_RETRY_MS}\n".encode() + self._event("snapshot", {**now, "slots": slots})
            while not self.closed:
                if not await _woken(woken):
                    yield self._event("beat", {})
                elif changes := told.changes(self._now):
                    yield b"".join(
                        self._event(name, spoken(data, language) if name == "slot" else data)
                        for name, data in changes
                    )
        finally:
            self._pages.discard(woken)

    def _event(self, name: str, data: object) -> bytes:
        text = json.dumps(data, separators=(",", ":"))  # in ASCII: some readers end lines at U+2028, too
        return f"id: {self._boot}-{self._version}\nevent: {name}\ndata: {text}\n\n".encode()


class _Told:
    """What one page knows."""

    def __init__(self, state: dict):
        self._bench, self._slots = state["bench"], {slot["key"]: slot for slot in state["slots"]}

    def changes(self, state: dict) -> list[tuple[str, dict]]:
        """(event, data) of all that is different now."""
        slots = {slot["key"]: slot for slot in state["slots"]}
        found: list[tuple[str, dict]] = [("gone", {"key": key}) for key in self._slots if key not in slots]
        found += [
            ("slot", slot) for key, slot in slots.items() if _lasting(self._slots.get(key)) != _lasting(slot)
        ]
        if state["bench"] != self._bench:
            found.append(("bench", state["bench"]))
        self._bench, self._slots = state["bench"], slots
        return found


def _lasting(slot: dict | None) -> dict | None:
    """Without what the page counts by itself."""
    return slot and {name: value for name, value in slot.items() if name != "elapsed"}


async def _woken(page: asyncio.Event) -> bool:
    """Whether there may be something new; False when it is time for a beat."""
    try:
        await asyncio.wait_for(page.wait(), BEAT_S)
    except TimeoutError:
        return False
    page.clear()
    return True
