"""Ports as rows: facts of the USB, what was answered, and one sentence of what to do."""

from dataclasses import dataclass

from rich import box
from rich.markup import escape
from rich.table import Table

from yigan.lang import t
from yigan.link.ports import Found, Identity, advice, stray, usb

_WORDS = {
    "pole": ("pole, running", "灯杆，运行中", "green"),
    "micropython": ("MicroPython", "MicroPython", "green"),
    "loader": ("bare chip", "裸芯片", "yellow"),
    "drive": ("boot drive", "启动盘", "yellow"),
    "silent": ("silent", "无应答", "red"),
    "garbage": ("not understood", "无法识别", "red"),
    "busy": ("busy", "被占用", "red"),
    "forbidden": ("not permitted", "无权限", "red"),
    "gone": ("not there", "不存在", "red"),
    "portless": ("no port", "无端口", "red"),
    "asking": ("asking ...", "询问中…", "dim"),
    "": ("", "", ""),
}


@dataclass(frozen=True)
class Row:
    """`kind` is an Identity's, "portless" for a USB device without a port, "" for one that was not asked."""

    found: Found
    identity: Identity | None = None
    kind: str = ""
    says: str = ""

    def as_json(self) -> dict:
        found, who = self.found, self.identity or Identity("")
        return {
            "device": found.device, "kind": self.kind, "usb": found.usb, "adapter": usb.name(found.usb),
            "description": found.description, "serial": found.serial, "location": found.location,
            "usable": found.usable, "group": found.group,
            "holders": [{"pid": pid, "command": command} for pid, command in found.holders],
            "chip": who.chip, "revision": who.revision, "uid": who.uid, "micropython": who.micropython,
            "machine": who.machine, "board": who.board, "pole": who.pole, "bundle": who.bundle,
            "version": who.version, "restarted": who.restarted, "says": self.says,
        }  # fmt: skip


def answered(found: Found, who: Identity) -> Row:
    return Row(found, who, who.kind, who.says)


def plain(found: Found) -> Row:
    """By what its USB says alone."""
    hindrance = advice.port(found)
    kind = "" if not hindrance else "forbidden" if not found.usable else "busy" if found.holders else ""
    return Row(found, None, kind, hindrance or advice.role(found.usb))


def unknown(found: Found) -> Row:
    """Not asked, since nothing says that it is a board."""
    says = t("No board that we know: yigan ports {p} asks it all the same.", "不是已知的板子：可用 yigan ports {p} 强制询问。",
             p=found.device)  # fmt: skip
    return Row(found, None, "", says)


def portless(one: stray.Stray) -> Row:
    return Row(
        Found("", usb=one.usb, description=one.name, location=one.location), None, "portless", one.says
    )


def missing(pattern: str) -> Row:
    found = Found(pattern, usable=False)
    says = t(
        "There is no such port; yigan ports shows those that are.",
        "没有这个端口；yigan ports 可列出现有端口。",
    )
    return Row(found, Identity("gone", pattern, says=says), "gone", says)


def table(rows: list[Row]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    titles = (t("port", "端口"), "USB", t("what", "状态"), t("chip", "芯片"), t("id", "标识"), "MicroPython",
              t("pole", "灯杆"), t("bundle", "固件包"))  # fmt: skip
    for at, title in enumerate(titles):
        shown.add_column(title, overflow="fold", no_wrap=at in (2, 3, 4))
    for row in rows:
        who = row.identity or Identity("")
        chip = f"{who.chip} {who.revision}".strip()
        cells = (row.found.device or f"USB {row.found.location}", _usb(row.found), "", chip, who.uid, who.micropython,
                 who.pole, f"{who.version} {who.bundle[:8]}".strip())  # fmt: skip
        shown.add_row(*(word(row.kind) if at == 2 else escape(cell) for at, cell in enumerate(cells)))
    return shown


def _usb(found: Found) -> str:
    return usb.name(found.usb) or found.description or found.usb


def word(kind: str) -> str:
    """In colour, for rich."""
    en, zh, colour = _WORDS[kind]
    return f"[{colour}]{t(en, zh)}[/]" if colour else ""


def line(row: Row) -> str:
    """One line without colour, for a log."""
    who = row.identity or Identity("")
    name = row.found.device or f"USB {row.found.location}"
    words = [
        t(*_WORDS[row.kind][:2]),
        who.chip,
        who.revision,
        who.uid,
        who.micropython,
        who.pole,
        who.version,
    ]
    return f"{name}  {_usb(row.found)}  {' '.join(w for w in words if w)}".rstrip() + (
        f"  {row.says}" if row.says else ""
    )


def sentences(rows: list[Row]) -> list[str]:
    """What to do, a line for each port that has something to do."""
    return [f"{row.found.device or 'USB ' + row.found.location}: {row.says}" for row in rows if row.says]
