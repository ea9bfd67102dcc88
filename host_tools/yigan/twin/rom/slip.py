"""SLIP as the loader speaks it (RFC 1055): C0 ends a frame, C0 becomes DB DC, DB becomes DB DD."""

_END, _ESC = b"\xc0", b"\xdb"
LONGEST = 0x8000  # the stub's blocks are 0x4000: whoever sends more sends no frame


def frame(data: bytes) -> bytes:
    """One frame on the wire."""
    return _END + data.replace(_ESC, b"\xdb\xdd").replace(_END, b"\xdb\xdc") + _END


def plain(data: bytes) -> bytes:
    """A frame's bytes without escapes."""
    return data.replace(b"\xdb\xdc", _END).replace(b"\xdb\xdd", _ESC)


class Frames:
    """Takes bytes in any pieces; what comes before the first C0 is noise."""

    def __init__(self) -> None:
        self._open: bytearray | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes."""
        first, *rest = data.split(_END)
        found = []
        if self._open is not None:
            self._open += first
        for piece in rest:
            if self._open:
                found.append(plain(bytes(self._open)))
            self._open = bytearray(piece)
        if self._open is not None and len(self._open) > 2 * LONGEST:
            self._open = None
        return found
