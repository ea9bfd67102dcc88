"""The work on one board: ask it who it is, find its pole, put on it what is missing, write down what happened."""

import threading
import time
import traceback
from dataclasses import replace
from pathlib import Path

from yigan import flash
from yigan.bench import stock as stocks
from yigan.bench.choice import Choice, chip_of
from yigan.bench.ledger import Ledger
from yigan.bench.roster import Entry
from yigan.bench.seats import Seat, Seats
from yigan.bench.stock import Stock
from yigan.deploy import commission
from yigan.errors import LinkError, Refused, YiganError
from yigan.flash import Target, Wishes
from yigan.lang import t
from yigan.link import ports, serial
from yigan.link.ports import Found, Identity

AWAY_S = 30.0  # how long a board may be unplugged in the middle of its work
_ALL_ASKED_S = (
    3.0  # a board that carries a pole goes before one that takes the next: so long the latter waits
)


class Stopped(BaseException):
    """Somebody ended the bench: no error of the board."""


class Shop:
    """What all works share. `stop`: end; `follows`: no new work, only boards that come back in the middle of one."""

    def __init__(
        self, seats: Seats, stock: Stock, choice: Choice, ledger: Ledger, person: str, limit: int | None
    ):
        self.seats, self.stock, self.choice, self.ledger, self.person = seats, stock, choice, ledger, person
        self.turn = threading.Semaphore(limit) if limit else None
        self.stop = threading.Event()
        self.flash = self.reflash = False
        self.follows = False
        self.began = time.monotonic()
        self.passed: set[str] = set()

    def moved(self, seat: Seat, found: Found) -> None:
        """The board of this seat, at work or not, is there under another name, or again."""
        with self.seats.lock:
            before, slot = seat.slot.port, seat.slot
            self.seats.mark(seat, found=found, there=True)
            if before != found.device:
                self.seats.change(seat, port=found.device)
                if slot.state == "working" and slot.work:
                    self.ledger.note(slot.work, f"{before} -> {found.device}")
                    self.ledger.update(slot.work, port=found.device)


