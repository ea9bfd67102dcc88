"""Decides, without touching anything, what a board must be told to carry a bundle. Pure.

The slot that could boot now is never written. The other one loses its manifest first and gets it last, so that
the launcher never takes a half-filled slot for a whole one, whatever /boot.rec says. The board makes it itself, of
what its files really hold: it need not travel, and comes out right only when all the rest is.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from yigan.bundle import Bundle
from yigan.deploy.facts import Facts
from yigan.deploy.tree import Tree, manifest, of
from yigan.errors import Refused
from yigan.lang import t

ATTEMPTS = 3  # starts a new slot gets before the launcher goes back
_SPARE_BLOCKS = 6  # littlefs moves its directories when it writes them, and the pole needs a little to run


@dataclass(frozen=True)
class Record:
    """One line for the receiver, and the content that follows an `f`."""

    line: str
    content: bytes = b""


@dataclass
class Plan:
    slot: str  # where the bundle goes, or is already
    tree: Tree  # what must lie there in the end
    fill: list[Record] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    switch: list[Record] = field(default_factory=list)
    manifest: bytes = b""  # to be made by the board when all is filled; b"": it is among `sent`

    @property
    def nothing(self) -> bool:
        return not self.fill and not self.switch


@dataclass(frozen=True)
class BootRecord:
    """The words of /boot.rec, `1 <slot> <ok|try> <attempts left> <previous slot or ->`."""

    slot: str
    state: str
    left: int
    previous: str

    def line(self) -> str:
        return f"1 {self.slot} {self.state} {self.left} {self.previous or '-'}\n"


def parse_record(line: str) -> BootRecord | None:
    words = line.split()
    if len(words) != 5 or words[0] != "1" or words[1] not in ("a", "b") or words[2] not in ("ok", "try"):
        return None
    if not words[3].isdigit() or words[4] not in ("a", "b", "-"):
        return None
    return BootRecord(words[1], words[2], int(words[3]), words[4].strip("-"))


def safe_slot(record: BootRecord | None, trees: dict[str, Tree]) -> str:
    """The slot to fall back to, which must stay as it is; "" when there is none."""
    order = ["a", "b"]
    if record:
        on_trial = record.state == "try"
        order = [record.previous, record.slot] if on_trial else [record.slot, record.previous]
    return next((slot for slot in order if slot and trees[slot].whole), "")


def make(bundle: Bundle, facts: Facts, trees: dict[str, Tree], where: str = "") -> Plan:
    """What to do. Refused when it does not fit."""
    want = of(bundle.slot)
    record = parse_record(facts.boot_record)
    if record and trees[record.slot].hash == want.hash:
        plan = Plan(record.slot, want)
        tired = record.state == "try" and record.left < ATTEMPTS
        plan.switch = _launcher(bundle, facts) + (_switch(record.slot, record.previous) if tired else [])
        return plan
    safe = safe_slot(record, trees)
    if safe and trees[safe].hash == want.hash:  # back to what it came from: that is known to be good
        return Plan(safe, want, switch=_launcher(bundle, facts) + _record(BootRecord(safe, "ok", 0, "")))
    plan = Plan("b" if safe == "a" else "a", want)
    if trees[plan.slot].hash != want.hash:
        _fill(plan, bundle, record, safe, trees)
        _fits(plan, facts, trees[plan.slot], where)
    plan.switch = _launcher(bundle, facts) + _switch(plan.slot, safe)
    return plan


def _fill(plan: Plan, bundle: Bundle, record: BootRecord | None, safe: str, trees: dict[str, Tree]) -> None:
    here, there = trees[plan.slot].files, trees[safe].files if safe else {}
    root = f"/{plan.slot}/"
    if (
        record and safe and record.slot == plan.slot
    ):  # it is on trial: the pole is the old one until we are done
        plan.fill += _record(BootRecord(safe, "ok", 0, ""))
    plan.removed = sorted(path for path in here if path not in bundle.slot)
    if "manifest" in here:
        plan.fill.append(Record(f"x {root}manifest"))
    plan.fill += [Record(f"x {root}{path}") for path in plan.removed]
    plan.fill += [Record(f"d {folder}") for folder in _folders(root, bundle.slot)]
    source = {file.sha: path for path, file in there.items()}
    made = manifest(bundle.slot)
    plan.manifest = made if made == bundle.slot["manifest"] else b""
    for path in sorted(bundle.slot, key=lambda path: (path == "manifest", path)):
        if path == "manifest" and plan.manifest:
            continue
        sha = plan.tree.files[path].sha
        if path in here and here[path].sha == sha and path != "manifest":
            continue
        if sha in source and path != "manifest":
            plan.copied.append(path)
            plan.fill.append(Record(f"c {root}{path} /{safe}/{source[sha]}"))
        else:
            plan.sent.append(path)
            plan.fill.append(_file(root + path, bundle.slot[path]))


def _folders(root: str, paths: dict[str, bytes]) -> Iterator[str]:
    """Each folder before those inside it."""
    found = {root.rstrip("/")}
    for path in paths:
        parts = path.split("/")[:-1]
        found |= {root + "/".join(parts[: n + 1]) for n in range(len(parts))}
    return iter(sorted(found))


def _file(path: str, content: bytes) -> Record:
    return Record(f"f {path} {len(content)}", content)


def _replace(path: str, content: bytes) -> list[Record]:
    """By rename: the old or the new, whenever the power goes."""
    draft = path.rpartition(".")[0] + ".new"
    return [_file(draft, content), Record(f"m {draft} {path}")]


def _launcher(bundle: Bundle, facts: Facts) -> list[Record]:
    boot = bundle.files["boot.py"]
    return [] if facts.boot_hash == hashlib.sha256(boot).hexdigest() else _replace("/boot.py", boot)


def _switch(slot: str, previous: str) -> list[Record]:
    return _record(BootRecord(slot, "try", ATTEMPTS, previous))


def _record(record: BootRecord) -> list[Record]:
    return _replace("/boot.rec", record.line().encode())


def _fits(plan: Plan, facts: Facts, here: Tree, where: str) -> None:
    """Whether the file system holds it, before the first byte is written."""

    def blocks(sizes: list[int]) -> int:
        return sum(-(-size // facts.block) for size in sizes)

    files = plan.tree.files
    written = [files[path].size for path in plan.sent + plan.copied] + [len(plan.manifest)]
    folders = sum(record.line.startswith("d ") for record in plan.fill)
    gone = [here.files[path].size for path in plan.removed + plan.sent + plan.copied if path in here.files]
    new_folders = 0 if here.files else 2 * folders  # littlefs keeps a folder in a pair of blocks
    need = blocks(written) + new_folders + _SPARE_BLOCKS
    have = facts.vacant + blocks(gone)
    if need <= have:
        return
    foreign = [
        name for name in facts.root if name not in ("a", "b", "id", "var", "boot.py", "boot.rec", "boot.new")
    ]
    raise Refused(
        t(
            "The file system is too full: {n} KB are needed, {h} KB are free.",
            "文件系统空间不足：需要 {n} KB，剩余 {h} KB。",
            n=need * facts.block // 1024,
            h=have * facts.block // 1024,
        ),
        where,
        t(
            "Not yigan's and perhaps not needed: {f}.",
            "以下文件不属于 yigan，可考虑删除：{f}。",
            f=", ".join(foreign[:8]),
        )
        if foreign
        else t("The bundle is too large for this board.", "固件包对该板来说过大。"),
    )
