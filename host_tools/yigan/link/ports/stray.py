"""USB devices that are boards, or adapters on boards, and have no port: a driver is missing, or somebody took it.

Linux tells in sysfs. Source: Linux, Documentation/ABI/stable/sysfs-bus-usb; a usb-serial port is `<interface>/ttyUSB0`,
one of cdc_acm `<interface>/tty/ttyACM0`; a program that takes an interface for itself shows as the driver `usbfs`.
"""

from dataclasses import dataclass
from pathlib import Path

from yigan.lang import t
from yigan.link.ports import usb

SYSFS = Path("/sys")
ROOT = Path("/")
_RULES = ("usr/lib/udev/rules.d/85-brltty.rules", "lib/udev/rules.d/85-brltty.rules",
          "usr/lib/udev/rules.d/90-brltty-device.rules", "usr/lib/udev/rules.d/90-brltty-usb-generic.rules")  # fmt: skip
_MODULES = {"1a86": "ch341", "10c4": "cp210x", "0403": "ftdi_sio"}
_BRAILLE = {
    "1a86:7523",
    "10c4:ea60",
    "0403:6001",
}  # in brltty's rules; the first one in those of Ubuntu 22.04
_HUB = "09"


@dataclass(frozen=True)
class Stray:
    """A USB device without a port; `says` what to do."""

    usb: str
    location: str  # "1-1.4"
    name: str
    says: str


def strays(sysfs: Path = SYSFS, root: Path = ROOT) -> list[Stray]:
    """On Linux; elsewhere sysfs is not there, and the list is empty."""
    found = []
    for device in devices(sysfs):
        identity = ident(device)
        kind = usb.kind(identity)
        if kind and not _ports(device) and kind.role != usb.DRIVE:
            found.append(Stray(identity, device.name, kind.name, _why(device, identity, root)))
        elif kind and kind.role == usb.DRIVE:
            found.append(Stray(identity, device.name, kind.name, bootsel()))
    return found


def devices(sysfs: Path = SYSFS) -> list[Path]:
    """Folders of all USB devices but hubs."""
    try:
        entries = sorted((sysfs / "bus/usb/devices").iterdir())
    except OSError:
        return []
    return [p for p in entries if ":" not in p.name and ident(p) and _read(p / "bDeviceClass") != _HUB]


def ident(device: Path) -> str:
    """vid:pid, "" when it is going just now."""
    vendor, product = _read(device / "idVendor"), _read(device / "idProduct")
    return f"{vendor}:{product}" if vendor and product else ""


def title(device: Path) -> str:
    words = f"{_read(device / 'manufacturer')} {_read(device / 'product')}".strip()
    return f"{ident(device)} {words}".strip()


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _ports(device: Path) -> list[Path]:
    return [p for pattern in (":*/ttyUSB*", ":*/tty/tty*") for p in device.glob(f"{device.name}{pattern}")]


def _why(device: Path, identity: str, root: Path) -> str:
    drivers = {driver.resolve().name for driver in device.glob(f"{device.name}:*/driver")}
    if "usbfs" in drivers or (not drivers and identity in _BRAILLE and _has_brltty(root)):
        return brltty()
    if drivers - {"usbfs"}:
        return t(
            "Its driver {d} gave it no port: unplug it, wait a second, plug it in.",
            "驱动 {d} 未生成端口：请拔下，稍等一秒后重新插上。",
            d=", ".join(sorted(drivers)),
        )
    return no_module(identity)


def _has_brltty(root: Path) -> bool:
    return any((root / rule).exists() for rule in _RULES)


def brltty() -> str:
    """Source: brltty, Autostart/Udev/device.rules: it claims generic USB serial chips for Braille displays."""
    return t(
        "brltty, the driver of Braille displays, takes such adapters: sudo apt remove brltty, then plug it in again.",
        "盲文显示器驱动 brltty 占用了这类转接器：请执行 sudo apt remove brltty，然后重新插上。",
    )


def no_module(identity: str) -> str:
    module = _MODULES.get(identity[:4], "cdc_acm")
    return t(
        "The kernel gives it no port: sudo modprobe {m} (Debian and Ubuntu: it may be in linux-modules-extra), then "
        "plug it in again.",
        "内核没有为其生成端口：请执行 sudo modprobe {m}（Debian/Ubuntu 可能需要 linux-modules-extra），然后重新插上。",
        m=module,
    )


def bootsel() -> str:
    return t(
        "In BOOTSEL: yigan flash writes MicroPython to it. If its drive does not appear, mount it or install picotool.",
        "处于 BOOTSEL：可用 yigan flash 写入 MicroPython。若未出现启动盘，请挂载它或安装 picotool。",
    )
