"""A site kit: one zip with images, bundles and tools, for a laptop without network.

    kit.json            every file with its SHA-256; what the images and bundles are
    __main__.py         `python KIT.zip` sets yigan up on a laptop that has only Python
    images/  poles/  bundles/  tools/ (wheels)  source.zip (this checkout)
"""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from yigan import __version__, bundle, conf
from yigan.errors import ConfigError, VerifyError
from yigan.images import Image, store
from yigan.kit import source, wheels
from yigan.lang import t

_LIST = "kit.json"
_DATE = (1980, 1, 1, 0, 0, 0)  # the same content gives the same kit


@dataclass(frozen=True)
class Kit:
    """`about` is kit.json: yigan, platform, images, bundles, tools, missing, files {path: [sha256, size]}."""

    path: Path
    about: dict


def make(path: Path, poles: list[Path], *, images: list[Image] | None = None, tools: bool = True, online: bool = False) -> Kit:
    """Pack it; whole or not at all. Without `images`: all of the store. `online`: wheels may be fetched. ConfigError."""
    chosen = store.every() if images is None else images
    files: dict[str, bytes] = {f"images/{_name(image)}": image.data() for image in chosen}
    bundles = []
    for file in poles:
        built = bundle.read(file) if file.suffix == ".bundle" else bundle.build(conf.load(file))
        files[f"bundles/{built.id}.bundle"] = bundle.packed(built)
        if file.suffix != ".bundle":
            files[f"poles/{file.name}"] = file.read_bytes()
        bundles.append({"pole": built.id, "version": built.version, "hash": built.hash})
    packed, missing = wheels.collect(online) if tools else ({}, [])
    files |= {f"tools/{name}": data for name, data in packed.items()}
    if tools:
        files["source.zip"] = source.packed()
        files["__main__.py"] = (Path(__file__).parent / "standalone" / "__main__.py").read_bytes()
    about = {
        "kit": 1,
        "yigan": __version__,
        "platform": wheels.platform(),
        "images": [image.as_dict() for image in chosen],
        "bundles": bundles,
        "tools": sorted(packed),
        "missing": missing,
        "files": {name: [hashlib.sha256(data).hexdigest(), len(data)] for name, data in sorted(files.items())},
    }
    _write(path, {**files, _LIST: json.dumps(about, indent=1, ensure_ascii=False).encode()})
    return Kit(path, about)


def _name(image: Image) -> str:
    """The name it came with, made unique: the build is read from it on the other side."""
    stem, _, suffix = image.file.rpartition(".")
    return f"{stem}.{image.sha256[:8]}.{suffix}"


def _write(path: Path, files: dict[str, bytes]) -> None:
    draft = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in sorted(files.items()):
                info = zipfile.ZipInfo(name, _DATE)
                stored = name.endswith((".whl", ".zip", ".bundle"))
                info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                archive.writestr(info, data)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigError(t("Cannot write the kit: {e}.", "无法写入工具包：{e}。", e=error.strerror), str(path)) from error


def verify(path: Path) -> Kit:
    """Every byte checked. ConfigError: no such file; VerifyError: damaged."""
    return _read(path)[0]


def _read(path: Path) -> tuple[Kit, dict[str, bytes]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(t("Cannot read the kit: {e}.", "无法读取工具包：{e}。", e=error.strerror), str(path)) from error
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        about = json.loads(files.pop(_LIST))
        wanted = {name: digest for name, (digest, _size) in about["files"].items()}
    except Exception as error:  # noqa: BLE001 - a broken zip raises whatever its stream happens to say
        raise _damaged(path, str(error)) from error
    for name in sorted(set(wanted) | set(files)):
        if name not in files or wanted.get(name) != hashlib.sha256(files[name]).hexdigest():
            raise _damaged(path, name)
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
            raise _damaged(path, name)
    return Kit(path, about), files


def _damaged(path: Path, what: str) -> VerifyError:
    return VerifyError(
        t("The kit is damaged: {w}.", "工具包已损坏：{w}。", w=what), str(path), t("Copy it again.", "请重新拷贝。")
    )


def unpack(path: Path, folder: Path) -> tuple[Kit, list[Image]]:
    """Check it, put its images into the store and the rest into `folder`; (kit, its images)."""
    kit, files = _read(path)
    for name, data in files.items():
        if name != "__main__.py":
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    images = [store.add(folder / name)[0] for name in sorted(files) if name.startswith("images/")]
    return kit, images
