"""Board time as fast as the host can play it: stories whose waiting costs nothing, and that no busy host can disturb.

Only for boards with a virtual clock, and where nothing real (a broker, a TCP peer) keeps time.
"""

import contextlib
import threading
import time

from yigan import bundle
from yigan.conf import Pole
from yigan.deploy.commission import commission
from yigan.errors import YiganError
from yigan.twin.virtual import VirtualBoard

_STEP_S = 0.25


def start(board: VirtualBoard, pole: Pole, file) -> None:
    """Let `board` carry the pole of `file`, then start it with a clock of ours.

    Carrying is for real time: a board waits 15 s for the host's next word, which in quick time are over while a busy
    host still counts what to send.
    """
    with board.start(pole.board, file, latency=0, baud=0):
        commission(board.port, bundle.build(pole), readings_s=0)
    board.start(pole.board, file, clock="virtual")


@contextlib.contextmanager
def passing(board: VirtualBoard):
    """Time passes meanwhile, without anybody saying so. Yields `sleep(seconds)` of board time."""
    ended, own = threading.Event(), VirtualBoard(board.folder)  # its own line to the board

    def play():
        with contextlib.suppress(YiganError):  # the board was stopped
            while not ended.is_set():
                own.advance(_STEP_S)

    def sleep(seconds: float) -> None:
        end = board.stats()["now_ms"] + 1000 * seconds
        while board.stats()["now_ms"] < end:
            time.sleep(0.02)

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    yield sleep
    ended.set()
    thread.join()
