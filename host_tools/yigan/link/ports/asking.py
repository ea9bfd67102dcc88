"""Who is at this port? The gentlest question first, so that a running pole is not disturbed.

1. Its console service: a pole answers and goes on.
2. The sync of a ROM loader, to a port on which all is silent.
3. The raw REPL: stops the program that runs; it is started again by a reset.
4. The ROM loader by esptool: where the port has lines these reset the chip into it, and out again.
"""

import errno
import os
import re
import time
from dataclasses import replace
from pathlib import Path

from yigan import boards
from yigan.deploy import facts, paste, plan
from yigan.errors import YiganError
from yigan.flash import drives
from yigan.link import holder, serial, service
from yigan.link.ports import chip, says
from yigan.link.ports.identity import Identity
from yigan.link.rawrepl import RawRepl
from yigan.terminal import visible

_BREATH_S = 3.0  # a running pole may be silent for so long: an erase, a TLS handshake
_BOOT_S = 8.0  # and for so long after the words of its boot ROM, until all its modules are loaded
_BOOTS = b"rst:0x"
_ASK_EVERY_S = 0.6
_REPL_S = 3.0  # for the REPL there is always that much, or all the patience
_HEAD = re.compile(r"# yigan 1 (\S+) (\S+) (\S+)")
_KEPT = 4096  # bytes of what it said


def ask(port: str, reset: bool = True, patience_s: float = 6.0) -> Identity:
    """What is at `port`: a serial port, a URL, or the folder of a boot drive.

    About `patience_s` at most for a program to answer (some seconds more where it must be interrupted), then some
    seconds for the chip's loader.
    Without `reset` an interrupted program stays stopped, and nobody pulls at the reset lines.
    """
    drive = drives.look(Path(port)) if os.path.isdir(port) else None
    if drive:
        return says.told(Identity("drive", port, chip=drive.chip, machine=drive.board_id))
    held = holder.of(port) if "://" not in port else []
    if held:  # a terminal may share the port with all the world, and we would still spoil its session
        return says.held(Identity("busy", port), held)
    try:
        with serial.open(port) as line:
            found = _Asker(line, reset, patience_s).run()
    except YiganError as error:
        return says.refused(Identity(refusal(port, error), port), error)
    if found.kind in ("silent", "garbage", "loader") and (reset or not chip.has_lines(port)):
        found = _with_chip(found, port)
    return says.told(found)


def refusal(port: str, error: YiganError) -> str:
    """Why the port does not open, or broke: "busy", "forbidden", "gone"."""
    cause = error.__cause__
    number = getattr(cause, "errno", None) or getattr(getattr(cause, "__context__", None), "errno", None)
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK) or "PermissionError(13" in str(cause):
        return "busy"  # Windows knows only "access is denied", and means that another program has it
    if number in (errno.EACCES, errno.EPERM):
        return "forbidden"
    return "gone"


def _with_chip(found: Identity, port: str) -> Identity:
    known = chip.look(port)
    if not known:
        return found
    return replace(found, kind="loader", chip=known["chip"], uid=known["mac"], revision=known["revision"])


class _Asker:
    def __init__(self, line: serial.Port, reset: bool, patience_s: float):
        self.line, self.reset = line, reset
        self._began = time.monotonic()
        self._patience_s = patience_s
        self._heard = b""
        self._echoed = False  # by a REPL that waits for a line: no program runs

    def run(self) -> Identity:
        answer = self._console()
        if answer:
            return _pole(answer, self.line.name)
        if chip.greets(self._heard):
            return self._unknown("loader")
        return self._repl() or self._unknown("garbage" if self._heard.strip(b"\0\r\n") else "silent")

    def _unknown(self, kind: str) -> Identity:
        return Identity(kind, self.line.name, heard=self._heard[-200:].decode(errors="replace"))

    # The console service

    def _console(self) -> dict | None:
        """What a running pole says of itself; None when there is none, or a REPL that echoes the question."""
        while time.monotonic() < self._began + self._breath():
            self.line.write(service.encode({"n": 1, "do": "identify"}))
            answer = self._listen(_ASK_EVERY_S)
            if answer or self._echoed or chip.greets(self._heard):
                return answer
            if not self._heard and chip.answers(self.line):
                self._heard = chip.WAITING
                return None
        return None

    def _breath(self) -> float:
        return _BOOT_S if _BOOTS in self._heard else min(_BREATH_S, self._patience_s)

    def _listen(self, seconds: float) -> dict | None:
        """The pole's answer; all that is heard is kept, an echo of the question noted."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._heard = self._heard[-_KEPT:] + self.line.read(min(left, 0.1))
            for row in self._heard.split(b"\n"):
                message = service.decode(row) or {}
                if "pole" in message.get("ok", ()):
                    return message["ok"]
                self._echoed |= message.get("do") == "identify" and b">>> " in self._heard
            if self._echoed:
                return None
        return None

    # The raw REPL

    def _repl(self) -> Identity | None:
        left = self._began + self._patience_s - time.monotonic()
        enough = min(_REPL_S, self._patience_s)
        repl = RawRepl(self.line)
        try:
            repl.enter(soft_reset=False, timeout_s=max(enough, left))
            found = facts.parse(repl.exec(paste.plain("probe")), self.line.name)
        except YiganError:
            return None
        known = _micropython(found, self.line.name)
        if self._echoed:  # its prompt was free: nothing was interrupted
            repl.leave()
            return known
        if not self.reset:
            return replace(known, stopped=True)
        repl.start("import machine\nmachine.reset()")
        self.line.drain(0.2)
        return replace(known, restarted=True)


def _pole(answer: dict, port: str) -> Identity:
    """From `identify` of the console service."""
    said = {k: str(answer.get(k) or "") for k in ("uid", "micropython", "board", "pole", "bundle", "version")}
    known = said["board"] in boards.names()
    return Identity("pole", port, chip=boards.load(said["board"]).chip if known else "", **said)


def _micropython(found: facts.Facts, port: str) -> Identity:
    record = plan.parse_record(found.boot_record)
    head = _HEAD.match(found.manifests.get(record.slot, "") if record else "")
    pole, version, bundle = map(visible.clean, head.groups()) if head else ("", "", "")
    return Identity(
        "micropython", port,
        chip=found.chip.lower().replace("-", ""), uid=found.uid, micropython=".".join(map(str, found.version)),
        machine=found.machine, pole=pole, version=version, bundle=bundle,
    )  # fmt: skip
