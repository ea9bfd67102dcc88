"""One board on the bench, as people see it."""

from dataclasses import asdict, dataclass

STATES = ("found", "working", "passed", "failed", "gone", "idle")


@dataclass
class Slot:
    """`key`: the board's uid once it is known, else the port's name.

    `state`: found (not asked yet, or waiting for its turn), working, passed, failed, gone (unplugged before anything
    came of it), idle (there is nothing to do for it, `what` says why). `port` is "" when it is unplugged.
    `stage`, `done`, `total`: how far the work is. `what`, `hint`, `error` (the error's class): a failure's sentence,
    what to try next; `what` also says what was special about a success. `began`: seconds since 1970; `seconds`: the
    length of the work when it has ended; `work`: its row in the ledger, 0 before there is one.
    """

    key: str
    port: str
    uid: str = ""
    chip: str = ""
    pole: str = ""
    board: str = ""
    state: str = "found"
    stage: str = ""
    done: int = 0
    total: int = 0
    what: str = ""
    hint: str = ""
    error: str = ""
    began: float = 0.0
    seconds: float = 0.0
    work: int = 0

    def as_dict(self) -> dict:
        return asdict(self)
