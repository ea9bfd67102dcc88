"""The bundle as a file: a zip of one slot, a manifest that vouches for every byte of it (format: docs/bundle.md)."""

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from yigan import places
from yigan.errors import ConfigError, VerifyError
from yigan.lang import t

OUTSIDE = ("boot.py",)  # carried along, but no part of a slot: the launcher lives beside the slots
NEEDED = ("boot.py", "main.py", "config.json", "points.bin", "manifest")
_DATE = (1980, 1, 1, 0, 0, 0)  # zip's first day: the same input gives the same file
_HEAD = re.compile(r"# yigan 1 (\S+) (\S+) ([0-9a-f]{16})")
_LINE = re.compile(r"([0-9a-f]{64}) (\d+) (\S+)")
_LIMIT = 16 << 20  # no board holds more: a zip that grows beyond is not ours


@dataclass(frozen=True)
class Bundle:
    """`files` by path in the slot, `boot.py` and `manifest` among them; `hash` names the content, not the version."""

    files: dict[str, bytes] = field(repr=False)
    id: str
    version: str
    hash: str

    @property
    def slot(self) -> dict[str, bytes]:
        """What goes into a slot: everything but the launcher."""
        return {name: data for name, data in self.files.items() if name not in OUTSIDE}


def seal(files: dict[str, bytes], pole_id: str, version: str) -> Bundle:
    """Add the manifest: one line a file, and the hash over all lines (and the launcher's) at its head."""
    lines = {name: _line(name, files[name]) for name in sorted(files)}
    digest = _digest(lines)
    body = [line for name, line in lines.items() if name not in OUTSIDE]
    manifest = "\n".join([f"# yigan 1 {pole_id} {version} {digest}", *body, ""]).encode()
    everything = {**files, "manifest": manifest}
    return Bundle({name: everything[name] for name in sorted(everything)}, pole_id, version, digest)


def _line(name: str, data: bytes) -> str:
    return f"{hashlib.sha256(data).hexdigest()} {len(data)} {name}"


def _digest(lines: dict[str, str]) -> str:
    return hashlib.sha256("\n".join(lines[name] for name in sorted(lines)).encode()).hexdigest()[:16]


def write(bundle: Bundle, path: Path | str) -> None:
    """The zip, complete or not at all."""
    path = Path(path)
    draft = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(packed(bundle))
        draft.replace(path)
    except OSError as error:
        what = t("Cannot write the bundle: {e}.", "无法写入固件包：{e}。", e=error.strerror)
        raise ConfigError(what, str(path)) from error


def packed(bundle: Bundle) -> bytes:
    """The bytes of the zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in bundle.files.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def read(path: Path | str) -> Bundle:
    """A bundle file, every byte checked. ConfigError when there is none, VerifyError when it is damaged."""
    path = Path(path)
    where = places.shown(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        what = t("Cannot read the bundle: {e}.", "无法读取固件包：{e}。", e=error.strerror)
        raise ConfigError(what, where, t("Make it with yigan build.", "请用 yigan build 生成。")) from error
    return _verified(_unpacked(raw, where), where)


def _unpacked(raw: bytes, where: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
            if len(set(names)) != len(names) or sum(i.file_size for i in archive.infolist()) > _LIMIT:
                raise _damaged(t("its list of files is wrong", "文件列表有误"), where)
            return {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise _damaged(str(error), where) from error
    except Exception as error:  # zlib.error and what else a broken stream may raise
        if isinstance(error, VerifyError):
            raise
        raise _damaged(str(error), where) from error


def _verified(files: dict[str, bytes], where: str) -> Bundle:
    for name in NEEDED:
        if name not in files:
            raise _damaged(t("{n} is missing", "缺少 {n}", n=name), where)
    text = files["manifest"].decode("utf-8", "replace")
    head, *rest = text.splitlines() or [""]
    found = _HEAD.fullmatch(head)
    rows = [_LINE.fullmatch(line) for line in rest]
    if not found or not all(rows):
        raise _damaged(t("its manifest is not one", "清单格式不对"), where)
    lines = {row[3]: row[0] for row in rows if row}
    if len(lines) != len(rows):
        raise _damaged(t("a file is listed twice", "有文件被列了两次"), where)
    for name, data in files.items():
        if name in OUTSIDE:
            lines[name] = _line(name, data)
        elif name != "manifest" and lines.get(name) != _line(name, data):
            raise _damaged(t("{n} is not what the manifest says", "{n} 与清单不符", n=name), where)
    missing = [name for name in lines if name not in files]
    if missing:
        raise _damaged(t("{n} is missing", "缺少 {n}", n=missing[0]), where)
    if _digest(lines) != found[3]:
        raise _damaged(t("its hash is wrong", "总校验值不符"), where)
    return Bundle({name: files[name] for name in sorted(files)}, found[1], found[2], found[3])


def _damaged(what: str, where: str) -> VerifyError:
    return VerifyError(
        t("The bundle is damaged: {w}.", "固件包已损坏：{w}。", w=what),
        where,
        t("Build it again.", "请重新编译。"),
    )
