"""Which serial ports are there, and which of them look like a board."""

import os
from dataclasses import dataclass

from serial.tools import list_ports

from yigan.errors import LinkError
from yigan.lang import t
from yigan.link import holder
from yigan.link.serial import group_of


@dataclass(frozen=True)
class Found:
    """One port. `usb` is vid:pid in hex, "" for a port that is not on USB."""

    device: str
    usb: str
    description: str
    serial: str
    usable: bool  # this user may open it
    group: str
    holders: tuple[tuple[int, str], ...]


def every() -> list[Found]:
    """All of them, USB first."""
    found = [
        Found(
            port.device,
            f"{port.vid:04x}:{port.pid:04x}" if port.vid is not None else "",
            port.description if port.description != "n/a" else "",
            port.serial_number or "",
            os.access(port.device, os.R_OK | os.W_OK) if os.name == "posix" else True,
            group_of(port.device),
            tuple(holder.of(port.device)),
        )
        for port in list_ports.comports()
    ]
    return sorted(found, key=lambda port: (not port.usb, port.device))


def only() -> str:
    """The port of the only board that is plugged in. LinkError when there is none, or more than one."""
    boards = [port.device for port in every() if port.usb]
    if len(boards) == 1:
        return boards[0]
    if boards:
        raise LinkError(
            t("Several boards are plugged in.", "插入了多块板子。"),
            hint=t("Choose one: --port {p}", "请选择：--port {p}", p=" | ".join(boards)),
        )
    raise LinkError(
        t("No board is plugged in.", "没有插入板子。"),
        hint=t(
            "Plug one in (a cable that only charges does not do), name a --port, or play one with --virtual.",
            "请插入板子（仅充电的线不行），或用 --port 指定端口，或用 --virtual 在本机模拟。",
        ),
    )
