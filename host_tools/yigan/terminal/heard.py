"""Bytes from the board become things to show: lines, frames, sentences, rows of hexadecimal digits."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from yigan.decode.nmea import Live
from yigan.lang import t
from yigan.terminal import frame, visible
from yigan.terminal.guard import Guard
from yigan.terminal.hexview import HexView
from yigan.terminal.lines import Line, Splitter

_QUIET_S = 0.25  # after that, a line without its end is shown: a prompt has none
_FRAME_QUIET_S = 1.5  # but not in the middle of a frame, whose rest will come

_SENTENCE = re.compile(rb"\$[A-Z]{2}")  # so begins every NMEA sentence
DECODERS = ("off", "frames", "nmea")  # nmea: frames and sentences


@dataclass
class Settings:
    """What `--options` begin with and commands change."""

    time: str = "off"  # off | relative | iso
    hex: bool = False
    decode: str = "frames"  # one of DECODERS
    pole: bool = True  # lines that are a pole's commands are sent as frames
    raw: bool = False  # every key goes at once
    eol: str = "crlf"
    as_json: bool = False  # lines stay lines under hex


@dataclass(frozen=True)
class Heard:
    """One thing to show. `text` is harmless; `data` is what a frame or sentence carries.

    Kinds: text, partial (no end yet), broken (frame or sentence), nmea, hex, and those of frame.kind.
    """

    at: float
    kind: str
    text: str
    raw: bytes = b""
    data: dict = field(default_factory=dict)


class Sink(Protocol):
    """Who hears it all."""

    def line(self, line: Line) -> None:
        """Every line, however it is shown: for the record."""

    def message(self, message: dict) -> None:
        """Every whole frame, however it is shown: answers are waited for."""

    def show(self, heard: Heard) -> None: ...

    def raw(self, text: str) -> None:
        """Text of raw mode, as it is to appear."""


class Receiver:
    """Shows by `settings`, which may change between two calls."""

    def __init__(self, settings: Settings, sink: Sink):
        self._settings, self._sink = settings, sink
        self._splitter, self._hex, self._guard = Splitter(), HexView(), Guard()
        self._live: Live | None = None
        self._last = 0.0
        self._blank: Line | None = None  # waits: a frame's own line feed before it is nothing to show

    def feed(self, data: bytes, at: float | None = None) -> None:
        self._last = at = time.time() if at is None else at
        found = self._splitter.feed(data, at)
        if self._dumps:
            self._rows(self._hex.feed(data), at)
        elif self._settings.raw:
            self._sink.raw(self._guard.feed(data))
        self._take(found)

    def idle(self, at: float) -> None:
        """Nothing has come; what waits for its end may have waited long enough."""
        patience = _FRAME_QUIET_S if frame.MARK in self._splitter.rest else _QUIET_S
        if at - self._last > patience:
            self.flush()

    def flush(self) -> None:
        """Show what is open: the port went, the mode changes, or the board waits for an answer."""
        self._rows(self._hex.flush(), self._last)
        left = self._guard.flush()
        if left:
            self._sink.raw(left)
        self._take(self._splitter.flush())
        self._gap()

    @property
    def _dumps(self) -> bool:
        return self._settings.hex and not self._settings.as_json

    def _rows(self, rows: list[str], at: float) -> None:
        for row in rows:
            self._sink.show(Heard(at, "hex", row))

    def _take(self, found: list[Line]) -> None:
        hidden = self._dumps or self._settings.raw
        for line in found:
            self._sink.line(line)
            whole = frame.find(line.data)
            if whole and whole.message:
                self._sink.message(whole.message)
            if not hidden:
                self._show(line, whole)

    def _show(self, line: Line, whole: frame.Frame | None) -> None:
        framed = whole is not None and self._settings.decode != "off"
        if framed:
            self._blank = None
        self._gap()
        if not line.data and not self._settings.as_json:
            self._blank = line
        for each in self._read(line, whole) if line.data else ():
            self._sink.show(each)

    def _gap(self) -> None:
        """Show the empty line that was kept back."""
        if self._blank:
            self._sink.show(_text(self._blank, b""))
            self._blank = None

    def _read(self, line: Line, whole: frame.Frame | None) -> Iterator[Heard]:
        if whole and self._settings.decode != "off":
            yield from _frame(whole, line)
        elif self._settings.decode == "nmea" and _SENTENCE.search(line.data):
            yield from self._nmea(line)
        else:
            yield _text(line, line.data)

    def _nmea(self, line: Line) -> Iterator[Heard]:
        self._live = self._live or Live()
        told, refused = self._live.feed(line.data)
        for record in told:
            each = visible.cleaned(record)
            yield Heard(line.at, "nmea", frame.compact(each), line.data, each)  # type: ignore[arg-type]
        if refused in ("bad_checksum", "no_checksum"):
            what = t("broken sentence: ", "损坏的语句：")
            yield Heard(line.at, "broken", what + visible.text(line.data), line.data, {"trouble": refused})
        elif not told:
            yield _text(line, line.data)


def _frame(found: frame.Frame, line: Line) -> Iterator[Heard]:
    if found.before.strip(b"\0 >"):  # not only what a REPL's prompt leaves
        yield _text(line, found.before)
    if found.trouble:
        what = t("broken frame ({w}): ", "损坏的帧（{w}）：", w=found.trouble)
        shown = visible.text(line.data[len(found.before) :])
        yield Heard(line.at, "broken", what + shown, line.data, {"trouble": found.trouble})
    else:
        message = found.message
        yield Heard(line.at, frame.kind(message), frame.text(message), line.data, frame.content(message))


def _text(line: Line, data: bytes) -> Heard:
    return Heard(line.at, "text" if line.ended else "partial", visible.text(data), data)
