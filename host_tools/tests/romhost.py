"""A chip's loader without a board: its flash in memory, its line a socket that esptool can open."""

import socket
import subprocess
import sys
import threading

import pytest

from yigan.twin.rom import slip
from yigan.twin.rom.chips import ROMS
from yigan.twin.rom.loader import Leave, Loader

MAC = bytes.fromhex("240ac4123456")


class Cells:
    """NOR in memory: erase sets, program only clears."""

    latency = 0

    def __init__(self, size=4 << 20):
        self.size, self.data, self.erased = size, bytearray(b"\xff" * size), 0

    def read(self, at, n):
        if at < 0 or at + n > self.size:
            raise ValueError(at)
        return bytes(self.data[at : at + n])

    def erase(self, at, n):
        self.read(at, n)
        self.erased += n
        self.data[at : at + n] = b"\xff" * n
        return 0.0

    def program(self, at, data):
        old = int.from_bytes(self.read(at, len(data)), "little") & int.from_bytes(data, "little")
        self.data[at : at + len(data)] = old.to_bytes(len(data), "little")
        return 0.0


def chip(name="esp32"):
    return Loader(ROMS[name], Cells(), MAC)


def said(loader, *frames):
    """All bytes that the loader answers to whole frames given without their ends."""
    out = [item for frame in frames for item in loader.feed(slip.frame(frame))]
    return b"".join(item for item in out if isinstance(item, bytes))


class Served:
    """The loader behind `socket://`; `resets` counts how often it was left."""

    def __init__(self, name):
        self.loader, self.resets = chip(name), 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                line, _ = self.server.accept()
            except OSError:
                return
            with line:
                while data := line.recv(65536):
                    for item in self.loader.feed(data):
                        if isinstance(item, bytes):
                            line.sendall(item)
                        elif isinstance(item, Leave):
                            self.resets += 1
                            self.loader.restart()

    def close(self):
        self.server.close()


def esptool(port, *words, timeout=120):
    """Run the real one; (exit code, what it printed)."""
    done = subprocess.run(
        [sys.executable, "-m", "esptool", "--port", port, *map(str, words)], capture_output=True, text=True, timeout=timeout
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def served():
    """`served("esp32c3")`: a loader that esptool can open."""
    made = []

    def start(name):
        made.append(Served(name))
        return made[-1]

    yield start
    for one in made:
        one.close()