class Work:
    """One thread's whole life. `seat` is this board's."""

    def __init__(self, shop: Shop, seat: Seat):
        self.shop, self.seat, self.slot = shop, seat, seat.slot
        self._began = time.monotonic()
        self._away = 0.0

    def run(self) -> None:
        if self.shop.turn:
            with self.shop.turn:
                self._run()
        else:
            self._run()

    def _run(self) -> None:
        self._began = time.monotonic()
        try:
            told = self._do()
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
            error = _pulled(self.slot.port)
        kind = next(base.__name__ for base in type(error).__mro__ if base.__module__ == YiganError.__module__)
        self._end("failed", error.what, error.hint, kind)

    def _end(self, result: str, what: str, hint: str = "", error: str = "") -> None:
        slot, seconds = self.slot, round(time.monotonic() - self._began, 3)
        if slot.work or result == "failed":  # one that was stopped before it said who it is was never begun
            self._begin()
            self.shop.ledger.finish(slot.work, result, what, hint, error, seconds)
        with self.shop.seats.lock:
            if result == "passed":
                self.shop.passed.add(slot.pole)
            self.seat.ended, self.seat.asked, self.seat.placed = time.monotonic(), True, True
            state = "passed" if result == "passed" else "failed"
            self.shop.seats.change(self.seat, state=state, what=what, hint=hint, error=error, seconds=seconds,
                                   port=slot.port if self.seat.there else "")  # fmt: skip

    # Who is it?

    def _do(self) -> str | None:
        """A sentence about what was done; None when it is no work of its own."""
        self._check_stop()
        self.shop.seats.change(self.seat, state="working", stage="ask", began=time.time(), work=0, what="", hint="",
                               error="", seconds=0.0, done=0, total=1)  # fmt: skip
        who = ports.ask(self.slot.port)
        self._check_stop()
        if who.kind == "gone" and not self.seat.there:
            self.shop.seats.drop(self.seat)
            return None
        if not who.uid:
            raise LinkError(_not_a_board(who), self.slot.port, who.says)
        if not self._sit(who):
            return None
        row = self._pole(who)
        if row is None:
            what = t("No pole of the roster is left for it.", "清单中没有剩余灯杆可分配。")
            self.shop.seats.mark(self.seat, placed=True)
            self.shop.seats.change(self.seat, state="idle", stage="", what=what)
            return None
        return self._make(row, who)

    def _sit(self, who: Identity) -> bool:
        """Take the seat of this uid; False when the board was at work already and only comes back."""
        seats = self.shop.seats
        with seats.lock:
            other = seats.other(self.seat, who.uid)
            if other and other.there:
                self._begin(uid=who.uid)
                raise _two(who.uid, other.slot.port)
            if other and other.busy:
                seats.drop(self.seat)
                self.shop.moved(other, self.seat.found)
                return False
            if self.shop.follows and not self.seat.first:
                seats.change(
                    self.seat, state="idle", stage="", what=t("It came too late.", "插入过晚，未处理。")
                )
                return False
            seats.name(self.seat, who.uid)
            seats.mark(self.seat, asked=True)
            seats.change(self.seat, chip=chip_of(who))
            return True

    def _pole(self, who: Identity) -> Entry | None:
        row = self.shop.choice.known(who)
        if row is None:
            self._wait_for_others()
            row = self.shop.choice.free(who)
        if row:
            self.shop.seats.change(self.seat, pole=row.id, board=row.board)
        self.shop.seats.mark(self.seat, placed=True)
        return row

    def _wait_for_others(self) -> None:
        """Until all that were there at first have said who they are, and those before us have their poles."""
        seats, deadline = self.shop.seats, self.shop.began + _ALL_ASKED_S

        def ready() -> bool:
            first = [row for row in seats.rows if row.first and row is not self.seat]
            before = first[: sum(row.number < self.seat.number for row in first)]
            told = all(row.asked for row in first) or time.monotonic() >= deadline
            return self.shop.stop.is_set() or (told and all(row.placed for row in before if row.asked))

        with seats.lock:
            while not ready():  # each before us only waits for others before it
                seats.lock.wait(max(0.05, deadline - time.monotonic()))
        self._check_stop()

    # Make it that pole

    def _make(self, row: Entry, who: Identity) -> str:
        made = self.shop.stock.bundle(row.id)
        self._begin(bundle=made.hash, version=made.version, micropython=who.micropython)
        self._note(
            " ".join(filter(None, [who.kind, who.uid, who.machine or who.chip, who.micropython, who.pole]))
        )
        flashed = self._flashed(row, who)
        if not flashed and who.kind == "pole" and (who.pole, who.bundle) == (row.id, made.hash):
            return t("It was all there already.", "内容已是最新，无需写入。")
        done = commission.commission(self.slot.port, made, self._progress, self._follow, who.uid)
        report = done.report
        self._keep(micropython=report.micropython)
        self._note(f"slot {report.slot}, {len(report.sent)} sent, {len(report.copied)} copied, {report.packed} bytes, "
                   f"{report.attempts} attempt(s), {report.stages}")  # fmt: skip
        lost = [one["p"] for one in done.readings if one["q"] in ("comm_fault", "fault")]
        if lost:
            self._note(f"no value: {' '.join(lost)}")  # on the bench no sensor hangs on it yet
        if report.was not in ("", row.id):
            return t("It was pole {w} before.", "它原为灯杆 {w}。", w=report.was)
        return ""

    def _flashed(self, row: Entry, who: Identity) -> bool:
        """Put MicroPython on it, if it has none that will do. Whether it was done."""
        if not self._wants_flash(row, who):
            return False
        image = self.shop.stock.image(row)
        self._keep(image=image.name, image_sha256=image.sha256)
        self._check_stop()  # what is begun now must not be broken off: half an image starts nothing
        target = Target(self.slot.port, board=row.board)
        done = flash.flash(target, {image.facts.chip: image}, Wishes(), self._tell)
        for line in done.log:
            self._note(line)
        self._note(
            f"{done.image} {'written' if done.changed else 'was there'}, checked by {done.verified}, backup {done.backup}"
        )
        if done.id and done.id.replace(":", "").lower() != who.uid and done.chip.startswith("esp"):
            raise Refused(
                t("Another board was flashed: {i}.", "烧录的是另一块板：{i}。", i=done.id), self.slot.port
            )
        return True

    def _wants_flash(self, row: Entry, who: Identity) -> bool:
        bare = who.kind == "loader"
        if bare and not self.shop.flash:
            raise Refused(
                t("There is no MicroPython on this board.", "该板没有 MicroPython。"),
                self.slot.port,
                t(
                    "Leave --no-flash out, or run yigan flash first.",
                    "请去掉 --no-flash，或先运行 yigan flash。",
                ),
            )
        if bare or not self.shop.flash:
            return bare
        if self.shop.reflash:
            return who.micropython != self.shop.stock.image(row).facts.version
        return stocks.too_old(who.micropython)

    # What happens meanwhile

    def _progress(self, stage: str, done: int, total: int) -> None:
        self._check_stop()
        self._tell(stage, done, total)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self.shop.seats.progress(self.seat, stage, done, total):
            self._note(stage)

    def _follow(self) -> str:
        """The present name of the board's port, "" while it is away. LinkError when it stays away."""
        self._check_stop()
        name = ports.same(self.seat.found)
        if name:
            self._away = 0.0
            if name != self.slot.port:
                self.shop.moved(self.seat, replace(self.seat.found, device=name))
            return name
        self._away = self._away or time.monotonic()
        if time.monotonic() - self._away > AWAY_S:
            raise _pulled(self.slot.port)
        return ""

    def _check_stop(self) -> None:
        if self.shop.stop.is_set():
            raise Stopped

    # The ledger

    def _begin(self, **known: str) -> None:
        """The row, if there is none yet."""
        slot = self.slot
        if not slot.work:
            work = self.shop.ledger.begin(
                self.shop.person, slot.uid, slot.port, slot.pole, slot.board, began=slot.began
            )
            self.shop.seats.change(self.seat, work=work)
            known["chip"] = slot.chip
        self._keep(**known)

    def _keep(self, **values: str) -> None:
        self.shop.ledger.update(self.slot.work, **values)

    def _note(self, line: str) -> None:
        self.shop.ledger.note(self.slot.work, line.replace(str(Path.home()), "~"))


