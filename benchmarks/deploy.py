"""Deploying the demo pole over a line of 115200 baud: `yigan deploy` against `mpremote fs cp -r` of its sources.

Every run has a virtual ESP32 board whose flash takes a W25Q32's times. The peer copies what a person would who has no
bundle: the sources of the very modules this pole needs, its compiled configuration, the launcher. Both tools are
started as a technician starts them; the physical limit and the eight boards are measured from inside, as the bench
calls it. The limit: compressed bytes of the bundle / line rate, plus the erases and programs that the board counted.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import FIRMWARE, ROOT, Row
from yigan import bundle, conf
from yigan.bundle import Bundle, archive, closure
from yigan.deploy import carry
from yigan.twin.board.flash import ERASE_MS, PROGRAM_MS
from yigan.twin.virtual import VirtualBoard

_BAUD = 115200
_BYTES_S = _BAUD / 10
_GANG = 8
_SETTLE_S = 6.0  # a pole that has just been deployed is up and has confirmed itself


@dataclass
class Took:
    """One deploy: seconds, and the least that the line and the flash could have taken."""

    seconds: float
    limit: float
    sent: int = 0


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        peer_cold, peer_again = bench.peer()
        cold, again, one, most = bench.ours()
        inside = min((bench.inside(f"inside{n}") for n in range(2)), key=lambda took: took.seconds)
        used, gang = bench.inside("used", used=True), min(bench.gang(turn) for turn in range(2))
    yield Row("deploy: cold, of mpremote's time", cold / peer_cold, 1.0, "x", "<= 0.20")
    yield Row("deploy: cold", cold, peer_cold, "s")
    yield Row("deploy: cold, of the physical limit", inside.seconds / inside.limit, 1.0, "x", "<= 1.25")
    yield Row("deploy: cold, where the limit is", inside.seconds, inside.limit, "s")
    yield Row("deploy: one changed module, of mpremote's cold copy", one / peer_cold, 1.0, "x", "<= 0.10")
    yield Row("deploy: one changed module", one, peer_cold, "s")
    yield Row("deploy: the largest module changed, of mpremote's cold copy", most / peer_cold, 1.0, "x", "<= 0.10")
    yield Row("deploy: nothing changed, of mpremote's own check", again / peer_again, 1.0, "x", "<= 1.0")
    yield Row("deploy: nothing changed", again, peer_again, "s")
    yield Row(f"deploy: {_GANG} boards at once, of one", gang / inside.seconds, 1.0, "x", "<= 1.5")
    yield Row("deploy: cold, no block of the flash blank", used.seconds, used.limit, "s")
    yield Row("deploy: compressed bytes", float(inside.sent), float(bench.source_bytes), "B")


class Bench:
    """The demo pole as a bundle and as sources; a fresh board for every run."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.env = {**os.environ, "YIGAN_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT / "host_tools")}
        self.made = bundle.build(conf.load(ROOT / "poles" / "demo.toml"))
        bundle.write(self.made, folder / "demo.bundle")
        bundle.write(changed(self.made, "pole/services/sampler.mpy"), folder / "changed.bundle")
        bundle.write(changed(self.made, largest(self.made)), folder / "largest.bundle")
        self.sources = folder / "sources"
        self.source_bytes = lay_out(self.made, self.sources)

    def peer(self) -> tuple[float, float]:
        """Seconds of a cold copy, and of the same command when nothing has changed."""
        with self._board("peer") as board:
            words = ("connect", board.port, "fs", "cp", "-r", *map(str, sorted(self.sources.iterdir())), ":")
            return self._run("mpremote", *words), min(self._run("mpremote", *words) for _ in range(2))

    def ours(self) -> tuple[float, float, float, float]:
        """Seconds of a cold deploy, of one where nothing has changed, of one changed module, of the largest changed."""
        with self._board("ours") as board:
            cold = self._deploy(board, "demo.bundle")
            again = min(self._deploy(board, "demo.bundle") for _ in range(2))
            one = self._deploy(board, "changed.bundle")
        with self._board("largest") as board:  # its other slot is empty, too
            self._deploy(board, "demo.bundle")
            return cold, again, one, self._deploy(board, "largest.bundle")

    def _deploy(self, board: VirtualBoard, name: str) -> float:
        took = self._run("yigan.cli", "deploy", str(self.folder / name), "--port", board.port)
        time.sleep(_SETTLE_S)
        return took

    def inside(self, name: str, used: bool = False) -> Took:
        """A cold deploy without the start of a process. `used`: every block of the flash was written before."""
        with self._board(name, used) as board:
            return measured(board, self.made)

    def gang(self, turn: int) -> float:
        """Seconds until the last of so many boards has its bundle, all begun together."""
        boards = [self._board(f"gang{turn}-{n}") for n in range(_GANG)]
        try:
            threads = [threading.Thread(target=carry.carry, args=(board.port, self.made)) for board in boards]
            began = time.monotonic()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return time.monotonic() - began
        finally:
            for board in boards:
                board.stop()

    def _board(self, name: str, used: bool = False) -> VirtualBoard:
        board = VirtualBoard(self.folder / name).start(
            "esp32-devkit", latency=0.0 if used else 1.0, baud=0 if used else _BAUD
        )
        time.sleep(1.0)  # it has formatted its flash and waits
        if not used:
            return board
        wear(board)
        board.stop()
        return self._board(name)

    def _run(self, module: str, *words: str) -> float:
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", module, *words], env=self.env, capture_output=True, text=True, timeout=300
        )
        if done.returncode:
            raise RuntimeError(f"{module} {' '.join(words)}: {done.stdout}{done.stderr}")
        return time.monotonic() - began


def measured(board: VirtualBoard, made: Bundle) -> Took:
    before, began = board.stats()["flash"], time.monotonic()
    report = carry.carry(board.port, made)
    seconds, after = time.monotonic() - began, board.stats()["flash"]
    erases, programs = (after[key] - before[key] for key in ("erases", "programs"))
    return Took(
        seconds, report.packed / _BYTES_S + (erases * ERASE_MS + programs * PROGRAM_MS) / 1000, report.packed
    )


def wear(board: VirtualBoard) -> None:
    """Fill the file system and empty it again."""
    from yigan.link import serial
    from yigan.link.rawrepl import RawRepl

    with serial.open(board.port) as port:
        repl = RawRepl(port)
        repl.enter()
        code = "import os\nn=os.statvfs('/')[3]-4\nf=open('/x','wb')\nfor _ in range(n):f.write(b'0'*4096)\nf.close()\nos.remove('/x')"
        repl.exec(code, 60)


def changed(made: Bundle, module: str) -> Bundle:
    """The same with one module that differs."""
    files = {name: data for name, data in made.files.items() if name != "manifest"}
    files[module] += b"\0"  # the loader stops before it
    return archive.seal(files, made.id, made.version)


def largest(made: Bundle) -> str:
    """The file that linking made the longest."""
    return max((name for name in made.files if name.endswith(".mpy")), key=lambda name: len(made.files[name]))


def lay_out(made: Bundle, folder: Path) -> int:
    """The sources of what is in the bundle, as a folder; their size in bytes."""
    shutil.rmtree(folder, ignore_errors=True)
    files = {name: made.files[name] for name in ("boot.py", "main.py", "config.json", "points.bin")}
    modules = closure.modules(closure.roots(json.loads(made.files["config.json"])))
    files |= {path.relative_to(FIRMWARE).as_posix(): path.read_bytes() for path in modules.values()}
    for name, data in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return sum(map(len, files.values()))
