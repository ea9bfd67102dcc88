"""Bytes as rows of hexadecimal digits and ASCII, laid out as `xxd` does."""

WIDTH = 16


class HexView:
    """Offsets count from the first byte it was fed."""

    def __init__(self) -> None:
        self._at = 0
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The rows that are full now."""
        self._rest += data
        rows = []
        while len(self._rest) >= WIDTH:
            rows.append(self._row(WIDTH))
        return rows

    def flush(self) -> list[str]:
        """What is left as a short row; the next one begins behind it."""
        return [self._row(len(self._rest))] if self._rest else []

    def _row(self, count: int) -> str:
        shown = row(self._at, self._rest[:count])
        self._at += count
        self._rest = self._rest[count:]
        return shown


def row(offset: int, data: bytes) -> str:
    """`00000000: 6865 6c6c 6f                             hello`."""
    pairs = " ".join(data[k : k + 2].hex() for k in range(0, len(data), 2))
    ascii_ = "".join(chr(b) if 0x20 <= b < 0x7F else "." for b in data)
    return f"{offset & 0xFFFFFFFF:08x}: {pairs:39}  {ascii_}"
