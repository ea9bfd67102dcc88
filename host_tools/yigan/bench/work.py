"""The frame of every work: one thread, one row in the ledger, one end."""

import contextlib
import sqlite3
import time
import traceback
from pathlib import Path

from yigan.bench import trouble
from yigan.bench.seats import Seat
from yigan.bench.shop import Shop
from yigan.errors import YiganError
from yigan.lang import t
from yigan.link import serial


class Stopped(BaseException):
    """Somebody ended the bench: no error of the board."""


class Work:
    """One thread's whole life. `seat` is this board's. `do` is the work itself."""

    KIND = "up"  # in the ledger

    def __init__(self, shop: Shop, seat: Seat):
        self.shop, self.seat, self.slot = shop, seat, seat.slot
        self._began = time.monotonic()
        self.stages: set[str] = set()

    def do(self) -> str | None:
        """A sentence about what was done; None when it was no work of its own."""
        raise NotImplementedError

    def run(self) -> None:
        try:
            with self.shop.turn or contextlib.nullcontext():
                self._run()
        except Exception as error:  # noqa: BLE001 - not the board: the ledger, whose disk is full
            what = t("The ledger cannot be written: {e}.", "台账无法写入：{e}。", e=error)
            self._show("failed", what, t("Make room on the disk.", "请清理磁盘空间。"), "Ledger", 0.0)

    def _run(self) -> None:
        self._began = time.monotonic()
        try:
            told = self.do()
        except Stopped:
            self._end(
                "interrupted",
                t("Stopped in the middle: run it again.", "中途停止，请重新运行。"),
                "",
                "Interrupted",
            )
        except YiganError as error:
            self._failed(error)
        except Exception as error:  # noqa: BLE001 - the other boards must not suffer, and somebody must read it
            self._begin()
            self._note(traceback.format_exc())
            self._end(
                "failed",
                t("This is a bug in yigan: {e}", "这是 yigan 的程序错误：{e}", e=repr(error)),
                "",
                "Bug",
            )
        else:
            if told is not None:
                self._end("passed", told)

    def _failed(self, error: YiganError) -> None:
        """With the plain reason; the words of the system are in the log."""
        if isinstance(error, serial.Vanished):
            self._begin()
            self._note(str(error))
            error = trouble.pulled(self.slot.port)
        self._end("failed", error.what, error.hint, error.kind)

    def _end(self, result: str, what: str, hint: str = "", error: str = "") -> None:
        slot, seconds = self.slot, round(time.monotonic() - self._began, 3)
        if slot.work or result == "failed":  # one that was stopped before it said who it is was never begun
            self._begin()
            self.shop.ledger.finish(slot.work, result, what, hint, error, seconds)
        self._show(result, what, hint, error, seconds)

    def _show(self, result: str, what: str, hint: str, error: str, seconds: float) -> None:
        slot, seats = self.slot, self.shop.seats
        with seats.lock:
            if result == "passed":
                self.shop.passed.add(slot.pole)
            seats.mark(self.seat, ended=time.monotonic(), left=self.seat.there, asked=True, placed=True)
            state = "passed" if result == "passed" else "failed"
            seats.change(self.seat, state=state, what=what, hint=hint, error=error, seconds=seconds,
                         port=slot.port if self.seat.there else "")  # fmt: skip

    # What happens meanwhile

    def _progress(self, stage: str, done: int, total: int) -> None:
        self._check_stop()
        self._tell(stage, done, total)

    def _tell(self, stage: str, done: int, total: int) -> None:
        self.stages.add(stage)
        if self.shop.seats.progress(self.seat, stage, done, total):
            with contextlib.suppress(sqlite3.Error):  # of a full disk; half a flash starts nothing
                self._note(stage)

    def _check_stop(self) -> None:
        if self.shop.stop.is_set():
            raise Stopped

    # The ledger

    def _begin(self, **known: str) -> None:
        """The row, if there is none yet."""
        slot = self.slot
        if not slot.work:
            work = self.shop.ledger.begin(
                self.shop.person, slot.uid, slot.port, slot.pole, slot.board, self.KIND, slot.began
            )
            self.shop.seats.change(self.seat, work=work)
            known["chip"] = slot.chip
        self._keep(**known)

    def _keep(self, **values: str) -> None:
        self.shop.ledger.update(self.slot.work, **values)

    def _note(self, line: str) -> None:
        self.shop.ledger.note(self.slot.work, line.replace(str(Path.home()), "~"))
