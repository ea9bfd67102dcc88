"""Serial ports, who may use them, and where our state lies."""

import getpass
import tempfile

from yigan import home
from yigan.lang import t
from yigan.link import ports
from yigan.link.ports import advice, stray

Row = tuple[str, str, str, str]


def serial_ports() -> list[Row]:
    found = [port for port in ports.every() if port.usb]
    lost = [_stray(one) for one in stray.strays()]
    if found or lost:
        return [_port(port) for port in found] + lost
    what = t("no board is plugged in", "没有插入板子")
    unneeded = t("Not needed for --virtual.", "使用 --virtual 时不需要。")
    return [(t("Serial ports", "串口"), "note", what, f"{unneeded} {advice.nothing()}")]


def _port(port: ports.Found) -> Row:
    about = f"{port.description} [{port.usb}]"
    state = "missing" if not port.usable else "note" if port.holders else "ok"
    return port.device, state, about, advice.port(port)


def _stray(one: stray.Stray) -> Row:
    """Its driver is missing, or it waits for MicroPython: a note, for another board may do."""
    return f"USB {one.location}", "note", f"{one.name} [{one.usb}]", one.says


def group() -> list[Row]:
    """On Linux: may this user open the ports that will be plugged in?"""
    told = advice.membership()
    if told is None:
        return []
    may, group, hint = told
    name = t("Group for ports", "串口用户组")
    if may:
        return [
            (
                name,
                "ok",
                t("root may open every port", "root 可打开所有串口") if group == "root" else group,
                "",
            )
        ]
    return [(name, "note", t("{u} is not in {g}", "{u} 不在 {g} 组", u=getpass.getuser(), g=group), hint)]


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
