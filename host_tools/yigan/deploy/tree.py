"""The files of a slot and one hash over them, computed the same way here and on the board."""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class File:
    size: int
    sha: str  # the first 16 hex digits of its SHA-256: to tell files apart, the tree's hash proves them


@dataclass(frozen=True)
class Tree:
    files: dict[str, File] = field(default_factory=dict)  # by path below the slot
    hash: str = hashlib.sha256().hexdigest()  # that of no files

    @property
    def whole(self) -> bool:
        """What the launcher asks of a slot before it runs it (boot.py)."""
        return "main.py" in self.files and "manifest" in self.files


def manifest(files: dict[str, bytes]) -> bytes:
    """The manifest that the board would make of these files, below the first line of theirs (docs/bundle.md)."""
    head = files.get("manifest", b"").partition(b"\n")[0].decode(errors="replace")
    rows = (
        f"{hashlib.sha256(files[p]).hexdigest()} {len(files[p])} {p}"
        for p in sorted(files)
        if p != "manifest"
    )
    return "\n".join([head, *rows, ""]).encode()


def of(files: dict[str, bytes]) -> Tree:
    """The tree of these contents. The hash: SHA-256 over path, zero byte, SHA-256 of each, in the order of paths."""
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(path.encode() + b"\0" + hashlib.sha256(files[path]).digest())
    found = {path: File(len(data), hashlib.sha256(data).hexdigest()[:16]) for path, data in files.items()}
    return Tree(found, whole.hexdigest())
