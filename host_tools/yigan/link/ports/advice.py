"""What to do when there is no port, or none that may be used: Linux, macOS and Windows, each in its own names.

`platform` is as `sys.platform` has it; the sysfs and /proc of a Linux may lie elsewhere, for tests.
"""

import getpass
import os
import sys
from pathlib import Path

from yigan.lang import t
from yigan.link.ports import stray, usb
from yigan.link.ports.found import Found

PROC = Path("/proc")
GROUPS = ("dialout", "uucp", "plugdev")  # Debian and Red Hat, Arch; last: some rules of old


def nothing(platform: str = sys.platform, sysfs: Path = stray.SYSFS) -> str:
    """No port at all: most often it is the cable."""
    cable = t(
        "A cable that only charges has no data wires: try another one, and another USB socket.",
        "仅充电的线没有数据芯线：请换一根数据线，并换一个 USB 口。",
    )
    if platform == "win32":
        return cable + " " + _windows()
    if platform == "darwin":
        return cable + " " + _macos()
    return cable + _seen(sysfs)


def _windows() -> str:
    return t(
        "A COM port shows in Device Manager under Ports; under Other devices with a yellow mark it lacks its driver: "
        "CH34x (CH341SER from wch-ic.com) or CP210x VCP (from silabs.com).",
        "设备管理器的“端口”下会显示 COM 口；若在“其他设备”下带黄色标记，则缺少驱动："
        "CH34x（wch-ic.com 的 CH341SER）或 CP210x VCP（silabs.com）。",
    )


def _macos() -> str:
    return t(
        "A board shows as /dev/cu.usbmodem*, /dev/cu.usbserial-*, /dev/cu.wchusbserial* (CH34x driver) or "
        "/dev/cu.SLAB_USBtoUART (CP210x driver); macOS may first ask whether the accessory may connect.",
        "板子会显示为 /dev/cu.usbmodem*、/dev/cu.usbserial-*、/dev/cu.wchusbserial*（CH34x 驱动）或 "
        "/dev/cu.SLAB_USBtoUART（CP210x 驱动）；macOS 可能会先询问是否允许连接该配件。",
    )


def _seen(sysfs: Path) -> str:
    others = [stray.title(device) for device in stray.devices(sysfs)]
    if not others:
        return ""
    return " " + t("USB shows only: {d}.", "USB 上只有：{d}。", d="; ".join(others[:4]))


def port(found: Found, platform: str = sys.platform) -> str:
    """What stands in the way of opening it; "" when nothing does."""
    if platform == "darwin" and found.device.startswith("/dev/tty."):
        return t(
            "On macOS take {d}: a /dev/tty.* waits for a carrier that no board gives.",
            "在 macOS 上请使用 {d}：/dev/tty.* 会一直等待载波信号。",
            d=found.device.replace("/dev/tty.", "/dev/cu.", 1),
        )
    if not found.usable:
        return denied(found.group)
    if found.holders:
        who = "; ".join(f"{pid} {command}" for pid, command in found.holders)
        return t("Held by {w}: close it.", "被 {w} 占用：请关闭该程序。", w=who)
    return ""


def role(identity: str) -> str:
    """What its USB identity alone says is to be done; "" when that says nothing."""
    if usb.role(identity) == usb.LOADER:
        return t(
            "A chip in its loader: yigan flash writes MicroPython to it.",
            "芯片处于下载模式：可用 yigan flash 写入 MicroPython。",
        )
    return ""


def denied(group: str = "") -> str:
    """The user may not open it."""
    return t(
        "You may not open it: sudo usermod -aG {g} $USER, then log out and in again.",
        "没有权限打开：请执行 sudo usermod -aG {g} $USER，然后注销并重新登录。",
        g=group or "dialout",
    )


def busy(platform: str = sys.platform, proc: Path = PROC) -> str:
    """Somebody holds it, and we may not see who."""
    if platform == "win32":
        return t(
            "Another program holds it, and Windows does not say which: close terminals and IDEs; Process Explorer "
            "(Find Handle, \\Device\\) names it.",
            "被其他程序占用，Windows 不显示是哪一个：请关闭终端和 IDE；Process Explorer（查找句柄 \\Device\\）可查看。",
        )
    if platform != "darwin" and _runs("ModemManager", proc):
        return t(
            "ModemManager tries every new port for a modem: wait half a minute, or sudo systemctl stop ModemManager.",
            "ModemManager 会把每个新端口当作调制解调器探测：请等待半分钟，或执行 sudo systemctl stop ModemManager。",
        )
    return t(
        "Another program holds it, perhaps another user's: sudo lsof {p} names it.",
        "被其他程序占用，可能属于其他用户：sudo lsof {p} 可查看。",
        p="/dev/cu.*" if platform == "darwin" else "/dev/ttyUSB* /dev/ttyACM*",
    )


def _runs(name: str, proc: Path) -> bool:
    """Whether a program of this name runs, whoever's it is: /proc/PID/comm can be read by all."""
    for path in proc.glob("[0-9]*/comm"):
        try:
            if path.read_text().strip() == name[:15]:
                return True
        except OSError:
            continue
    return False


def membership(platform: str = sys.platform) -> tuple[bool, str, str] | None:
    """On Linux: (may this user open ports that will be plugged in, of which group, what to do); None elsewhere."""
    if platform != "linux":
        return None
    import grp

    if os.geteuid() == 0:
        return True, "root", ""
    present = [entry for entry in grp.getgrall() if entry.gr_name in GROUPS]
    mine = {*os.getgroups(), os.getegid()}
    joined = [entry.gr_name for entry in present if entry.gr_gid in mine]
    if joined:
        return True, ", ".join(joined), ""
    group = present[0].gr_name if present else "dialout"
    if present and getpass.getuser() in present[0].gr_mem:
        return False, group, t("You have joined it: log out and in again.", "已加入该组，请注销并重新登录。")
    return False, group, denied(group)
