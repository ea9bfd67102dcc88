"""A night in a minute: a pole that lights alone, on a virtual board whose time is ours, from dusk to dawn.

Its receiver's sky is moved on by half an hours, the pole finds out what time it is, and its lamp must be what its
programme says.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from yigan import bundle, conf
from yigan.deploy import carry
from yigan.deploy.commission import commission
from yigan.errors import VerifyError
from yigan.lang import t
from yigan.plan import Night, Street, street
from yigan.twin.virtual import VirtualBoard

STEP_S = 1800
_HEARD_S = 6  # two epochs of the receiver, a decision and a fade
_BARS = " ▁▂▃▄▅▆▇█"


class Quick:
    """The pole of `pole_file`, one lamp and a receiver `gnss`; its board lives in `folder`."""

    def __init__(self, pole_file: Path, folder: Path):
        self.pole = conf.load(pole_file)
        self.street: Street = street(self.pole)
        self.folder = folder

    def night(self, day: int | None = None) -> Night:
        """Tonight's plan, or another evening's."""
        return self.street.night(self.street.tonight() if day is None else day, 0)

    def play(
        self, progress: carry.Progress | None = None, tell: Callable[[str], None] = lambda line: None
    ) -> str:
        """Live through it; VerifyError where the lamp is not as planned. `tell` gets a line a change."""
        night, board, seen = self.night(), VirtualBoard(self.folder), []
        with board.start(self.pole.board, self.pole.path, latency=0, baud=0):
            commission(board.port, bundle.build(self.pole), progress)
        with board.start(self.pole.board, self.pole.path, clock="virtual", latency=0, baud=0):
            board.advance(3)
            for moment in _moments(night):
                seen.append(self._look(board, night, moment))
                if len(seen) < 2 or seen[-1] != seen[-2]:
                    tell(f"{self.street.local(moment):%H:%M}  {seen[-1]:.0f} %")
        bar = "".join(_BARS[round(level * (len(_BARS) - 1) / 100)] for level in seen)
        first, *_, last = _moments(night)
        return t("{a:%H:%M} [{b}] {z:%H:%M}: {n} looks, all as planned", "{a:%H:%M} [{b}] {z:%H:%M}：查看 {n} 次，均与计划一致",
                 a=self.street.local(first), b=bar, z=self.street.local(last), n=len(seen))  # fmt: skip

    def _look(self, board: VirtualBoard, night: Night, moment: int) -> float:
        """Per cent of light a few seconds after `moment`, as planned."""
        board.set("gnss", "utc", (datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)).isoformat())
        board.advance(_HEARD_S)
        wanted = [c.level for c in night.changes if c.moment <= moment][-1] / 10
        found = board.state("lamp")["level_percent"]
        if abs(found - wanted) > 0.5:
            raise VerifyError(
                t("At {w:%H:%M} the lamp gives {f} %, the programme says {p} %.", "{w:%H:%M} 灯为 {f} %，而策略为 {p} %。",
                  w=self.street.local(moment), f=found, p=wanted)
            )  # fmt: skip
        return found


def _moments(night: Night) -> list[int]:
    """Every half an hour from before the first change until after the last; none so close to a change that it may be under way."""
    changes = [c.moment for c in night.changes[1:]]
    first, last = changes[0] // STEP_S * STEP_S, changes[-1] // STEP_S * STEP_S + STEP_S
    found = range(first - STEP_S, last + STEP_S + 1, STEP_S)
    return [moment + 60 if any(-20 < c - moment < 50 for c in changes) else moment for moment in found]
