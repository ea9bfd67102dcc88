"""Which registers a slave has: known places first, then a window by bisection, then on from what was found.

A slave refuses a request that touches one register it has not, so a refused block is halved until each half answers or is
one register. Blocks lie on even addresses and have even lengths as long as possible: some slaves have pairs only.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from yigan.errors import LinkError, Refused
from yigan.fieldbus import ABSENT, ALONE, GARBLED, Heard
from yigan.lang import t
from yigan.probe.identity import Line

BLOCK = 16
WINDOW = (0x0000, 0x003F)
MOST = 400  # questions: a slow line bears one in 50 ms
_FARTHEST = 128  # registers that a found span is followed beyond its end
_SILENT = 12  # in a row: it keeps silent about what it has not
_ILLEGAL_FUNCTION = 1
_AGAIN = 2

OK, NO, NEVER = "ok", "no", "never"  # it answered; it refused or kept silent; it does not know this function


@dataclass
class Found:
    """What a slave has: (function, register) -> word."""

    words: dict[tuple[int, int], int] = field(default_factory=dict)
    questions: int = 0
    whole: bool = True  # False: the questions ran out before the search was at its end

    def spans(self) -> list[tuple[int, int, int]]:
        """(function, first, last) of each run of readable registers."""
        runs: list[tuple[int, int, int]] = []
        for function, register in sorted(self.words):
            if runs and runs[-1][0] == function and runs[-1][2] == register - 1:
                runs[-1] = (function, runs[-1][1], register)
            else:
                runs.append((function, register, register))
        return runs

    def data(self, function: int, register: int, count: int) -> bytes | None:
        """The bytes of `count` registers; None unless all are there."""
        words = [self.words.get((function, register + k)) for k in range(count)]
        return None if None in words else struct.pack(f">{count}H", *words)


class Search:
    """One slave at `address` of `line`. told(questions, registers found): called now and then."""

    def __init__(
        self,
        line: Line,
        address: int,
        baud: int = 0,
        told: Callable[[int, int], None] = lambda asked, found: None,
        most: int = MOST,
    ):
        self.line, self.address, self.baud, self.told, self.most = line, address, baud, told, most
        self.found = Found()
        self._unknown: set[int] = set()  # functions that it does not know
        self._refused: set[tuple[int, int, int]] = set()
        self._silent = 0
        self._answered = False

    def run(self, known: Iterable[tuple[int, int, int]] = (), window: tuple[int, int] = WINDOW) -> Found:
        """Search; `known`: (function, start, count) that such devices often have.

        LinkError when nobody is there, Refused when several answer at once.
        """
        for function, start, count in known:
            self.read(function, start, count)
        for function in (3, 4):
            self._silent = 0
            first, last = window
            for start in range(first, last + 1, BLOCK):
                self.halve(function, start, min(BLOCK, last + 1 - start))
        self.follow()
        if not self._answered:
            raise self.nobody()
        return self.found

    def read(self, function: int, start: int, count: int) -> str:
        """Ask, and keep what is answered."""
        if function in self._unknown:
            return NEVER
        if all((function, start + k) in self.found.words for k in range(count)):
            return OK
        if (function, start, count) in self._refused:
            return NO
        if self.found.questions >= self.most:
            self.found.whole = False
            return NO
        heard = self.ask(struct.pack(">BHH", function, start, count))
        self.told(self.found.questions, len(self.found.words))
        pdu = heard.pdu
        if heard.state == ALONE and pdu[:2] == bytes((function, 2 * count)) and len(pdu) == 2 + 2 * count:
            words = struct.unpack(f">{count}H", pdu[2:])
            self.found.words.update({(function, start + k): word for k, word in enumerate(words)})
            return OK
        if heard.refused and pdu[1:2] == bytes((_ILLEGAL_FUNCTION,)):
            self._unknown.add(function)
            return NEVER
        self._refused.add((function, start, count))
        return NO

    def ask(self, pdu: bytes) -> Heard:
        """A question, again when the answer was spoilt, or when silence is not its way to refuse."""
        heard = Heard(ABSENT)
        for _ in range(_AGAIN):
            self.found.questions += 1
            heard = self.line.ask(self.address, pdu, self.baud)
            if heard.state == ALONE:
                self._answered, self._silent = True, 0
                return heard
            if heard.state == ABSENT and (self._silent or not self._answered):
                break
        if heard.state == GARBLED:
            raise Refused(
                t(
                    "At address {a} more than one answers, or at another speed.",
                    "地址 {a} 有多个设备同时应答，或波特率不符。",
                    a=self.address,
                ),
                hint=t("Unplug all but one of them, or try --baud.", "请只保留一个设备，或尝试 --baud。"),
            )
        self._silent += 1
        return heard

    def halve(self, function: int, start: int, count: int) -> None:
        """Read a block, or the parts of it that can be read."""
        if self.read(function, start, count) != NO or count == 1:
            return
        if not self._answered or self._silent > _SILENT:
            return  # it would keep silent for minutes
        half = 1
        while 2 * half < count:
            half *= 2
        self.halve(function, start, half)
        self.halve(function, start + half, count - half)

    def follow(self) -> None:
        """On from the end of what was found, in steps that double as long as they answer."""
        for function, _, last in self.found.spans():
            at, step = last + 1, 2
            while step and at + step <= min(0x10000, last + 1 + _FARTHEST):
                if self.read(function, at, step) == OK:
                    at, step = at + step, min(2 * step, 2 * BLOCK)
                else:
                    step //= 2

    def nobody(self) -> LinkError:
        return LinkError(
            t("Nobody answers at address {a}.", "地址 {a} 无应答。", a=self.address),
            hint=t(
                "Is it powered, A to A and B to B? Other speeds: --baud 4800; other addresses: yigan sensor scan.",
                "请检查供电与 A、B 接线；可用 --baud 4800 换波特率，用 yigan sensor scan 查找地址。",
            ),
        )
