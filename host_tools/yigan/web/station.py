"""What the page shows and does: a roster, a bench that works through it, and the ledger of all benches.

Nothing here knows HTTP. Methods may block for a moment (they are called from threads) and raise yigan.errors.
"""

import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from yigan.bench import Bench, Ledger, Roster
from yigan.errors import ConfigError, Refused
from yigan.lang import t
from yigan.web import choice, view
from yigan.web.discreet import Discreet

STOPPED, STARTING, RUNNING, STOPPING = "stopped", "starting", "running", "stopping"
_BEAT_S = 0.5  # a page learns at the latest after so long what no slot tells, such as the end of all work


@dataclass(frozen=True)
class Wishes:
    """What the command line said: which ports, who works, whether bare chips get MicroPython."""

    patterns: tuple[str, ...] = ()
    person: str = ""
    flash: bool = True


class Station:
    """`changed` is called, from any thread, whenever `state()` may be another than before."""

    def __init__(
        self,
        ledger: Ledger,
        folder: Path,
        wishes: Wishes | None = None,
        make: Callable[..., Bench] = Bench,
    ):
        self.ledger, self.folder, self.wishes = ledger, folder.resolve(), wishes or Wishes()
        self.discreet = Discreet()
        self.changed: Callable[[], None] = lambda: None
        self._make = make
        self._lock = threading.RLock()
        self._roster: Roster | None = None
        self._path: Path | None = None
        self._bench: Bench | None = None
        self._phase = STOPPED
        self._far: dict[tuple[str, float], int] = {}

    # What the buttons do

    def choose(self, name: str | Path, anywhere: bool = False) -> dict:
        """Take a CSV file or a folder of pole files as the roster. On the page only what lies under the working folder."""
        path = choice.inside(self.folder, name) if not anywhere else Path(name).resolve()
        with self._lock:
            if self._phase != STOPPED:
                raise Refused(
                    t("The bench is at work.", "工作台正在工作。"),
                    hint=t("Stop it before you take another list.", "请先停止，再更换清单。"),
                )
            roster = Roster.read(path)
            self._path, self._roster, self._bench = path, roster, None
            self._learn(path, roster)
        self.changed()
        return self.roster()

    def start(self) -> None:
        """Build the bundles, then work every port. Harmless when it already does."""
        with self._lock:
            if self._phase in (STARTING, RUNNING):
                return
            if self._phase == STOPPING:
                raise Refused(
                    t("The bench is still stopping.", "工作台正在停止。"),
                    hint=t("Wait a moment.", "请稍候。"),
                )
            if self._path is None:
                raise ConfigError(
                    t("There is no list of poles yet.", "尚未选择灯杆清单。"),
                    hint=t("Choose a CSV file or a folder of pole files.", "请选择 CSV 文件或灯杆文件夹。"),
                )
            self._phase = STARTING
        self.changed()
        try:
            bench, told = self._begin(self._path)
        except BaseException:
            self._phase = STOPPED
            self.changed()
            raise
        self._phase = RUNNING
        threading.Thread(target=self._listen, args=(bench, told), daemon=True, name="station").start()
        self.changed()

    def _begin(self, path: Path) -> tuple[Bench, queue.Queue]:
        self._roster = Roster.read(path)  # it may have been edited meanwhile
        self._learn(path, self._roster)
        wishes = self.wishes
        made = self._make(
            self._roster, self.ledger, wishes.patterns, person=wishes.person, flash=wishes.flash
        )
        told = made.subscribe()
        made.start()
        self._bench = made
        return made, told

    def _learn(self, path: Path, roster: Roster) -> None:
        self.discreet.learn(path, sorted({Path(row.file) for row in roster.rows}))

    def stop(self, wait: bool = False) -> None:
        """Start nothing new; what is at work ends as Bench.stop says. `wait` until it has."""
        with self._lock:
            bench, first = self._bench, self._phase == RUNNING
            if bench is None or self._phase in (STOPPED, STARTING):
                return
            self._phase = STOPPING
        self.changed()
        if wait:
            self._end(bench)
        elif first:
            threading.Thread(target=self._end, args=(bench,), daemon=True, name="station-stop").start()

    def retry(self, key: str) -> None:
        """Work on one board again. Refused when the bench does not run, or has no such board."""
        bench = self._bench
        if bench is None or self._phase != RUNNING:
            raise Refused(
                t("The bench is not running.", "工作台未启动。"), hint=t("Press Start.", "请按“开始”。")
            )
        if key not in {slot.key for slot in bench.slots()}:
            raise Refused(t("That board is not here any more.", "该板子已不在工作台上。"))
        bench.retry(key)
        self.changed()

    # What the page shows

    def state(self) -> dict:
        """{"bench": {...}, "slots": [...]}: all that is live."""
        bench = self._bench
        slots = bench.slots() if bench else []
        shown = [view.slot(slot, place, self.discreet) for place, slot in enumerate(slots)]
        self._only_on(shown)
        finished = bool(bench and self._phase == RUNNING and bench.finished())
        return {
            "bench": {"phase": self._phase, "finished": finished, "roster": self.roster()},
            "slots": shown,
        }

    def _only_on(self, shown: list[dict]) -> None:
        """A bar never goes back within one work, though a stage may come twice."""
        with self._lock:
            before = self._far
            self._far = {
                (slot["key"], slot["began"]): slot["percent"] for slot in shown if slot["state"] == "working"
            }
            for slot in shown:
                work = (slot["key"], slot["began"])
                if work in self._far:
                    slot["percent"] = self._far[work] = max(self._far[work], before.get(work, 0))

    def roster(self) -> dict:
        """{"path", "poles": how many, "passed": how many of them have passed, "missing": ids that no board became yet}."""
        path, roster, bench = self._path, self._roster, self._bench
        if path is None or roster is None:
            return {"path": "", "poles": 0, "passed": 0, "missing": []}
        standing = bench.standing() if bench else []
        return {
            "path": choice.shown(self.folder, path),
            "poles": len(roster.rows),
            "passed": sum(one.state == "passed" for one in standing),
            "missing": [one.row.id for one in standing if one.state == "missing"],
        }

    def candidates(self) -> Iterable[dict]:
        return choice.candidates(self.folder)

    # Threads

    def _listen(self, bench: Bench, told: queue.Queue) -> None:
        while self._bench is bench and self._phase != STOPPED:
            try:
                told.get(timeout=_BEAT_S)
            except queue.Empty:
                pass
            self.changed()
        bench.unsubscribe(told)

    def _end(self, bench: Bench) -> None:
        bench.stop(wait=True)
        with self._lock:
            self._phase = STOPPED
        self.changed()
