"""Small bundles with the real launcher and an application that says which one it is, and boards to put them on."""

import json
import random

from yigan import places
from yigan.bundle import archive
from yigan.deploy import carry
from yigan.errors import LinkError
from yigan.link import serial

# A pole that answers as far as a test asks: it prints its word over and over.
_MAIN = """
import time
import machine
{extra}
while True:
    print("I am", open("word").read(), end=".\\n")
    time.sleep(0.05)
"""


def bundle(word, modules=6, extra="", size=700, **config):
    """A bundle whose application prints `I am <word>`. Its modules are the same in all; `size` of each in bytes."""
    draw = random.Random(7)
    files = {f"pole/m{k}.py": bytes(draw.randrange(97, 123) for _ in range(size)) for k in range(modules)}
    files["pole/deep/er/empty.py"] = b""
    files["boot.py"] = (places.firmware() / "boot.py").read_bytes()
    files["main.py"] = _MAIN.format(extra=extra).encode()
    files["config.json"] = json.dumps({"board": "esp32-devkit", "port": "esp32", **config}).encode()
    files["points.bin"] = b"\0" * 20
    files["word"] = word.encode()
    return archive.seal(files, "small-0001", "1.0")


def says(board, seconds=8.0):
    """The word of the application that runs on the board, from its console; "" when none does."""
    with serial.open_within(board.port, 5.0) as port:
        port.drain(0.05, 0.3)
        got, waited = b"", 0.0
        while waited < seconds:
            got += port.read(0.1)
            waited += 0.1
            words = [
                line[5:-1] for line in got.split(b"\r\n") if line.startswith(b"I am ") and line.endswith(b".")
            ]
            if words:
                return words[-1].decode()
    return ""


class Cable:
    """A port that is pulled out after so many bytes to the board, and whose bytes may be disturbed."""

    def __init__(self, port, pulled_after=None, noise=0.0, seed=1):
        self._port = port
        self._left = pulled_after
        self._noise = noise
        self._draw = random.Random(seed)
        self.name = port.name
        self.written = 0
        self.disturbed = 0

    def _disturb(self, data):
        out = bytearray()
        for byte in data:
            chance = self._draw.random()
            self.disturbed += chance < self._noise
            if chance < self._noise / 3:
                continue  # lost
            out.append(byte if chance >= self._noise else byte ^ 1 << self._draw.randrange(8))
        return bytes(out)

    def write(self, data):
        if self._left is not None:
            data, self._left = data[: self._left], self._left - len(data)
        self.written += len(data)
        self._port.write(self._disturb(data) if self._noise else data)
        if self._left is not None and self._left <= 0:
            self._port.close()
            raise serial.vanished(self.name, OSError(5, "the cable was pulled"))

    def read(self, timeout_s=0.0):
        data = self._port.read(timeout_s)
        return self._disturb(data) if self._noise else data

    def __getattr__(self, name):
        return getattr(self._port, name)


def pull(monkeypatch, after):
    """From now on each carry loses its cable after `after` bytes, and finds no port again."""
    real, tries = serial.open, []

    def once(name, seconds=0.0, baud=serial.BAUD):
        if tries:
            raise LinkError("no port", name)
        tries.append(name)
        return Cable(real(name, baud), after)

    monkeypatch.setattr(carry.serial, "open_within", once)
    monkeypatch.setattr(carry.time, "sleep", lambda seconds: None)
