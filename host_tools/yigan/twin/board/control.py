"""The board's remote control: a socket in its folder, one JSON object a line, and the process around it."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from yigan import lang
from yigan.errors import LinkError, YiganError
from yigan.lang import t
from yigan.twin.board import chip, heap
from yigan.twin.board.board import DOWNLOAD, HARD, POWER, SOFT, Board, Settings
from yigan.twin.board.faces import Door, Lines, Pty, Rfc2217, Tcp
from yigan.twin.board.wiring import Wired

_TOO_LONG = 100  # a socket's path has room for 104 or 108 bytes


def lock(folder: Path):
    """The open lock file of this board's folder. LinkError when another process plays it."""
    file = (folder / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise LinkError(
            t("A board runs in this folder already.", "该文件夹中已有一块板在运行。"),
            str(folder),
            t("Stop it first: yigan virtual stop {f}", "请先停止：yigan virtual stop {f}", f=folder),
        ) from error
    return file


def serve(options) -> None:
    """Play the board of these command-line options until it is stopped; prints one line when it is ready."""
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    held = lock(folder)
    profile = chip.load(options.profile)
    board = Board(
        replace(profile, heap=options.heap or profile.heap),
        Settings(folder, options.latency, options.baud, options.clock == "virtual"),
    )
    if options.bare:
        board.rom.flash.bare()
    for row in sorted(_wiring(options), key=lambda row: bool(row.on)):  # what others hang on comes first
        board.harness.install(row)
    control = Control(board, folder)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: control.stop())
    wakeup, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno())
    board.loop.watch(wakeup, lambda: wakeup.recv(64))
    held.seek(0)
    held.truncate()
    held.write(json.dumps({"pid": os.getpid(), **control.about()}))
    held.flush()
    try:
        if not options.off:
            board.power(True)
        sys.stdout.write(json.dumps(control.about()) + "\n")
        sys.stdout.flush()
        board.loop.run()
    finally:
        control.close()
        board.close()
        held.truncate(0)


def _wiring(options) -> list[Wired]:
    if options.wiring:
        return [Wired(**row) for row in json.loads(options.wiring.read_text())]
    if options.pole:
        from yigan import conf

        keys = ("kind", "name", "bus_kind", "unit", "line", "pins", "options", "on", "channel")
        return [Wired(**{k: getattr(row, k) for k in keys}) for row in conf.twins(conf.load(options.pole))]
    return []


