"""Flashing a 1.6 MB image: `yigan flash` against plain `esptool write-flash`, each on a bare virtual board.

The board's line runs at 460800 baud both ways and its flash takes the times of a W25Q32; both tools are started as
a technician starts them, and both verify. Both are given the same speed: esptool alone would take 115200.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import ROOT, Row
from yigan.twin.rom import factory
from yigan.twin.virtual import VirtualBoard

_SIZE = 1_600_000
_BAUD = "460800"
_BAR = "<= 1.05"  # ours / peer, of the medians


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        ours, peers = [], []
        for turn in range(2):  # turn about, so that the machine's mood hits both
            ours.append(bench.ours(turn))
            peers.append(bench.peer(turn))
        again = bench.again()
    best, peer = min(ours), min(peers)
    yield Row(f"flash: {_SIZE / 1e6:.1f} MB, compared with esptool {bench.version}", best / peer, 1.0, "x its time", _BAR)
    yield Row("flash: seconds", best, peer, "s")
    yield Row("flash: an image that is there already", again, peer, "s")


class Bench:
    """One image, one store, a fresh bare board for every run."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.image = folder / "ESP32_GENERIC-20250911-v1.26.1.bin"
        self.image.write_bytes(factory.esp_firmware("esp32", size=_SIZE))
        self.env = {**os.environ, "YIGAN_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT / "host_tools")}
        self._run("yigan.cli", "images", "add", str(self.image))
        from esptool import __version__

        self.version = __version__

    def ours(self, turn: int) -> float:
        words = ("flash", "--image", "ESP32_GENERIC", "--baud", _BAUD)
        return self._on_a_bare_board(f"ours{turn}", lambda port: self._run("yigan.cli", *words, "--port", port))

    def peer(self, turn: int) -> float:
        words = ("--baud", _BAUD, "write-flash", "0x1000", str(self.image))
        return self._on_a_bare_board(f"peer{turn}", lambda port: self._run("esptool", "--port", port, *words))

    def again(self) -> float:
        words = ("flash", "--image", "ESP32_GENERIC", "--baud", _BAUD)
        return self._on_a_bare_board("ours0", lambda port: self._run("yigan.cli", *words, "--port", port))

    def _on_a_bare_board(self, name: str, flash) -> float:
        with VirtualBoard(self.folder / name).start("esp32-devkit", bare=True, latency=1, baud=115200) as board:
            board.reset("download")
            return flash(board.port)

    def _run(self, module: str, *words: str) -> float:
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", module, *words], env=self.env, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(f"{module} {' '.join(words)}: {done.stdout}{done.stderr}")
        return time.monotonic() - began
