"""Ports as they come and go."""

import time
from collections.abc import Sequence

from yigan.link.ports.follow import find, may_be
from yigan.link.ports.found import Found, Lister, matching

_POLL_S = 0.25
_REMEMBERED_S = 60.0  # how long a board that went may come back as itself

Change = tuple[str, Found, str]  # ("came" | "went" | "renamed", the port, its old name or "")


class Watch:
    """Looks at the ports that match `patterns` (none: every USB port), by looking again and again.

    Not for several threads at once.
    """

    def __init__(self, patterns: Sequence[str] = (), lister: Lister | None = None):
        self._patterns, self._lister = tuple(patterns), lister
        self._there: dict[str, Found] = {}
        self._gone: list[tuple[float, Found]] = []

    @property
    def there(self) -> list[Found]:
        """What was there at the last look."""
        return list(self._there.values())

    def changes(self, timeout_s: float = 0.0) -> list[Change]:
        """What changed since the last call, as soon as something did; [] after `timeout_s`. All have come at first.

        "renamed": another name from one look to the next. A board that went and came back later has come, with its
        old name as the third word (as it is, if it has not changed).
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = self._look()
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            time.sleep(min(_POLL_S, left))

    def _look(self) -> list[Change]:
        now = {port.device: port for port in matching(self._patterns, self._lister, holders=False)}
        stayed = {
            name for name, port in now.items() if name in self._there and _unchanged(self._there[name], port)
        }
        went = [port for name, port in self._there.items() if name not in stayed]
        new = [port for name, port in now.items() if name not in stayed]
        self._there = now
        return self._told(went, new)

    def _told(self, went: list[Found], new: list[Found]) -> list[Change]:
        told: list[Change] = []
        for before in went:
            port = find(before, [port for port in new if port.device != before.device])
            if port:
                new.remove(port)
                told.append(("renamed", port, before.device))
            else:
                told.append(("went", before, ""))
                self._gone.append((time.monotonic(), before))
        return told + [("came", port, self._back(port)) for port in new]

    def _back(self, port: Found) -> str:
        """The old name of one that went before; it is forgotten then."""
        self._gone = [row for row in self._gone if row[0] > time.monotonic() - _REMEMBERED_S]
        for row in reversed(self._gone):
            if find(row[1], [port]):
                self._gone.remove(row)
                return row[1].device
        return ""


def _unchanged(before: Found, now: Found) -> bool:
    return (
        before.target == now.target
        and before.usb == now.usb
        and before.location == now.location
        and may_be(before, now)
    )
