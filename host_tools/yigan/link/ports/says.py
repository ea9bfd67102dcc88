"""One sentence of what to do, for each thing that can be at a port."""

from dataclasses import replace

from yigan.errors import YiganError
from yigan.lang import t
from yigan.link import holder
from yigan.link.ports import advice, chip
from yigan.link.ports.identity import Identity


def told(found: Identity) -> Identity:
    return replace(found, says=_SAYS[found.kind](found))


def held(found: Identity, holders: list[holder.Holder]) -> Identity:
    who = "; ".join(f"{pid} {command}" for pid, command in holders)
    return replace(
        found, says=t("Held by {w}: close it and ask again.", "被 {w} 占用：请关闭后重试。", w=who)
    )


def refused(found: Identity, error: YiganError) -> Identity:
    """The port itself refuses: the words of the link say why."""
    hint = advice.busy() if found.kind == "busy" and not holder.of(found.port) else error.hint
    return replace(found, says=f"{error.what} {hint}".strip())


def _pole(found: Identity) -> str:
    return t(
        "It runs, and was not disturbed: yigan watch --port {p}",
        "正在运行，未受打扰：yigan watch --port {p}",
        p=found.port,
    )


def _micropython(found: Identity) -> str:
    if found.restarted:
        again = t(" Its program was interrupted and has been started again.", "其程序被中断，已重新启动。")
    elif found.stopped:
        again = t(" Its program is stopped: press reset to start it.", "其程序已停止：按复位键可重新启动。")
    else:
        again = ""
    if found.pole:
        what = t(
            "It carries pole {p}: yigan up brings it up to date.",
            "已装有灯杆 {p}：可用 yigan up 更新。",
            p=found.pole,
        )
    else:
        what = t(
            "Ready for a pole: yigan up POLE.toml --port {p}",
            "可部署灯杆：yigan up POLE.toml --port {p}",
            p=found.port,
        )
    return what + again


def _loader(found: Identity) -> str:
    flash = f"yigan flash --port {found.port}"
    if found.chip:
        return t(
            "{c} without MicroPython, as far as it tells: {f}",
            "{c}，未发现 MicroPython：{f}",
            c=found.chip,
            f=flash,
        )
    if chip.waits(found.heard):
        return t("A chip in its loader: {f}", "芯片处于下载模式：{f}", f=flash)
    return t(
        "A chip without a program. This way has no reset lines: hold BOOT, tap RESET, release BOOT, then {f}",
        "芯片中没有程序。此连接没有复位线：请按住 BOOT，点按 RESET，松开 BOOT，然后运行 {f}",
        f=flash,
    )


def _drive(found: Identity) -> str:
    return t("In BOOTSEL, waiting for a UF2 file: yigan flash --drive {p}", "处于 BOOTSEL，等待 UF2 文件：yigan flash --drive {p}",
             p=found.port)  # fmt: skip


def _silent(found: Identity) -> str:
    return t(
        "Nothing answers. Is it powered, is this its console? Else hold BOOT, tap RESET, release BOOT and ask again.",
        "没有应答。请确认已上电且这是控制台；否则按住 BOOT，点按 RESET，松开 BOOT 后重试。",
    )


def _garbage(found: Identity) -> str:
    return t(
        "It talks, but neither MicroPython nor a chip's loader answers: another speed, another firmware, or no board. "
        "Unplug it, plug it in and ask again.",
        "有输出，但既不是 MicroPython 也不是芯片下载程序：波特率不同、其他固件，或不是板子。请拔下重新插上后再试。",
    )


_SAYS = {
    "pole": _pole,
    "micropython": _micropython,
    "loader": _loader,
    "drive": _drive,
    "silent": _silent,
    "garbage": _garbage,
}
