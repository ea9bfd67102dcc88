"""What a write would destroy, read out first; only what is neither blank nor about to be written again travels.

A marker beside the backups says that a write has begun and not been verified. While it lies there, what is on the
chip is half of something, and the backup of before is the one to keep.
"""

import hashlib
import json
import time
from pathlib import Path

_BLOCK = 0x10000
_MARKER = "unfinished.json"


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class Backup:
    """Of one chip, in `folder`. `outcome` is what to tell: {"file": ...} or {"why": blank | known | unfinished | off}."""

    def __init__(self, folder: Path, esp, teller):
        self.folder, self.esp, self.teller = folder, esp, teller
        self.outcome: dict = {}

    def keep(self, at: int, new: bytes, known: list[dict], wanted: bool, digest: str = "") -> None:
        """Before `new` is written to `at`; `digest` is the MD5 of what lies there, where that is known already."""
        marker = self.folder / _MARKER
        before = _read(marker)
        if before is not None:
            self.outcome = {**before, "why": "unfinished"}
        elif not wanted:
            self.outcome = {"why": "off"}
        else:
            self.outcome = self._known(at, len(new), known, digest) or {"file": str(self._save(at, new))}
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(marker, json.dumps(self.outcome).encode())

    def verified(self) -> None:
        """The write is done and right."""
        (self.folder / _MARKER).unlink(missing_ok=True)

    def _known(self, at: int, size: int, known: list[dict], digest: str) -> dict | None:
        if (digest or self.esp.flash_md5sum(at, size)) == _md5(b"\xff" * size):
            return {"why": "blank"}
        for image in known:
            if image["at"] == at and self.esp.flash_md5sum(at, image["size"]) == image["md5"]:
                return {"why": "known", "image": image["name"]}
        return None

    def _save(self, at: int, new: bytes) -> Path:
        old = self._read_out(at, new)
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{at:#x}-{_md5(old)[:8]}.bin"
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / name, old)
        return self.folder / name

    def _read_out(self, at: int, new: bytes) -> bytes:
        self.teller.stage_is("backup", len(new))
        old = bytearray()
        while len(old) < len(new):
            start, size = len(old), min(_BLOCK, len(new) - len(old))
            old += self._block(at + start, size, new[start : start + size])
            self.teller.progress(len(old), len(new))
        return bytes(old)

    def _block(self, at: int, size: int, new: bytes) -> bytes:
        digest = self.esp.flash_md5sum(at, size)
        for guess in (b"\xff" * size, new):
            if digest == _md5(guess):
                return guess
        return self.esp.read_flash(at, size)


def _read(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(data)
    draft.replace(path)
