"""What flashing one board came to."""

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Outcome:
    """`id` is the MAC or the unique id, "" where nobody can say. `backup`: {"file"} or {"why"}, {} when unchanged."""

    chip: str
    id: str
    image: str
    version: str
    sha256: str
    changed: bool
    seconds: float
    verified: str  # how: md5 | flash | drive
    backup: dict = field(default_factory=dict)
    was: str = ""  # the MicroPython that was there, where it could be asked
    log: tuple[str, ...] = field(default=(), repr=False)

    def as_dict(self) -> dict:
        row = asdict(self)
        row.pop("log")
        return row
