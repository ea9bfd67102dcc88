"""What is plugged in, by the facts of its USB: nothing is opened here."""

import glob
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch

from serial.tools import list_ports

from yigan.link import holder
from yigan.link.serial import group_of

Lister = Callable[[], Iterable]  # gives what pyserial calls ListPortInfo


@dataclass(frozen=True)
class Found:
    """One port, as it is named to who opens it.

    `usb` is vid:pid in hex, "" for a port that is not on USB; `location` the USB path as `1-1.4`, with `:1.0` behind
    it for one interface of several; `target` the device behind a symlink; `among` the pattern that found it.
    `alone`: no other port had its serial number when it was listed.
    """

    device: str
    usb: str = ""
    description: str = ""
    serial: str = ""
    location: str = ""
    usable: bool = True  # this user may open it
    group: str = ""
    holders: tuple[tuple[int, str], ...] = ()
    target: str = ""
    among: str = ""
    alone: bool = True


def every(lister: Lister | None = None, holders: bool = True) -> list[Found]:
    """All ports, USB first. `lister` stands for pyserial's; without `holders` nobody looks who has them open."""
    listed = list((lister or list_ports.comports)())
    often = Counter(map(_number, listed))
    found = [_found(port, often[_number(port)] == 1) for port in listed]
    return sorted(
        _with_holders(found) if holders else found, key=lambda port: (not port.usb, _natural(port.device))
    )


def _found(port, alone: bool) -> Found:
    description = port.description or ""
    return Found(
        port.device,
        usb=f"{port.vid:04x}:{port.pid:04x}" if port.vid is not None else "",
        description=description if description != "n/a" else "",
        serial=port.serial_number or "",
        location=getattr(port, "location", None) or "",
        usable=_usable(port.device),
        group=group_of(port.device),
        target=_real(port.device),
        alone=alone,
    )


def _number(port) -> tuple[str, str]:
    """What should tell it from all others: its serial number, and which of its device's interfaces it is."""
    return plain(port.serial_number or ""), (getattr(port, "location", None) or "").partition(":")[2]


def plain(serial: str) -> str:
    """A serial number as all spell it: an ESP32-S3's own loader writes its MAC with colons, MicroPython without."""
    return re.sub(r"[^0-9a-z]", "", serial.lower())


def _natural(name: str) -> list:
    """COM10 comes after COM9."""
    return [(len(part), part) if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _usable(device: str) -> bool:
    """What has just gone is not forbidden."""
    return os.name != "posix" or not os.path.exists(device) or os.access(device, os.R_OK | os.W_OK)


def _real(device: str) -> str:
    return os.path.realpath(device) if os.name == "posix" else device


def _with_holders(found: list[Found]) -> list[Found]:
    held = holder.of_each([port.target or port.device for port in found])
    return [replace(port, holders=tuple(held.get(port.target or port.device, ()))) for port in found]


def matching(patterns: Sequence[str] = (), lister: Lister | None = None, holders: bool = True) -> list[Found]:
    """Every port that a pattern names, once each; without patterns every USB port.

    A pattern is a URL, a path, a glob of paths, a folder of links, or a name as `COM5` or `ttyUSB*`. A link keeps its
    name, and has the USB facts of what it leads to. What is away is left out.
    """
    listed = every(lister, holders=False)
    named = [port for pattern in patterns for port in _match(pattern, listed)]
    chosen = _once(named) if patterns else [port for port in listed if port.usb]
    return _with_holders(chosen) if holders else chosen


def _once(named: list[Found]) -> list[Found]:
    """The first name of each device: two names of one board are not two boards."""
    seen: dict[str, Found] = {}
    for port in named:
        seen.setdefault(port.target or port.device, port)
    return list(seen.values())


def _match(pattern: str, listed: list[Found]) -> list[Found]:
    if "://" in pattern:
        return [Found(pattern, target=pattern, among=pattern)]
    named = [port for port in listed if _is_named(port.device, pattern)]
    if named:
        return [replace(port, among=pattern) for port in named]
    behind = {port.target: port for port in listed}
    whole = os.path.join(glob.escape(pattern), "*") if os.path.isdir(pattern) else pattern
    if os.path.exists(pattern) and not os.path.isdir(pattern):
        whole = glob.escape(pattern)  # a name may have brackets
    return [
        _linked(path, behind.get(_real(path)), pattern)
        for path in sorted(glob.glob(whole), key=_natural)
        if _is_port(path)
    ]


def _is_named(device: str, pattern: str) -> bool:
    """As the system names it, with or without /dev/; Windows does not care for capitals."""
    if os.sep in pattern or "/" in pattern:
        return fnmatch(device, pattern)
    return fnmatch(os.path.basename(device).lower(), pattern.lower())


def _is_port(path: str) -> bool:
    try:
        return stat.S_ISCHR(os.stat(path).st_mode)
    except OSError:
        return False


def _linked(path: str, behind: Found | None, pattern: str) -> Found:
    if behind:
        return replace(behind, device=path, among=pattern)
    return Found(path, usable=_usable(path), group=group_of(path), target=_real(path), among=pattern)
