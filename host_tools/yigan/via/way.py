"""What every way to a running pole can do."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType

from yigan import near
from yigan.errors import DeviceError, Refused
from yigan.lang import t

# By code, as pole/protocol/plausibility.py has them
REASONS = ("", "limits", "low", "high", "rate", "stuck", "cross_low", "cross_high", "differs", "table_end")


@dataclass(frozen=True)
class Reading:
    """One point now. `value` is decimal text, `true`/`false`, an enum's code, or None when there is no valid one."""

    name: str
    value: str | None
    unit: str
    quality: str  # a name of pole/quality.py, lower case
    age: int | None  # seconds since it was measured, None for never
    raw: str | None = None  # what the driver said of a calibrated point
    reason: str = ""  # why it is doubted: a word of REASONS


@dataclass(frozen=True)
class Line:
    """One line of the pole's log. `uptime` in seconds, `level` 0 debug to 3 error, `times` it was said."""

    seq: int
    uptime: int
    level: int
    where: str
    text: str
    times: int


class Way:
    """LinkError: the pole does not answer. DeviceError: it refuses. Refused: this way cannot carry that."""

    name = ""  # as the user wrote it

    def identify(self) -> dict:
        """What the pole says of itself; at least `pole`."""
        raise NotImplementedError

    def get(self, names: Iterable[str]) -> list[Reading]:
        """Points by full name, by prefix `lamp.`, or all by `*`, in the order of the table."""
        raise NotImplementedError

    def set(self, name: str, value: str) -> Reading:
        """Ask for a value; the point as it is afterwards."""
        raise NotImplementedError

    def watch(self, names: Iterable[str], every_s: int = 1, for_s: float | None = None) -> Iterator[Reading]:
        """All of them once, then each as it changes, at most every `every_s` seconds; for `for_s` seconds or ever."""
        raise NotImplementedError

    def log(self, since: int = 0) -> list[Line]:
        raise Refused(
            t("This way does not carry the log.", "该连接方式不支持读取日志。"),
            self.name,
            t("Use --via console:PORT.", "请使用 --via console:串口。"),
        )

    def tool(self, name: str, **request: object) -> tuple[dict, list[dict]]:
        """A technician's tool of the pole (firmware/pole/tools): its answer, and the rows before it."""
        raise Refused(
            t("This way does not carry the technician's tools.", "该连接方式不支持现场工具。"),
            self.name,
            t("Use --via console:PORT.", "请使用 --via console:串口。"),
        )

    def close(self) -> None:
        pass

    def __enter__(self) -> "Way":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def chosen(names: Iterable[str], present: Iterable[str], where: str) -> list[str]:
    """The present names that `names` mean, in the order asked for, none twice. DeviceError for an unknown one."""
    present = list(present)
    found: dict[str, None] = {}
    for name in names:
        some = [p for p in present if name in ("*", p) or name.endswith(".") and p.startswith(name)]
        if not some:
            raise unknown(name, present, where)
        found.update(dict.fromkeys(some))
    return list(found)


def unknown(name: str, present: Iterable[str], where: str) -> DeviceError:
    what = t("This pole has no point {n}.", "该灯杆没有测点 {n}。", n=name)
    return DeviceError(what, where, near.hint(name, present), code=5)


def over(started: float, for_s: float | None) -> bool:
    """Whether `for_s` seconds have passed since `started` (time.monotonic)."""
    return for_s is not None and time.monotonic() - started >= for_s


def changes(before: dict[str, Reading], now: Iterable[Reading]) -> Iterator[Reading]:
    """Readings whose value, quality or reason differs from what `before` holds; `before` is brought up to date."""
    for reading in now:
        old = before.get(reading.name)
        if old is None or (old.value, old.quality, old.reason) != (reading.value, reading.quality, reading.reason):
            yield reading
        before[reading.name] = reading
