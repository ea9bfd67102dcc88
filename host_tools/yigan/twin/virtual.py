"""The remote control of a virtual board, for tests, the demo and the `yigan virtual` verbs."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from yigan import errors
from yigan.errors import LinkError, YiganError
from yigan.lang import current, t

START_S = 20.0
STOP_S = 5.0
_HERE = Path(__file__).resolve().parents[2]  # so that the process finds the same yigan


class VirtualBoard:
    """The board in `folder`: its flash image, its console's log, its port. One process plays it at a time.

    Raises LinkError when the board does not run or does not answer, ConfigError for a name it does not know.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder).resolve()
        self.process: subprocess.Popen | None = None
        self._socket: socket.socket | None = None
        self._got = b""
        self._about: dict = {}

    # Its process

    def start(
        self,
        profile: str = "esp32-devkit",
        pole: str | Path | None = None,
        clock: str = "real",
        *,
        wiring: list[dict] | None = None,
        latency: float = 1.0,
        baud: int = 115200,
        on: bool = True,
        bare: bool = False,
        detach: bool = False,
        heap: int = 0,
    ) -> "VirtualBoard":
        """Play it. It ends with this object's process, unless `detach`ed.

        `bare`: a new chip comes without MicroPython, which `yigan flash` puts there.
        `latency` scales flash and radio times (0: none); `baud` is the console's, 0: as fast as it is read.
        `heap`: bytes for the pole in the VM, instead of the profile's.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, "-m", "yigan.twin.board", str(self.folder), "--as", profile, "--clock", clock]
        words += ["--latency", str(latency), "--baud", str(baud), *(["--off"] if not on else []), *(["--bare"] if bare else [])]
        words += ["--heap", str(heap)] if heap else []
        if pole:
            words += ["--pole", str(Path(pole).resolve())]
        if wiring is not None:
            file = self.folder / "wiring.json"
            file.write_text(json.dumps(wiring))
            words += ["--wiring", str(file)]
        with (self.folder / "board.err").open("wb") as err:
            self.process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=err,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_HERE), os.environ.get("PYTHONPATH", "")])},
            )
        self._ready()
        if not detach:
            self._ask("own")
        return self

    def _ready(self) -> None:
        line = self.process.stdout.readline()
        self.process.stdout.close()
        answer = json.loads(line) if line else {}
        if "port" not in answer:
            self.process.wait()
            if answer:
                raise _error(answer)
            text = (self.folder / "board.err").read_text(errors="replace").strip()
            raise LinkError(t("The virtual board did not start.", "虚拟板未能启动。"), str(self.folder), text[-600:])
        self._about = answer

    def stop(self) -> None:
        """End it, whatever it is doing. Safe when it does not run."""
        with contextlib.suppress(YiganError):
            self._ask("stop")
        if self._socket:
            self._socket.close()
            self._socket = None
        if self.process:
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        else:
            self._end_stranger()
        for name in ("port", "control"):
            (self.folder / name).unlink(missing_ok=True)

    def _end_stranger(self) -> None:
        """Wait for a board that another process started; end it if it does not."""
        deadline = time.monotonic() + STOP_S
        while self.running():
            if time.monotonic() > deadline:
                os.kill(self.pid(), signal.SIGKILL)
                deadline += STOP_S
            time.sleep(0.02)

    def running(self) -> bool:
        """Whether a process plays this folder now: its lock tells, even after a crash."""
        try:
            with (self.folder / "lock").open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def pid(self) -> int:
        """The process that plays it. LinkError when there is none."""
        try:
            return json.loads((self.folder / "lock").read_text())["pid"]
        except (OSError, ValueError, KeyError) as error:
            raise self._not_running() from error

    def __enter__(self) -> "VirtualBoard":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Ways to its console

    @property
    def port(self) -> str:
        """The path to give to pyserial or mpremote."""
        return str(self.folder / "port")

    @property
    def rfc2217(self) -> str:
        """The same with DTR and RTS, wired as on an ESP32 board."""
        return self.about()["rfc2217"]

    @property
    def socket(self) -> str:
        """The same as a plain `socket://`."""
        return self.about()["socket"]

    @property
    def drive(self) -> Path:
        """An RP2's boot drive: a folder that is there while the board waits for a UF2 file."""
        return Path(self.about()["drive"])

    def log(self) -> str:
        """Everything its console has said, over all starts."""
        try:
            return (self.folder / "console.log").read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return ""

    # What somebody at the pole does

    def power(self, on: bool) -> None:
        """The pole's supply."""
        self._ask("power", on)

    def power_cut(self, at_write: int | None = None) -> None:
        """The supply fails: now, or in the middle of the n-th flash write from now."""
        self._ask("power_cut", at_write)

    def reset(self, kind: str = "hard") -> None:
        """"hard" as machine.reset() does, "soft", "power": the reset button, "download": that with BOOT held."""
        self._ask("reset", kind)

    def plug(self, name: str) -> None:
        """Connect a peripheral again, "wifi" (the access point returns) or "ethernet" (its cable)."""
        self._ask("plug", name, True)

    def unplug(self, name: str) -> None:
        """Take away a peripheral, "wifi" or "ethernet"."""
        self._ask("plug", name, False)

    def set(self, name: str, key: str, value: Any) -> None:
        """What the peripheral's surroundings are; "pin:32", "level", 1 drives a pin from outside."""
        self._ask("set", name, key, value)

    def state(self, name: str | None = None) -> dict:
        """What somebody at the pole sees of a peripheral ("pin:25" of a pin); None: of all."""
        return self._ask("state", name)

    def fault(self, name: str, fault: str, on: bool = True) -> None:
        """Let a peripheral fail in a way it knows (its twin's FAULTS), or its line ("line_noise")."""
        self._ask("fault", name, fault, on)

    @property
    def net(self) -> dict[int, int]:
        """Device port -> port on 127.0.0.1, of everything that listens."""
        return {int(port): host for port, host in self._ask("net").items()}

    def redirect(self, host: str, port: int, to_port: int | None) -> None:
        """Let the board's connections to host:port go to a port of 127.0.0.1 (None: nowhere again)."""
        self._ask("redirect", host, port, to_port)

    def advance(self, seconds: float) -> float:
        """With a virtual clock: let time pass; milliseconds since the start."""
        return self._ask("advance", seconds * 1000, patience=600)

    def stats(self) -> dict:
        """Counts: flash writes and wear, CPU seconds of the VM, heap limit, overruns, starts."""
        return self._ask("stats")

    def about(self) -> dict:
        """board, port, rfc2217, socket."""
        return self._about or self._ask("about")

    # The wire to it

    def _ask(self, do: str, *arguments: object, patience: float = 10.0) -> Any:
        if self._socket is None:
            self._connect()
        try:
            self._socket.settimeout(patience)
            self._socket.sendall(json.dumps({"do": do, "with": arguments, "lang": current()}).encode() + b"\n")
            while b"\n" not in self._got:
                data = self._socket.recv(65536)
                if not data:
                    raise ConnectionResetError
                self._got += data
        except OSError as error:
            self._socket.close()
            self._socket = None
            raise self._not_running() from error
        line, _, self._got = self._got.partition(b"\n")
        answer = json.loads(line)
        if "error" in answer:
            raise _error(answer)
        return answer["ok"]

    def _connect(self) -> None:
        self._got = b""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(os.path.realpath(self.folder / "control"))
        except OSError as error:
            connection.close()
            raise self._not_running() from error
        self._socket = connection

    def _not_running(self) -> LinkError:
        return LinkError(
            t("No virtual board answers there.", "该处没有虚拟板应答。"),
            str(self.folder),
            t("Start one: yigan virtual start {f}", "请先启动：yigan virtual start {f}", f=self.folder),
        )


def _error(answer: dict) -> YiganError:
    kind = getattr(errors, answer["error"], YiganError)
    return kind(answer["what"], hint=answer["hint"])
