"""Serial ports, who may use them, and where our state lies."""

import getpass
import os
import platform
import tempfile

from yigan import home
from yigan.lang import t
from yigan.link import ports

Row = tuple[str, str, str, str]
_GROUPS = ("dialout", "uucp", "plugdev")


def serial_ports() -> list[Row]:
    found = [port for port in ports.every() if port.usb]
    name = t("Serial ports", "串口")
    if not found:
        what = t("no board is plugged in", "没有插入板子")
        hint = t(
            "Not needed for --virtual. A cable that only charges has no data wires.",
            "使用 --virtual 时不需要。仅充电的线没有数据芯线。",
        )
        return [(name, "note", what, hint)]
    return [_port(port) for port in found]


def _port(port: ports.Found) -> Row:
    about = f"{port.description} [{port.usb}]"
    if not port.usable:
        hint = f"sudo usermod -aG {port.group or 'dialout'} $USER"
        return port.device, "missing", t("{a}: you may not open it", "{a}：没有权限", a=about), hint
    if port.holders:
        who = "; ".join(f"{pid} {command}" for pid, command in port.holders)
        return port.device, "note", t("{a}: held by {w}", "{a}：被 {w} 占用", a=about, w=who), ""
    return port.device, "ok", about, ""


def group() -> list[Row]:
    """On Linux: may this user open the ports that will be plugged in?"""
    if platform.system() != "Linux":
        return []
    import grp

    name = t("Group for ports", "串口用户组")
    present = [entry for entry in grp.getgrall() if entry.gr_name in _GROUPS]
    mine = {*os.getgroups(), os.getegid()}
    joined = [entry.gr_name for entry in present if entry.gr_gid in mine]
    if os.geteuid() == 0:
        return [(name, "ok", t("root may open every port", "root 可打开所有串口"), "")]
    if joined:
        return [(name, "ok", ", ".join(joined), "")]
    group = present[0].gr_name if present else "dialout"
    listed = present and getpass.getuser() in present[0].gr_mem
    what = t("{u} is not in {g}", "{u} 不在 {g} 组", u=getpass.getuser(), g=group)
    hint = (
        t("You have joined it: log out and in again.", "已加入该组，请重新登录。")
        if listed
        else t(
            "sudo usermod -aG {g} $USER, then log in again",
            "sudo usermod -aG {g} $USER，然后重新登录",
            g=group,
        )
    )
    return [(name, "note", what, hint)]


def state_folder() -> list[Row]:
    name, folder = t("State folder", "状态目录"), home.folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return [(name, "missing", f"{folder}: {error.strerror}", "export YIGAN_HOME=...")]
    return [(name, "ok", str(folder), "")]


CHECKS = (serial_ports, group, state_folder)
