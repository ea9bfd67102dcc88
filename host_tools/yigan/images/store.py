"""The images of this laptop: each file with what is known of it beside it, both named by the SHA-256."""

import hashlib
import json
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from yigan import home, near
from yigan.errors import ConfigError, Refused, VerifyError
from yigan.images import reader
from yigan.images.reader import Facts
from yigan.lang import t

_SUFFIX = {"esp": ".bin", "uf2": ".uf2"}


@dataclass(frozen=True)
class Image:
    """`name` is what a person calls it: build (or chip) and version. `added` in seconds since 1970."""

    sha256: str
    size: int
    file: str  # as it was called when it came
    added: int
    facts: Facts
    path: Path

    @property
    def name(self) -> str:
        return f"{self.facts.build or self.facts.chip}-v{self.facts.version}"

    def as_dict(self) -> dict:
        row = {"name": self.name, "sha256": self.sha256, "size": self.size, "file": self.file, "added": self.added}
        return {**row, **asdict(self.facts)}

    def data(self) -> bytes:
        """The bytes, proven to be those that were added. VerifyError."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise VerifyError(t("The image is gone from the store: {e}.", "镜像库中的文件丢失：{e}。", e=error.strerror), self.name) from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise VerifyError(
                t("The image in the store has changed since it was added.", "镜像库中的文件与添加时不一致。"),
                self.name,
                t("Remove it and add it again: yigan images remove {n}", "请删除后重新添加：yigan images remove {n}", n=self.sha256[:12]),
            )
        return data


def folder() -> Path:
    return home.folder() / "images"


def add(path: Path) -> tuple[Image, bool]:
    """Check a file and keep a copy; (image, whether it is new here). ConfigError, VerifyError, Refused."""
    data, facts = reader.read(path)
    digest = hashlib.sha256(data).hexdigest()
    present = [image for image in every() if image.sha256 == digest]
    if present:
        try:
            present[0].data()
            return present[0], False
        except VerifyError:
            pass  # ours has rotted: this one takes its place
    where = folder()
    where.mkdir(parents=True, exist_ok=True)
    target = where / (digest + _SUFFIX[facts.kind])
    _write(target, data)
    row = {"size": len(data), "file": path.name, "added": int(time.time()), "facts": asdict(facts)}
    _write(where / f"{digest}.json", json.dumps(row, indent=1).encode())
    return _image(where / f"{digest}.json"), True


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(data)
    draft.replace(path)


def _image(card: Path) -> Image:
    row = json.loads(card.read_text())
    facts = Facts(**row["facts"])
    return Image(card.stem, row["size"], row["file"], row["added"], facts, card.with_suffix(_SUFFIX[facts.kind]))


def every() -> list[Image]:
    """All of them, by build, newest version first."""
    found = []
    for card in folder().glob("*.json"):
        try:
            found.append(_image(card))
        except (OSError, ValueError, KeyError, TypeError):  # half removed, or not ours
            continue
    return sorted(found, key=lambda i: (i.facts.build or i.facts.chip, [-n for n in _order(i.facts.version)]))


def _order(version: str) -> list[int]:
    """1.26.1 -> [1, 26, 1, 1]; a preview comes before its release."""
    numbers = [int(n) for n in re.findall(r"\d+", version.partition("-")[0])][:3]
    return [*numbers, *[0] * (3 - len(numbers)), 0 if "preview" in version else 1]


def find(word: str) -> Image:
    """By name, by file name, or by the beginning of the SHA-256. ConfigError with near names."""
    images = every()
    for test in (
        lambda i: word in (i.name, i.file, i.sha256),
        lambda i: len(word) >= 4 and i.sha256.startswith(word.lower()),
        lambda i: word in (i.facts.build, i.facts.chip),
    ):
        found = [image for image in images if test(image)]
        if found:
            return found[0]  # the newest of a build
    raise ConfigError(
        t("There is no image {n} in the store.", "镜像库中没有 {n}。", n=word),
        hint=near.hint(word, {i.name for i in images}) if images else nothing_hint(),
    )


def nothing_hint() -> str:
    return t("Add one: yigan images add FILE (from micropython.org/download)", "请先添加：yigan images add 文件（可从 micropython.org/download 下载）")


def newest(build: str) -> Image:
    """The newest image of a build. ConfigError when there is none."""
    found = [image for image in every() if image.facts.build == build]
    if found:
        return found[0]
    raise ConfigError(t("There is no image {n} in the store.", "镜像库中没有 {n}。", n=build), hint=nothing_hint())


def for_chip(chip: str) -> Image | None:
    """The newest image for a chip, when only one build is there. Refused when it could be several."""
    found = [image for image in every() if image.facts.chip == chip]
    builds = sorted({image.facts.build for image in found})
    if len(builds) > 1:
        raise Refused(
            t("There are images of several builds for {c}.", "镜像库中有多个适用于 {c} 的版本。", c=chip),
            hint=t("Choose one: --image {b}, or name the board: --board.", "请选择：--image {b}，或用 --board 指定板型。", b=" | ".join(builds)),
        )
    return found[0] if found else None


def verify() -> list[tuple[Image, str]]:
    """Every image with "" or what is wrong with it."""
    rows = []
    for image in every():
        try:
            reader.facts(image.data(), image.file)
            rows.append((image, ""))
        except (VerifyError, Refused) as error:
            rows.append((image, error.what))
    return rows


def remove(word: str) -> Image:
    """Take one away. ConfigError when there is none such."""
    image = find(word)
    image.path.with_suffix(".json").unlink(missing_ok=True)
    image.path.unlink(missing_ok=True)
    return image
