"""This checkout as a zip: what yigan needs to run, without tests and without what was built."""

import io
import zipfile
from pathlib import Path

from yigan import places

_PARTS = ("host_tools/yigan", "firmware", "boards", "poles")
_SINGLE = ("pyproject.toml", "requirements.lock", "LICENSE", "README.md", "README.zh-CN.md")
_NOT = {"__pycache__", "tests", ".mypy_cache", ".pytest_cache"}


def files() -> list[Path]:
    """Paths below the root, sorted."""
    root = places.root()
    found = [root / name for name in _SINGLE if (root / name).is_file()]
    for part in _PARTS:
        found += [p for p in (root / part).rglob("*") if p.is_file() and not _NOT & set(p.relative_to(root).parts)]
    return sorted(p.relative_to(root) for p in found if p.suffix != ".pyc")


def packed() -> bytes:
    """The zip; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files():
            info = zipfile.ZipInfo(path.as_posix(), (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, (places.root() / path).read_bytes())
    return buffer.getvalue()
