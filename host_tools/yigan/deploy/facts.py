"""What a board is, from what on_board/probe.py printed; and whether this bundle may go there at all."""

import json
from dataclasses import dataclass

from yigan import boards
from yigan.bundle import Bundle
from yigan.errors import LinkError, Refused
from yigan.lang import t
from yigan.terminal import visible

OLDEST = (1, 24)  # MicroPython: what the firmware's modules need


@dataclass(frozen=True)
class Facts:
    name: str  # "micropython", "circuitpython"
    version: tuple[int, ...]
    mpy: int  # sys.implementation._mpy: format version, sub-version << 8, architecture << 10
    machine: str  # "Generic ESP32 module with ESP32"
    platform: str  # "esp32", "rp2", "linux"
    small_int_bits: int
    free: int  # bytes of heap
    uid: str  # hex, "" when it has none
    block: int  # bytes
    blocks: int
    vacant: int
    root: tuple[str, ...]
    boot_hash: str  # SHA-256 of /boot.py, "" without one
    boot_record: str
    manifests: dict[str, str]  # slot -> first line
    deflate: bool

    @property
    def chip(self) -> str:
        """The chip as MicroPython spells it, `ESP32S3`, or ""."""
        return self.machine.rpartition(" with ")[2] if " with " in self.machine else ""

    def pole(self, slot: str) -> str:
        """The pole id that the manifest of a slot names, or ""."""
        words = self.manifests.get(slot, "").split()
        return visible.clean(words[3]) if words[:3] == ["#", "yigan", "1"] and len(words) > 3 else ""


def parse(printed: bytes, where: str) -> Facts:
    """Facts from the probe's output; stray lines of the board around it do not matter."""
    for line in reversed(printed.decode(errors="replace").splitlines()):
        if line.startswith("{"):
            try:
                return _facts(_harmless(json.loads(line)))
            except (ValueError, KeyError, TypeError):
                continue
    raise LinkError(t("The board did not say what it is.", "板子没有报告自己的信息。"), where)


def _harmless(raw: dict) -> dict:
    """What people will see of it must not command their terminal; files are compared as they are."""
    return {key: value if key.startswith("/") else visible.cleaned(value) for key, value in raw.items()}


def _facts(raw: dict) -> Facts:
    return Facts(
        name=raw["name"],
        version=tuple(raw["version"]),
        mpy=raw["mpy"],
        machine=raw["machine"],
        platform=raw["platform"],
        small_int_bits=raw["maxsize"].bit_length(),
        free=raw["free"],
        uid=raw.get("uid", ""),
        block=raw.get("block", 0),
        blocks=raw.get("blocks", 0),
        vacant=raw.get("vacant", 0),
        root=tuple(raw["root"]),
        boot_hash=raw.get("boot", ""),
        boot_record=raw.get("/boot.rec", ""),
        manifests={slot: raw[f"/{slot}/manifest"] for slot in "ab" if f"/{slot}/manifest" in raw},
        deflate=raw.get("deflate", False),
    )


def admit(facts: Facts, bundle: Bundle, where: str) -> None:
    """Raise Refused unless this board can run this bundle. Nothing has been written yet."""
    for what in (_runtime(facts), _place(facts, bundle), _bytecode(facts, bundle)):
        if what:
            raise Refused(what[0], where, what[1])


def _runtime(facts: Facts) -> tuple[str, str] | None:
    version = ".".join(map(str, facts.version))
    flash = t("Put MicroPython 1.24 or later on it first.", "请先烧写 MicroPython 1.24 或更高版本。")
    if facts.name != "micropython":
        return t(
            "The board runs {n}, not MicroPython.", "板子运行的是 {n}，不是 MicroPython。", n=facts.name
        ), flash
    if facts.version[:2] < OLDEST:
        return t("MicroPython {v} is too old for yigan.", "MicroPython {v} 版本过旧。", v=version), flash
    if not facts.deflate:
        return t(
            "This build of MicroPython has no `deflate`.", "该 MicroPython 固件没有 deflate 模块。"
        ), flash
    if not facts.blocks:
        return t("The board has no file system.", "板子没有文件系统。"), t(
            "Erase its flash and put MicroPython on it anew.", "请擦除闪存并重新烧写 MicroPython。"
        )
    return None


def _place(facts: Facts, bundle: Bundle) -> tuple[str, str] | None:
    """The bundle says which board it was built for: another chip has other pins."""
    config = json.loads(bundle.files["config.json"])
    hint = t(
        "Build the bundle for this board, or plug in the right one.", "请为该板重新编译，或更换正确的板子。"
    )
    board, port = config.get("board", ""), config.get("port", "")
    if port and facts.platform != port:
        return _misfit(board, facts), hint
    chip = boards.load(board).chip if board in boards.names() else ""
    if chip and facts.chip and _plain(chip) != _plain(facts.chip):
        return _misfit(board, facts), hint
    return None


def _misfit(board: str, facts: Facts) -> str:
    return t(
        "The bundle is for {b}; this is {m}.",
        "固件包用于 {b}，而这块板是 {m}。",
        b=board,
        m=facts.machine or facts.platform,
    )


def _plain(chip: str) -> str:
    return chip.lower().replace("-", "").replace("_", "")


def _bytecode(facts: Facts, bundle: Bundle) -> tuple[str, str] | None:
    """Source: MicroPython documentation, "MicroPython .mpy files": M, version, flags with architecture, int bits."""
    hint = t("Build it with the mpy-cross of the board's version.", "请使用与板上版本一致的 mpy-cross 编译。")
    for path, data in bundle.files.items():
        if not path.endswith(".mpy"):
            continue
        native = data[2] >> 2 & 15
        fits = data[1] == facts.mpy & 0xFF and data[3] <= facts.small_int_bits
        if native and (native != facts.mpy >> 10 or data[2] & 3 != facts.mpy >> 8 & 3):
            fits = False
        if data[:1] != b"M" or not fits:
            return t(
                "{p} is bytecode version {v}.{a}; the board runs {w}.{b}.",
                "{p} 的字节码版本为 {v}.{a}，板子支持 {w}.{b}。",
                p=path,
                v=data[1],
                a=native,
                w=facts.mpy & 0xFF,
                b=facts.mpy >> 10,
            ), hint
    return None
