"""What a port turned out to be."""

from dataclasses import asdict, dataclass

KINDS = ("pole", "micropython", "loader", "drive", "silent", "garbage", "busy", "forbidden", "gone")


@dataclass(frozen=True)
class Identity:
    """`kind` is one of KINDS; what is not known is "".

    `uid` in lower-case hex: 12 digits of MAC on the ESP32 family, 16 on RP2. `chip` as boards/*.toml names it
    ("esp32s3"), `revision` as "v3.0". `board` is a pole's own word, `machine` MicroPython's. `pole`, `bundle` and
    `version` of what it runs or carries. `restarted`: a program was interrupted, and started again; `stopped`: it was
    not started again. `says`: one sentence, what to do.
    """

    kind: str
    port: str = ""
    chip: str = ""
    revision: str = ""
    uid: str = ""
    micropython: str = ""
    machine: str = ""
    board: str = ""
    pole: str = ""
    bundle: str = ""
    version: str = ""
    restarted: bool = False
    stopped: bool = False
    heard: str = ""  # the end of what it said unasked
    says: str = ""

    def as_dict(self) -> dict:
        return asdict(self)
