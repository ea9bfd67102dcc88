"""The VM as a child process: its console, its wire and its receive lines are sockets it inherits."""

import ctypes
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from yigan import vm
from yigan.twin.board import shims
from yigan.twin.board.wire import unread

_WRAPPER = "import sys;sys.path.insert(0,sys.argv.pop(1));import micropython_run as m;sys.exit(m.run_main(sys.argv[1:]))"
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, linux/prctl.h


def command() -> list[str]:
    """How to start the VM quickest: a Python without site packages around the wheel's module, or the VM named."""
    spec = None if os.environ.get("YIGAN_MICROPYTHON") else importlib.util.find_spec("micropython_run")
    if spec is None or spec.origin is None:
        return [vm.find()]
    return [sys.executable, "-I", "-S", "-c", _WRAPPER, str(Path(spec.origin).parent), "micropython"]


class Line:
    """One direction into the VM. The host keeps the VM's end too, to see what it has not read yet."""

    def __init__(self, blocking: bool = False):
        self.host, self.guest = socket.socketpair()
        self.host.setblocking(False)
        self.guest.setblocking(blocking)

    def unread(self) -> int:
        """Bytes that the VM has not taken."""
        return unread(self.guest)

    def close(self) -> None:
        self.host.close()
        self.guest.close()


class Machine:
    """A running VM: `console`, `events` and `rx[uart]` are lines into it, `wire` is its requests."""

    def __init__(self, heap: int, folder: Path, flash_fd: int, uarts: tuple[int, ...], settings: dict):
        self.console = Line(blocking=True)
        self.events = Line(blocking=True)
        self.rx = {n: Line() for n in uarts}
        self.wire, guest = socket.socketpair()
        inherited = {"wire": guest, "events": self.events.guest, "flash": flash_fd}
        fds = {name: fd if isinstance(fd, int) else fd.fileno() for name, fd in inherited.items()}
        fds["rx"] = {n: line.guest.fileno() for n, line in self.rx.items()}
        # The VM interns its arguments, and interns nothing over 255 bytes: the rest is told over the wire.
        words = ["-X", f"heapsize={heap}", "-i", str(shims.folder() / "start.py"), json.dumps({**settings, "fds": fds})]
        self.process = subprocess.Popen(
            command() + words,
            stdin=self.console.guest,
            stdout=self.console.guest,
            stderr=self.console.guest,
            pass_fds=[fds["wire"], fds["events"], fds["flash"], *fds["rx"].values()],
            cwd=folder,
            start_new_session=True,
            preexec_fn=_dying(),
            env={"PATH": os.environ.get("PATH", "")},
        )
        guest.close()
        self._accounts = _opened(f"/proc/{self.process.pid}/schedstat")  # read with each piece of input

    def interrupt(self) -> None:
        """What Ctrl-C does to running code."""
        self.process.send_signal(signal.SIGINT)

    def busy_ms(self) -> float:
        """CPU time it has had, milliseconds; 0 where the system does not tell."""
        try:
            return int(os.pread(self._accounts, 64, 0).split()[0]) / 1e6
        except (OSError, IndexError):
            return 0.0

    def asleep(self) -> bool:
        """Whether it waits in the kernel just now."""
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        except OSError:
            return True
        return stat.rpartition(")")[2].split()[0] == "S"

    def kill(self) -> int:
        """End it now, and return its exit status (negative: by that signal)."""
        self.process.kill()
        return self.close()

    def close(self) -> int:
        """Gather a process that has ended or is about to."""
        try:
            status = self.process.wait(2)
        except subprocess.TimeoutExpired:  # it closed its wire and stays: not one of our ends
            self.process.kill()
            status = self.process.wait()
        for line in (self.console, self.events, *self.rx.values()):
            line.close()
        self.wire.close()
        if self._accounts >= 0:
            os.close(self._accounts)
        self._accounts = -1
        return status


def _opened(path: str) -> int:
    """A descriptor to read it by; -1 where there is no such file."""
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return -1


def _dying() -> Callable[[], None] | None:
    """On Linux the VM dies with us, however we die; elsewhere it ends at the end of its console."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_DIE_WITH_PARENT, signal.SIGKILL)