def _pulled(port: str) -> LinkError:
    return LinkError(
        t("The cable was pulled, and the board did not come back.", "线缆被拔出，板子没有重新出现。"),
        port,
        t("Plug it in again: it goes on by itself.", "请重新插上，会自动继续。"),
    )


def _two(uid: str, port: str) -> Refused:
    return Refused(
        t("Two boards say they are {u}; the other is at {p}. This one was not touched.",
          "有两块板的编号都是 {u}；另一块在 {p}。本板未被改动。", u=uid, p=port),
        hint=t(
            "One board with two cables? Leave one in. Else its chip is a copy: do not use it.",
            "若是同一块板插了两根线，请只留一根；否则芯片编号被复制，请勿使用。",
        ),
    )  # fmt: skip


def _not_a_board(who: Identity) -> str:
    return {
        "garbage": t("It talks, but says nothing we understand.", "有输出，但无法识别。"),
        "loader": t(
            "There is no MicroPython on it, and its loader does not answer.",
            "没有 MicroPython，下载程序也没有应答。",
        ),
        "silent": t("Nothing answers on this port.", "该端口没有任何应答。"),
        "busy": t("Another program holds the port.", "端口被其他程序占用。"),
        "forbidden": t("You may not use this port.", "没有使用该端口的权限。"),
        "gone": t("The port went while we asked.", "询问时端口断开。"),
    }.get(who.kind, t("The board does not say which one it is.", "板子没有报告自己的编号。"))
