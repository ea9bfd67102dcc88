"""The console of a virtual board that runs here, by its pole id: `virtual:demo-0001`."""

from yigan import home, near
from yigan.errors import LinkError
from yigan.lang import t
from yigan.link import serial
from yigan.twin.virtual import VirtualBoard
from yigan.via.console import Console
from yigan.via.way import Way


def running() -> list[str]:
    """Pole ids of the virtual boards that run now."""
    return [pole for pole in home.virtual_ids() if VirtualBoard(home.virtual(pole)).running()]


def connect(pole: str) -> Way:
    board = VirtualBoard(home.virtual(pole))
    if not board.running():
        raise LinkError(
            t("No virtual board plays {p}.", "没有虚拟板在运行 {p}。", p=pole),
            hint=near.hint(pole, running()),
        )
    return Console(serial.open(board.port))
