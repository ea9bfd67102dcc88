"""The Python packages that yigan needs, as wheels, without network: rebuilt from what is installed here.

A wheel is a zip of what its RECORD lists (PyPA, "Binary distribution format"), and an installed package still has
its RECORD. They fit the same Python and system as ours. `pip download` is asked only when told to.
"""

import base64
import hashlib
import importlib.metadata as metadata
import io
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from yigan.errors import LinkError
from yigan.lang import t

try:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name
except ImportError:  # every pip carries it
    from pip._vendor.packaging.requirements import Requirement
    from pip._vendor.packaging.utils import canonicalize_name

_OWN = "yigan"
_NOT = {"INSTALLER", "REQUESTED", "direct_url.json", "RECORD", "RECORD.jws"}


def platform() -> str:
    """What the wheels are for."""
    return f"python{sys.version_info[0]}.{sys.version_info[1]}-{sysconfig.get_platform()}"


def collect(online: bool = False) -> tuple[dict[str, bytes], list[str]]:
    """(file name -> wheel, names of packages that are not to be had)."""
    if online:
        return _downloaded(), []
    found, missing = {}, []
    for name in needed():
        try:
            file, data = repacked(metadata.distribution(name))
            found[file] = data
        except (metadata.PackageNotFoundError, FileNotFoundError, StopIteration):
            missing.append(name)
    return found, missing


def needed() -> list[str]:
    """Every package that yigan needs at run time, by way of the others; canonical names."""
    seen: set[str] = set()
    todo = _requirements(_OWN)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += _requirements(name)
    return sorted(seen - {_OWN})


def _requirements(name: str) -> list[str]:
    try:
        lines = metadata.distribution(name).requires or []
    except metadata.PackageNotFoundError:
        return []
    rows = [Requirement(line) for line in lines]
    return [canonicalize_name(row.name) for row in rows if row.marker is None or row.marker.evaluate({"extra": ""})]


def repacked(package: metadata.Distribution) -> tuple[str, bytes]:
    """(wheel file name, its bytes) of an installed package."""
    tags = [line.partition(":")[2].strip() for line in (package.read_text("WHEEL") or "").splitlines() if line.startswith("Tag:")]
    parts = [sorted(set(part)) for part in zip(*(tag.split("-") for tag in tags))]
    if len(parts) != 3:
        raise FileNotFoundError("WHEEL")
    name = f"{package.metadata['Name'].replace('-', '_')}-{package.version}"
    info = next(f.parts[0] for f in package.files or [] if f.parts[0].endswith(".dist-info"))
    made = {entry.name for entry in package.entry_points}
    files: dict[str, tuple[bytes, int]] = {}
    for file in package.files or []:
        inside = _inside(file.parts, name, made)
        if inside and not (file.parts[0] == info and file.name in _NOT):
            path = Path(str(file.locate()))
            files[inside] = path.read_bytes(), path.stat().st_mode
    return f"{name}-{'-'.join('.'.join(part) for part in parts)}.whl", _zip(files, info)


def _inside(parts: tuple[str, ...], name: str, made: set[str]) -> str:
    """Where an installed file was in its wheel; "" when it was not there."""
    if "__pycache__" in parts:
        return ""
    if parts[0] != "..":
        return "/".join(parts)
    if parts[-2] in ("bin", "Scripts") and parts[-1].removesuffix(".exe") not in made:
        return f"{name}.data/scripts/{parts[-1]}"
    rest = parts[parts.index("share") :] if "share" in parts else ()
    return f"{name}.data/data/{'/'.join(rest)}" if rest else ""


def _zip(files: dict[str, tuple[bytes, int]], info: str) -> bytes:
    rows = []
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (data, mode) in sorted(files.items()):
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.append(f"{name},sha256={digest},{len(data)}")
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (mode & 0o100755) << 16  # pip asks for a regular file before it makes one executable
            archive.writestr(entry, data)
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD", (1980, 1, 1, 0, 0, 0)), "\n".join([*rows, f"{info}/RECORD,,", ""]))
    return buffer.getvalue()


def _downloaded() -> dict[str, bytes]:
    """The same versions as here, fetched. LinkError."""
    wanted = [f"{name}=={metadata.version(name)}" for name in needed()]
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "-d", folder, *wanted]
        done = subprocess.run(words, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode:
            raise LinkError(
                t("pip could not fetch the tools.", "pip 无法下载工具。"),
                hint=(done.stderr.strip().splitlines() or [""])[-1]
                + "\n"
                + t("Without --online they are taken from this machine.", "去掉 --online 则取自本机。"),
            )
        return {path.name: path.read_bytes() for path in Path(folder).glob("*.whl")}
