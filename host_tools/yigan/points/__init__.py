"""The point table: `firmware/points.toml` as dataclasses.

Ids are wire identities (Modbus addresses, LoRaWAN groups). A capability owns one block of ids per instance;
instance 0 is named `lamp.level`, instance 1 `lamp.1.level`.

All limits are in the point's unit (`Decimal`, exact) and scaled (`raw_low`, `raw_high`: integers);
`raw * 10**scale` is the value in `unit`, `decimals` is `-scale`.
"""

from functools import lru_cache
from pathlib import Path

from yigan import places
from yigan.points.model import KINDS, Capability, Point, Report, Table, Value
from yigan.points.reader import ID_LIMIT, RANGES, Reader

__all__ = ["ID_LIMIT", "KINDS", "RANGES", "Capability", "Point", "Report", "Table", "Value", "load"]


def load(path: Path | str | None = None) -> Table:
    """Read and validate the table (default: the checkout's)."""
    found = Path(path) if path else places.firmware() / "points.toml"
    return _load(found, found.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int) -> Table:
    return Reader(path).table()
