"""Many ports asked at once, a thread each: a silent board does not keep the others waiting."""

import queue
import threading
from collections.abc import Callable

from yigan.link.ports.found import Found
from yigan.link.ports.identity import Identity

Answer = tuple[Found, Identity]


class Enquiry:
    """`start(port)` as often as needed, then `answers()` as they come. Its threads end with the process."""

    def __init__(self, ask: Callable[[str], Identity]):
        self._ask = ask
        self._under_way: set[str] = set()
        self._told: queue.Queue = queue.Queue()

    def start(self, port: Found) -> bool:
        """Ask it, unless that is under way already."""
        if port.device in self._under_way:
            return False
        self._under_way.add(port.device)
        threading.Thread(target=self._run, args=(port,), daemon=True).start()
        return True

    def _run(self, port: Found) -> None:
        try:
            self._told.put((port, self._ask(port.device)))
        except BaseException as error:  # noqa: BLE001 (a bug in asking is raised where the answer is wanted)
            self._told.put((port, error))

    def answers(self, timeout_s: float | None = 0.0) -> list[Answer]:
        """Those that came, after waiting at most `timeout_s` (None: as long as it takes) for the first one."""
        found = []
        while self._under_way:
            try:
                port, answer = self._told.get(timeout=timeout_s if not found else 0.001)
            except queue.Empty:
                break
            self._under_way.discard(port.device)
            if isinstance(answer, BaseException):
                raise answer
            found.append((port, answer))
        return found

    def all(self) -> dict[str, Identity]:
        """Every answer, by port."""
        found: dict[str, Identity] = {}
        while self._under_way:
            found.update((port.device, answer) for port, answer in self.answers(0.5))
        return found
