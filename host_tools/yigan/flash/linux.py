"""A Raspberry Pi (or any Linux with systemd): a pole's bundle into a root file system, running or on an SD card.

    /opt/yigan/slots/<hash>/     the bundle, as it is; one folder a version, the last two are kept
    /opt/yigan/current           -> the slot that runs; replaced by one rename
    /etc/systemd/system/yigan-pole.service, enabled; account by sysusers.d; serial names by udev

Sources: systemd.service(5), systemd.exec(5), sysusers.d(5), udev(7). Nothing is executed: no root is needed when
the folder is ours.
"""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from yigan import bundle as bundles
from yigan.bundle import Bundle
from yigan.errors import ConfigError, Refused
from yigan.lang import t

_HOME = Path("opt/yigan")
_KEPT = 2
_UNIT = Path("etc/systemd/system/yigan-pole.service")
_WANTED = Path("etc/systemd/system/multi-user.target.wants/yigan-pole.service")
NOW = "systemd-sysusers && udevadm control --reload && systemctl daemon-reload && systemctl restart yigan-pole"

_FILES = {
    _UNIT: """\
[Unit]
Description=Smart pole ({pole})
Documentation=file:/opt/yigan/current/manifest
After=network.target systemd-udev-settle.service
StartLimitIntervalSec=0

[Service]
User=yigan
WorkingDirectory=/opt/yigan/current
ExecStart=/usr/bin/python3 -u main.py
StateDirectory=yigan
Environment=PYTHONDONTWRITEBYTECODE=1
Restart=always
RestartSec=5
AmbientCapabilities=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes

[Install]
WantedBy=multi-user.target
""",
    Path("etc/sysusers.d/yigan.conf"): """\
u yigan - "Smart pole" /var/lib/yigan
g gpio -
g i2c -
g spi -
m yigan dialout
m yigan gpio
m yigan i2c
m yigan spi
""",
    Path("etc/udev/rules.d/70-yigan.rules"): """\
# The same adapter in the same socket has the same name after every start: /dev/pole/<socket>, and by its own serial
# number /dev/pole/<serial number> where it has one.
SUBSYSTEM=="tty", SUBSYSTEMS=="usb", ENV{{ID_PATH_TAG}}=="?*", SYMLINK+="pole/$env{{ID_PATH_TAG}}"
SUBSYSTEM=="tty", SUBSYSTEMS=="usb", ENV{{ID_SERIAL_SHORT}}=="?*", SYMLINK+="pole/$env{{ID_SERIAL_SHORT}}"
SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="gpio", MODE="0660"
SUBSYSTEM=="i2c-dev", GROUP="i2c", MODE="0660"
SUBSYSTEM=="spidev", GROUP="spi", MODE="0660"
SUBSYSTEM=="pwm", ACTION=="add|change", RUN+="/bin/sh -c 'chgrp -R gpio /sys%p && chmod -R g=u /sys%p'"
""",
    Path("etc/modules-load.d/yigan.conf"): "i2c-dev\nspidev\n",
}


@dataclass(frozen=True)
class Installed:
    """`written`: what was not there or was different, as paths in the root; `was`: the slot that ran before."""

    pole: str
    version: str
    hash: str
    was: str
    written: tuple[str, ...]

    def as_dict(self) -> dict:
        return {**asdict(self), "changed": bool(self.written)}


def install(root: Path, file: Path) -> Installed:
    """Put the bundle into the root; what is there already stays. ConfigError, VerifyError, Refused."""
    found = bundles.read(file)
    _allowed(root, found, file)
    try:
        return _install(root, found)
    except PermissionError as error:
        raise Refused(
            t("You may not write there: {e}.", "没有写入权限：{e}。", e=error.filename),
            str(root),
            t("Run it with sudo.", "请使用 sudo 运行。"),
        ) from error


def _allowed(root: Path, found: Bundle, file: Path) -> None:
    if not root.is_dir():
        raise ConfigError(t("There is no such folder.", "没有这个目录。"), str(root))
    port = json.loads(found.files["config.json"]).get("port")
    if port != "linux":
        raise Refused(
            t("This bundle is for {p} boards, not for Linux. Nothing was written.", "该固件包适用于 {p} 板，不是 Linux。未写入任何内容。", p=port),
            str(file),
        )
    marks = ("etc/os-release", "usr/lib/os-release")
    known = (root / _HOME).exists() or any((root / mark).exists() or (root / mark).is_symlink() for mark in marks)
    if not known and any(root.iterdir()):
        raise Refused(
            t("This does not look like the root of a Linux system. Nothing was written.", "这不像 Linux 系统的根目录。未写入任何内容。"),
            str(root),
            t("On an SD card it is the larger partition, the one with etc and usr.", "SD 卡上应选择较大的分区，即含有 etc 和 usr 的那个。"),
        )


def _install(root: Path, found: Bundle) -> Installed:
    slot = _HOME / "slots" / found.hash
    current = root / _HOME / "current"
    was = os.readlink(current) if current.is_symlink() else ""
    written = [_put(root, slot / name, data) for name, data in found.slot.items()]
    written += [_put(root, path, text.format(pole=found.id).encode()) for path, text in _FILES.items()]
    written.append(_link(root, _WANTED, f"/{_UNIT}"))
    written.append(_link(root, _HOME / "current", f"slots/{found.hash}"))  # last: all it needs is there
    _forget(root / _HOME / "slots", {found.hash, Path(was).name})
    return Installed(found.id, found.version, found.hash, Path(was).name, tuple(filter(None, written)))


def _put(root: Path, path: Path, data: bytes) -> str:
    """Whole or not at all; "" when it is there already."""
    target = root / path
    if target.is_file() and target.read_bytes() == data:
        return ""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".new")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(0o644)
    draft.replace(target)
    return str(path)


def _link(root: Path, path: Path, to: str) -> str:
    target = root / path
    if target.is_symlink() and os.readlink(target) == to:
        return ""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(to)
    draft.replace(target)
    return str(path)


def _forget(slots: Path, needed: set[str]) -> None:
    """Old slots, the newest of them excepted, so that there is always one to go back to."""
    old = sorted((p for p in slots.iterdir() if p.name not in needed), key=lambda p: p.stat().st_mtime, reverse=True)
    for path in old[max(0, _KEPT - len(needed - {""})) :]:
        shutil.rmtree(path, ignore_errors=True)
