"""A pole's console for pytest-embedded: what the board says goes to `dut.expect`, what the story asks goes to the board.

pytest-embedded comes with services for ESP-IDF and Arduino; a pole is a board that speaks MicroPython and the
console service protocol, on a real port or on a virtual board's, so it has its own `Dut`.
"""

import contextlib
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from pytest_embedded import Dut

from yigan.link import serial, service

FRAME = re.compile(rb"#y0 \{[^\n]*\}\*[0-9a-f]{4}")
_ANSWER_S = 10


class PoleDut(Dut):
    """A board at a serial port. Its words are read all the time, except while `yigan` has the port."""

    def __init__(self, port: str, **details):
        super().__init__(**details)
        self.port = port
        self._n = 0
        self._take()

    def _take(self) -> None:
        self._line = serial.open_within(self.port, 10)
        self._ended = threading.Event()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(serial.LinkError):  # unplugged, or without power: it may come back
                said = self._line.read(0.1)
                if said:
                    self._q.put(said)
                continue
            self._ended.wait(0.1)

    def _leave(self) -> None:
        self._ended.set()
        self._reader.join()
        self._line.close()

    def close(self) -> None:
        self._leave()
        super().close()

    def write(self, data) -> None:
        self._line.write(data if isinstance(data, bytes) else data.encode())

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """The port is free for somebody else meanwhile."""
        self._leave()
        try:
            yield
        finally:
            self._take()

    def yigan(self, *words: object, code: int = 0) -> str:
        """Run the `yigan` command with the port free; its output, which `expect` sees, too."""
        with self.released():
            command = [sys.executable, "-m", "yigan.cli", *map(str, words)]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        self._q.put(done.stdout)
        assert done.returncode == code, done.stdout
        return done.stdout

    def ask(self, do: str, **details) -> dict | list:
        """One request of the console protocol: the rows of its answer, or the `ok` when it has none."""
        self._n += 1
        self.write(service.encode({"n": self._n, "do": do, **details}))
        rows = []
        while True:
            message = service.decode(self.expect(FRAME, timeout=_ANSWER_S).group(0))
            if message is None or message.get("n") != self._n or "do" in message:
                continue  # another's, or our own words from a REPL that echoes: no pole runs there
            if "r" not in message:
                assert "error" not in message, message
                return rows or message["ok"]
            rows.append(message["r"])

    def points(self, names: str = "*") -> dict[str, dict]:
        """Name -> row {p, v, u, q, age}."""
        return {row["p"]: row for row in self.ask("get", names=names)}

    def wait(self, what: str, names: str, true, timeout: float = 60) -> dict[str, dict]:
        """Ask until `true(points)`; the points. Fails with `what` otherwise."""
        for _ in range(max(1, int(4 * timeout))):
            found = self.points(names)
            if true(found):
                return found
            time.sleep(0.25)
        pytest.fail(f"{what}: {found}")
