"""The work on one board: ask it who it is, find its pole, put on it what is missing."""

import time

from yigan import flash
from yigan.bench import stock as stocks
from yigan.bench import trouble
from yigan.bench.choice import chip_of
from yigan.bench.roster import Entry
from yigan.bench.seats import Seat
from yigan.bench.shop import Shop
from yigan.bench.work import Work
from yigan.deploy import commission
from yigan.errors import LinkError, Refused, YiganError
from yigan.flash import Target, Wishes
from yigan.lang import t
from yigan.link import ports
from yigan.link.ports import Identity

_WRITING = {"erase", "write", "send", "start"}
AWAY_S = 30.0  # how long a board may be unplugged in the middle of its work
_ALL_ASKED_S = (
    2.0  # a board that carries a pole goes before one that takes the next: the latter waits so long
)


class Making(Work):
    """A board at a port becomes a pole."""

    def __init__(self, shop: Shop, seat: Seat):
        super().__init__(shop, seat)
        self._away = 0.0
        self._fresh: Entry | None = None  # a free row that this work took; given back if nothing was written

    # Who is it?

    def do(self) -> str | None:
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
            raise LinkError(trouble.not_a_board(who), self.slot.port, who.says)
        if not self._sit(who):
            return None
        row = self._pole(who)
        if row is None:
            self._idle()
            return None
        return self._make(row, who)

    def _idle(self) -> None:
        """There is no pole for it; the hint tells whose poles are not done."""
        what = t("No pole of the roster is left for it.", "清单中没有剩余灯杆可分配。")
        busy = {seat.slot.pole for seat in self.shop.seats.rows if seat.busy}
        taken = self.shop.choice.taken(self.shop.passed | self.shop.before | busy)
        hint = t(
            "Not done, but bound to other boards: {p}. If one of these is broken: yigan ledger unbind {q}, and plug this one in again.",
            "尚未完成但已绑定其他板子：{p}。若其中某块板已损坏：yigan ledger unbind {q}，然后重新插上本板。",
            p=", ".join(taken), q=taken[0],
        ) if taken else ""  # fmt: skip
        self.shop.seats.mark(self.seat, placed=True)
        self.shop.seats.change(self.seat, state="idle", stage="", pole="", board="", what=what, hint=hint)

    def _sit(self, who: Identity) -> bool:
        """Take the seat of this uid; False when the board was at work already and only comes back."""
        seats = self.shop.seats
        with seats.lock:
            other = seats.other(self.seat, who.uid)
            if other and other.there:
                self._begin(uid=who.uid)
                raise trouble.two(who.uid, other.slot.port)
            if other and (
                other.busy or other is self.seat.instead
            ):  # the latter failed, and came back by its reset
                seats.drop(self.seat)
                seats.mark(other, found=self.seat.found, there=True)
                self.shop.moved(other, self.seat.found.device)
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
            row = self._fresh = self.shop.choice.free(who)
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

    def _failed(self, error: YiganError) -> None:
        row = self._fresh
        if row and not self.stages & _WRITING and self.shop.choice.release(row, self.slot):
            self._begin()
            self._note(f"{row.id} is free again")
            self.shop.seats.change(self.seat, pole="", board="")
        super()._failed(error)

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
        # No sensor hangs on a board of the bench: nobody waits for readings.
        done = commission.commission(self.slot.port, made, self._progress, self._follow, who.uid, 0.0)
        report = done.report
        self._keep(micropython=report.micropython)
        self._note(f"slot {report.slot}, {len(report.sent)} sent, {len(report.copied)} copied, {report.packed} bytes, "
                   f"{report.attempts} attempt(s), {report.stages}")  # fmt: skip
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
        self.shop.seats.mark(
            self.seat, flashing=True
        )  # an RP2 shows a drive meanwhile, which is nobody else's
        try:
            done = flash.flash(target, {image.facts.chip: image}, Wishes(), self._tell)
        finally:
            self.shop.seats.mark(self.seat, flashing=False)
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

    def _follow(self) -> str:
        """The present name of the board's port, "" while it is away. LinkError when it stays away."""
        self._check_stop()
        name = ports.same(self.seat.found)
        if name:
            self._away = 0.0
            if name != self.slot.port:
                self.shop.moved(self.seat, name)  # the watch will see it, too
            return name
        self._away = self._away or time.monotonic()
        if time.monotonic() - self._away > AWAY_S:
            raise trouble.pulled(self.slot.port)
        return ""
