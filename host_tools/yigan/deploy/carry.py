"""Carries a bundle to a board: look, decide, fill the other slot, verify, switch. Safe to break off and run again."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from yigan.bundle import Bundle
from yigan.deploy import blocks, facts, paste, plan
from yigan.deploy.facts import Facts
from yigan.deploy.plan import Plan
from yigan.deploy.receiver import Receiver
from yigan.deploy.tree import Tree
from yigan.errors import LinkError, Refused, VerifyError, YiganError
from yigan.lang import t
from yigan.link import serial
from yigan.link.rawrepl import RawRepl

# (stage, done, of so many): "enter", "look", "send", "verify", "switch"
Progress = Callable[[str, int, int], None]
Follow = Callable[[], str]  # the present name of the board's port, "" while it is away
_AGAIN = 2  # times a deploy whose link broke is taken up again by itself


@dataclass
class Report:
    """What a deploy did. Times in seconds, sizes in bytes."""

    slot: str = ""
    sent: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # files that lay in the slot as they must be
    launcher: bool = False  # boot.py was replaced
    changed: bool = False
    packed: int = 0  # compressed bytes that went over the line
    unpacked: int = 0
    resent: int = 0  # messages said more than once
    attempts: int = 1
    port: str = ""  # the name it had in the end
    was: str = ""  # the pole id the board carried before
    uid: str = ""
    machine: str = ""
    micropython: str = ""
    stages: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict:
        return asdict(self)


def carry(
    port: str, bundle: Bundle, progress: Progress | None = None, follow: Follow | None = None, uid: str = ""
) -> Report:
    """Put `bundle` on the board at `port` and reset it; a link that breaks in the middle is taken up again.

    Whatever happens, the board boots what it had or the whole new bundle. `follow` names the port whenever it must
    be opened, since boards with a USB of their own may come back under another name. `uid` (hex): the only board that
    may be touched; another one is Refused.
    """
    report, link = carried(port, bundle, progress, follow, uid)
    link.close()
    return report


def carried(
    port: str, bundle: Bundle, progress: Progress | None = None, follow: Follow | None = None, uid: str = ""
) -> tuple[Report, serial.Port]:
    """As `carry`; the port comes back open, so that not a word of the starting board is lost."""
    report = Report(uid=uid.lower())
    while True:
        # A retry must meet the board of the first try.
        report = Report(attempts=report.attempts + bool(report.port), uid=report.uid)
        link = opened(port, follow, 5.0 if report.attempts > 1 else 0.0)
        try:
            return _Carrier(link, bundle, progress or (lambda *_: None), report).run(), link
        except BaseException as error:
            link.close()
            if not _broke(error, report) or report.attempts > _AGAIN:
                raise
        time.sleep(1.0)


def _broke(error: BaseException, report: Report) -> bool:
    """Whether a link that had been there has gone: else trying again would only make people wait."""
    return isinstance(error, serial.Vanished) or (isinstance(error, LinkError) and "enter" in report.stages)


def preview(port: str, bundle: Bundle, progress: Progress | None = None, uid: str = "") -> Report:
    """What `carry` would do to the board at `port`. Nothing is written; the board goes on with its program."""
    report = Report(uid=uid.lower())
    with serial.open(port) as link:
        return _Carrier(link, bundle, progress or (lambda *_: None), report).look_only()


def opened(port: str, follow: Follow | None, seconds: float) -> serial.Port:
    """The port under its present name; without `follow` the same name. One that does not open gets `seconds`."""
    if follow:
        return serial.open_followed(follow, settle_s=max(seconds, serial.SETTLE_S))
    return serial.open_within(port, seconds)


def same_board(found: str, expected: str, where: str) -> None:
    """Refused when the board says another unique id than the one we were sent to."""
    if expected and found != expected:
        raise Refused(
            t("This is board {f}, expected {e}.", "这是板子 {f}，应为 {e}。", f=found or "?", e=expected),
            where,
            t("Nothing was written to it. Plug in the right one.", "没有写入任何内容。请插入正确的板子。"),
        )


def look(link: serial.Port) -> tuple[RawRepl, Receiver, Facts]:
    """Stop what runs, start the interpreter anew with our receiver, hear what the board is."""
    repl = RawRepl(link)
    made = threading.Thread(target=paste.receiver)  # 40 ms of work, while the board starts anew
    made.start()
    try:
        repl.enter()
    finally:
        made.join()
    repl.start(paste.receiver())
    board = Receiver(link, repl.rest())
    said = board.wait_ready().encode()
    if not said:  # too old a MicroPython, or none: the probe alone runs on any
        repl.enter()
        said = repl.exec(paste.plain("probe"))
    return repl, board, facts.parse(said, link.name)


class _Carrier:
    def __init__(self, link: serial.Port, bundle: Bundle, progress: Progress, report: Report):
        self.link, self.bundle, self.progress, self.report = link, bundle, progress, report
        self._expected = report.uid
        self._began = time.monotonic()

    def run(self) -> Report:
        """All of it, the reset at the end included."""
        return self._do(self._act)

    def look_only(self) -> Report:
        """As far as the decision."""
        return self._do(self._count)

    def _do(self, act: Callable[[Receiver, Plan, Facts], None]) -> Report:
        self.report.port = self.link.name
        repl, board, found = look(self.link)
        self._stage("enter")
        self.report.machine = found.machine
        self.report.micropython = ".".join(map(str, found.version))
        try:
            same_board(found.uid, self._expected, self.link.name)
            self.report.uid = found.uid
            facts.admit(found, self.bundle, self.link.name)
            todo = self._decide(board, found)
            act(board, todo, found)
        except YiganError as error:
            if not isinstance(error, LinkError):  # else there is no way: the receiver gives up by itself
                self._give_back(repl)
            raise
        board.reset()
        self._stage("switch")
        return self.report

    def _stage(self, name: str) -> None:
        now = time.monotonic()
        self.report.stages[name] = round(now - self._began, 3)
        self._began = now

    def _decide(self, board: Receiver, found: Facts) -> Plan:
        self.progress("look", 0, 1)
        record = plan.parse_record(found.boot_record)
        trees = {"a": Tree(), "b": Tree()}
        first, want = record.slot if record else "a", plan.of(self.bundle.slot)
        for slot in (first, "b" if first == "a" else "a"):
            if slot in found.root:
                trees[slot] = board.tree(slot, want)
            if record and trees[slot].hash == want.hash:
                break  # it is there already: the other slot does not matter
        todo = plan.make(self.bundle, found, trees, self.link.name)
        report = self.report
        report.was = found.pole(record.slot if record else plan.safe_slot(None, trees) or "a")
        report.slot, report.sent, report.copied, report.removed = (
            todo.slot,
            todo.sent,
            todo.copied,
            todo.removed,
        )
        report.kept = [
            path for path in self.bundle.slot if path not in {*todo.sent, *todo.copied, "manifest"}
        ]
        report.launcher = any("/boot.py" in entry.line for entry in todo.switch)
        report.changed = bool(todo.fill) or report.launcher or not record or record.slot != todo.slot
        self._stage("look")
        return todo

    def _count(self, board: Receiver, todo: Plan, found: Facts) -> None:
        """How much would go over the line."""
        fill, switch = blocks.cut((todo.fill, todo.switch), blocks.window_bits(found.free), board.room)
        self.report.packed = sum(len(block.packed) for block in fill + switch)
        self.report.unpacked = sum(block.size for block in fill + switch)

    def _act(self, board: Receiver, todo: Plan, found: Facts) -> None:
        bits = blocks.window_bits(found.free)
        fill, switch = blocks.cut((todo.fill, todo.switch), bits, board.room)
        total = sum(len(block.packed) for block in fill + switch)
        if total:
            board.ask("S", str(bits).encode())
        self._stream(board, fill, total)
        self._stage("send")
        if fill:
            self.progress("verify", 0, 1)
            self._verify(board, todo)
        self._stage("verify")
        self._stream(board, switch, total)
        self.report.resent = board.resent

    def _stream(self, board: Receiver, parts: list[blocks.Block], total: int) -> None:
        for block in parts:
            board.ask("B", block.packed, block.size)
            self.report.packed += len(block.packed)
            self.report.unpacked += block.size
            self.progress("send", self.report.packed, total)

    def _verify(self, board: Receiver, todo: Plan) -> None:
        if todo.manifest:
            right = board.seal(todo.slot, todo.manifest)
        else:
            right = board.hash(todo.slot) == todo.tree.hash
        if not right:
            raise VerifyError(
                t("What lies on the board is not what was sent.", "板上内容与发送内容不一致。"),
                f"{self.link.name}:/{todo.slot}",
                t(
                    "Run it again; if it stays so, the flash is worn.",
                    "请重新运行；若仍如此，闪存可能已损坏。",
                ),
            )

    def _give_back(self, repl: RawRepl) -> None:
        """After a refusal or failure the pole goes on with the program we stopped."""
        try:
            repl.enter(soft_reset=False, timeout_s=4.0)
            repl.start("import machine\nmachine.reset()")
            time.sleep(0.1)
        except YiganError:
            pass  # the receiver resets the board itself when it hears nothing