class Control:
    """Every verb is a method `do_<verb>`; its arguments are the request's `with`."""

    def __init__(self, board: Board, folder: Path):
        self.board, self.folder = board, folder
        self.pty = Pty(board.loop, board.console, folder / "port")
        lines = Lines(lambda download: board.reset("power", download))
        loop, console = board.loop, board.console
        self.rfc2217 = Door(loop, lambda client: Rfc2217(loop, console, client, lines))
        self.tcp = Door(loop, lambda client: Tcp(loop, console, client))
        self._owner: socket.socket | None = None
        self._buffers: dict[socket.socket, bytearray] = {}
        self._listen()

    def _listen(self) -> None:
        link = self.folder / "control"
        link.unlink(missing_ok=True)
        self._short = None
        path = link
        if len(str(link)) > _TOO_LONG:
            self._short = tempfile.mkdtemp(prefix="yigan-")
            path = Path(self._short) / "control"
            link.symlink_to(path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(8)
        self.board.loop.watch(self.listener, self._accept)

    def _accept(self) -> None:
        client, _ = self.listener.accept()
        self._buffers[client] = bytearray()
        self.board.loop.watch(client, lambda: self._readable(client))

    def _readable(self, client: socket.socket) -> None:
        try:
            data = client.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._gone(client)
            return
        buffer = self._buffers[client]
        buffer += data
        while b"\n" in buffer:
            line, _, rest = bytes(buffer).partition(b"\n")
            buffer[:] = rest
            self._answer(client, json.loads(line))

    def _gone(self, client: socket.socket) -> None:
        self.board.loop.unwatch(client)
        client.close()
        del self._buffers[client]
        if client is self._owner:
            self.stop()

    def _answer(self, client: socket.socket, request: dict) -> None:
        do = request["do"]
        lang.choose(request.get("lang"))  # of who asks
        if do == "own":  # the board lives as long as this connection
            self._owner = client
            self._send(client, {"ok": None})
        elif do == "advance":
            self._advance(client, *request["with"])
        else:
            self._send(client, self._do(do, request.get("with", [])))

    def _do(self, do: str, arguments: list) -> dict:
        try:
            return {"ok": getattr(self, f"do_{do}")(*arguments)}
        except YiganError as error:
            return {"error": type(error).__name__, "what": error.what, "hint": error.hint}
        except Exception as error:  # noqa: BLE001 - a twin's own bug must reach the test that provoked it
            return {"error": "YiganError", "what": f"{do}: {type(error).__name__}: {error}", "hint": ""}

    def _advance(self, client: socket.socket, ms: float) -> None:
        if not self.board.loop.virtual:
            self._send(client, {"error": "ConfigError", "what": "the clock is real", "hint": ""})
            return
        self.board.loop.advance(ms, lambda: self._send(client, {"ok": self.board.loop.now_ms()}))

    @staticmethod
    def _send(client: socket.socket, answer: dict) -> None:
        with contextlib.suppress(OSError):
            client.sendall(json.dumps(answer).encode() + b"\n")

    # Verbs

    def about(self) -> dict:
        """Where it can be reached, and what it is."""
        return {
            "board": self.board.chip.board,
            "uid": self.board.uid,
            "port": str(self.pty.link),
            "rfc2217": f"rfc2217://127.0.0.1:{self.rfc2217.port}",
            "socket": f"socket://127.0.0.1:{self.tcp.port}",
            "drive": str(self.board.rom.drive),
        }

    do_about = about

    def do_stop(self) -> None:
        self.board.loop.chore(0, self.stop)

    def do_power(self, on: bool) -> None:
        self.board.power(on)

    def do_power_cut(self, at_write: int | None) -> None:
        if at_write:
            self.board.flash.cut_in = at_write
        else:
            self.board.power(False)

    def do_reset(self, kind: str = HARD) -> None:
        if kind == DOWNLOAD:
            self.board.reset(POWER, True)
            return
        self.board.reset(SOFT if kind == "soft" else "power" if kind == "power" else HARD)

    def do_plug(self, name: str, on: bool) -> None:
        if name == "wifi":
            self.board.net.reach(on)
        elif name == "ethernet":
            self.board.net.plug(on)
        else:
            self.board.harness.plug(name, on, self.board.powered)

    def do_set(self, name: str, key: str, value) -> None:
        if name.startswith("pin:"):
            pin = self.board.pins.pin(int(name[4:]))
            if key == "level":
                self.board.pins.drive(int(name[4:]), value)
            else:
                setattr(pin, key, value)
        elif (name, key) == ("wifi", "ssids"):
            self.board.net.ssids = value
        else:
            self.board.harness.tap(name).twin.set(key, value)

    def do_state(self, name: str | None) -> dict:
        if name is None:
            return {n: tap.twin.state() for n, tap in self.board.harness.taps.items()}
        if name.startswith("pin:"):
            return self.board.pins.pin(int(name[4:])).state()
        if name.startswith("rmt:"):  # what the peripheral put on a pin: (us, level)
            return {"trace": list(self.board.harness.dali.rmt.traces.get(int(name[4:]), ()))}
        return self.board.harness.tap(name).twin.state()

    def do_fault(self, name: str, fault: str, on: bool) -> None:
        self.board.harness.fault(name, fault, on)

    def do_net(self) -> dict:
        return {str(port): host for port, host in self.board.net.ports.items()}

    def do_redirect(self, host: str, port: int, to: int | None) -> None:
        if to is None:
            self.board.net.redirects.pop((host, port), None)
        else:
            self.board.net.redirects[host, port] = to

    def do_stats(self) -> dict:
        board = self.board
        cpu = board.cpu_ms + (board.vm.busy_ms() if board.vm else 0)
        lines = {str(n): {"overruns": x.overruns, "garbled": x.garbled} for n, x in board.harness.lines.items()}
        return {
            "powered": board.powered,
            "failures": board.loop.failures,
            "download": board.download,
            "cause": board.cause,
            "starts": board.resets,
            "vm": board.vm.process.pid if board.vm else None,
            "vm_cpu_s": cpu / 1000,
            "host_cpu_s": sum(os.times()[:2]),
            "heap_limit": board.heap,
            "heap_shims": heap.shims(board.chip, board.loop.virtual),
            "console_overruns": board.console.overruns,
            "watchdog_ms": board.watchdog.ms,
            "flash": board.flash.stats(),
            "lines": lines,
            "now_ms": board.loop.now_ms(),
        }

    def stop(self) -> None:
        self.board.loop.stop()

    def close(self) -> None:
        for door in (self.rfc2217, self.tcp):
            door.close()
        self.pty.close()
        self.listener.close()
        (self.folder / "control").unlink(missing_ok=True)
        if self._short:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self._short, "control"))
                os.rmdir(self._short)
