"""What may pass to the terminal in raw mode: what a line editor needs, nothing that asks, sets or stores.

Passes: text, CR LF BS TAB BEL, cursor movement, erasing, colours, cursor on and off, position reports (which
line editors of other firmware ask for). Everything else is shown. Source: ECMA-48, 5th edition, clause 8.3;
xterm control sequences for what is refused (OSC, DCS, window operations, device attributes).
"""

import codecs
import re

from yigan.terminal import visible

_PASSES = re.compile(r"\x1b(?:\[[0-9;]{0,16}[A-HJ-MPSTX@dfm]|\[\?25[hl]|\[[56]n|[78])\Z")
_WHOLE = re.compile(r"\x1b(?:\[[0-9:;<=>?]*[ -/]*[@-~]|[^\[])")
_OPEN = re.compile(r"\x1b(?:\[[0-9:;<=>?]*[ -/]*)?\Z")
_LONGEST = 32
_PLAIN = "\r\n\b\t\a"
SETTLE = "\x1b[0m\x1b[?25h"  # colours off, cursor on: what the board may have left behind


class Guard:
    """Feed bytes, get text for the terminal; the same text however the bytes were cut."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._open = ""  # an escape sequence that has not ended

    def feed(self, data: bytes) -> str:
        return self._pass(self._open + self._decoder.decode(data))

    def flush(self) -> str:
        """What is still open, shown: no more of it comes."""
        left = self._open + self._decoder.decode(b"", True)
        self._open = ""
        return "".join(map(visible.char, left))

    def _pass(self, text: str) -> str:
        self._open, out, at = "", [], 0
        while at < len(text):
            escape = text.find("\x1b", at)
            end = len(text) if escape < 0 else escape
            out += [c if c in _PLAIN else visible.char(c) for c in text[at:end]]
            if escape < 0:
                break
            if _OPEN.match(text, escape) and len(text) - escape < _LONGEST:
                self._open = text[escape:]
                break
            shown, at = _sequence(text, escape)
            out.append(shown)
        return "".join(out)


def _sequence(text: str, at: int) -> tuple[str, int]:
    """The sequence at `at` as it may appear, and where the next thing begins."""
    whole = _WHOLE.match(text, at)
    found = whole.group() if whole and len(whole.group()) <= _LONGEST else "\x1b"
    if _PASSES.match(found):
        return found, at + len(found)
    return "^[", at + 1  # the rest is text now, without its power
