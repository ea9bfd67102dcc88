"""A stream of bytes as lines, the same ones however the stream was cut into reads."""

from dataclasses import dataclass

LONGEST = 4096  # bytes: a board that never ends its line must not fill our memory


@dataclass(frozen=True)
class Line:
    """`data` without its end; `at` when its first byte came; `ended` False for what was cut or is still open."""

    data: bytes
    at: float
    ended: bool = True


class Splitter:
    """Ends are LF, CR LF, CR, and the CR CR LF of boot loaders; a run of CRs with or without LF is one end."""

    def __init__(self, longest: int = LONGEST):
        self._longest = longest
        self._rest = bytearray()
        self._began = 0.0
        self._after_cr = False

    @property
    def rest(self) -> bytes:
        """What has no end yet."""
        return bytes(self._rest)

    def feed(self, data: bytes, at: float = 0.0) -> list[Line]:
        """The lines that end in `data`, which came at time `at`."""
        found: list[Line] = []
        for piece in data.splitlines(keepends=True):  # of bytes: at LF and CR only
            body = piece.rstrip(b"\r\n")
            if body:
                self._add(body, at, found)
            if len(body) < len(piece):
                self._end(piece[len(body) :], at, found)
        return found

    def flush(self) -> list[Line]:
        """The open line as it stands; what comes later begins a new one."""
        left = [Line(self.rest, self._began, False)] if self._rest else []
        self._rest.clear()
        return left

    def _add(self, body: bytes, at: float, found: list[Line]) -> None:
        self._after_cr = False
        if not self._rest:
            self._began = at
        self._rest += body
        while len(self._rest) > self._longest:
            cut = _char_start(self._rest, self._longest)
            found.append(Line(bytes(self._rest[:cut]), self._began, False))
            del self._rest[:cut]
            self._began = at

    def _end(self, end: bytes, at: float, found: list[Line]) -> None:
        """`end` is one end: CR, LF or CR LF."""
        if self._after_cr:  # the rest of an end that has been taken
            self._after_cr = not end.endswith(b"\n")
            return
        self._after_cr = not end.endswith(b"\n")
        found.append(Line(self.rest, self._began if self._rest else at))
        self._rest.clear()


def _char_start(data: bytearray, most: int) -> int:
    """The last place up to `most` that is not inside a UTF-8 character (of four bytes at most)."""
    for back in range(4):
        if data[most - back] & 0xC0 != 0x80:
            return most - back
    return most
