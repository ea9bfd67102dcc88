"""The host's end of the receiver that runs on the board (on_board/receiver.py tells the frames).

At most 128 bytes are on their way to the board at any time, and none while it works on a message: its console
keeps 259 bytes and hears nothing during a flash erase.
"""

import hashlib
import struct
import time
import zlib
from collections.abc import Callable

from yigan.deploy.tree import File, Tree
from yigan.errors import DeviceError, LinkError
from yigan.lang import t
from yigan.link.serial import Port
from yigan.terminal import visible

IN_FLIGHT = 128
PIECE = 32
_WHOLE = 0xC5
_END = 0x04  # what the raw REPL says when a program has ended
_LONGEST = 8000  # characters of a line: the facts tell all names in the root
_ACK_S = 2.0  # a piece takes 6 ms at 115200 baud; a board that collects its heap, 50 ms
# The longest silence while the board works: it speaks twice a second, an emulated one ten times slower.
_WORK_S = 12.0

_BREAK = b"\x03"
_BREAK_S = 2.0
_TRIES = 6
_SILENT_TRIES = 2  # of these without any word from the board
# What only a board that starts anew says: our receiver is gone.
_STARTS = (b"MPY: soft reboot", b"rst:0x", b"MicroPython v", b'#y0 {"hello')


class Lost(Exception):
    """The frame did not arrive whole: say it again."""


class Receiver:
    """Speaks to a receiver that has just been started. LinkError: it is gone. DeviceError: it could not do it."""

    def __init__(self, port: Port, heard: bytes = b""):
        self.port = port
        self.resent = 0  # messages said more than once
        self.room = 4096  # bytes that a block may unpack to
        self._sequence = -1
        self._line = bytearray()
        self._lines: list[tuple[int, str, str]] = []
        self._acked = 0  # pieces of the present payload
        self._whole = False  # the board has all of the message
        self._ended = False  # the interpreter said that our program has ended
        self._sort(heard)

    def wait_ready(self) -> str:
        """Until the greeting of the board's side: its facts, and `room` is known; "" when its program failed at once."""
        deadline, facts = time.monotonic() + 8, ""
        while time.monotonic() < deadline and not self._ended:
            self._read(0.2)
            while self._lines:
                sequence, mark, text = self._lines.pop(0)
                if (sequence, mark) == (255, "="):
                    self.room = int(text)
                    return facts
                facts = text if (sequence, mark) == (255, "+") else facts
        if self._ended:
            return ""
        raise _gone(self.port.name)

    def tree(self, slot: str, known: Tree | None = None) -> Tree:
        """What lies in a slot, by what the board reads from its flash now; it tells no files if that is `known`."""
        known = known or Tree()
        for _ in range(_TRIES):
            rows: list[str] = []
            count, whole = self.ask("T", f"{slot}+{known.hash}".encode(), row=rows.append).split()
            if whole == known.hash:
                return known
            if len(rows) == int(count):  # noise can take a row away
                found = (row.rsplit(" ", 2) for row in rows)
                return Tree({path: File(int(size), sha) for path, size, sha in found}, whole)
        raise LinkError(t("Too much noise on the line.", "线路噪声过大。"), self.port.name)

    def hash(self, slot: str) -> str:
        """The hash of the slot's whole tree alone."""
        return self.ask("T", slot.encode()).split()[1]

    def seal(self, slot: str, manifest: bytes) -> bool:
        """Let the board make the manifest of what lies in the slot; False when that is not this one."""
        head = manifest.partition(b"\n")[0]
        return self.ask("M", slot.encode() + hashlib.sha256(manifest).digest() + head) == "sealed"

    def ask(
        self, kind: str, payload: bytes = b"", size: int = 0, row: Callable[[str], None] | None = None
    ) -> str:
        """Send one message and return the text of its answer; `row` gets each row before it."""
        self._sequence = (self._sequence + 1) % 255
        silent = 0
        for attempt in range(_TRIES):
            self.resent += attempt > 0
            try:
                self._send(kind, payload, size)
                return self._answer(row)
            except Lost:
                silent += not self._start_over()
            if silent == _SILENT_TRIES:
                break
        raise _gone(self.port.name)

    def _send(self, kind: str, payload: bytes, size: int) -> None:
        payload = payload.replace(b"\x10", b"\x10\x30").replace(b"\x03", b"\x10\x23")  # no Ctrl-C on the way
        head = struct.pack("<BBHH", ord(kind), self._sequence, len(payload), size)
        frame = b"\xa5" + (head + zlib.crc32(head).to_bytes(4, "little")).hex().encode()
        start = len(frame)
        if payload:
            frame += payload + b"%08x" % zlib.crc32(payload)
        self._acked, self._whole = 0, False
        pieces = -(-len(payload) // PIECE)
        sent = 0
        while sent < len(frame):
            read = 0 if not self._acked else start + min(self._acked * PIECE, len(payload))
            free = read + IN_FLIGHT - sent
            if self._acked == pieces and payload:
                free = len(frame) - sent
            if free > 0:
                self.port.write(frame[sent : sent + free])
                sent += len(frame[sent : sent + free])
            self._read(0)
            if sent < len(frame) and free <= 0:
                self._wait_ack()

    def _wait_ack(self) -> None:
        before, deadline = self._acked, time.monotonic() + _ACK_S
        while self._acked == before:
            self._read(0.05)
            if any(mark == "?" for _, mark, _ in self._lines) or time.monotonic() > deadline:
                raise Lost

    def _answer(self, row: Callable[[str], None] | None) -> str:
        deadline = time.monotonic() + _ACK_S
        while time.monotonic() < deadline:
            was = self._whole
            self._read(0.1)
            if self._whole and not was:
                deadline = time.monotonic() + _WORK_S
            while self._lines:
                sequence, mark, text = self._lines.pop(0)
                if mark == "?":
                    raise Lost
                if sequence != self._sequence:
                    continue
                deadline = time.monotonic() + _WORK_S
                if mark == "=":
                    return text
                if mark == "-":
                    raise _failed(text, self.port.name)
                if mark == "+" and row:
                    row(text)
        raise Lost

    def _start_over(self) -> bool:
        """Ctrl-C ends what the board waits for. Whether it said that it is ready for the message again."""
        self._lines.clear()
        self.port.write(_BREAK)
        deadline = time.monotonic() + _BREAK_S
        while time.monotonic() < deadline:
            self._read(0.1)
            if any(mark == "?" for _, mark, _ in self._lines):
                self._lines.clear()
                return True
        return False

    def _read(self, timeout_s: float) -> None:
        self._sort(self.port.read(timeout_s))

    def _sort(self, heard: bytes) -> None:
        """Acknowledgements, and lines whose checksum is right."""
        for byte in heard:
            if byte == 0x0A:
                self._end_line()
            elif byte & 0x80 and self._line[:1] != b"!":
                self._acknowledge(byte)
            else:
                self._ended |= byte == _END
                self._line.append(byte)
                del self._line[:-_LONGEST]

    def _acknowledge(self, byte: int) -> None:
        pieces = (byte - self._acked) & 63
        if byte == _WHOLE:
            self._whole = True
        elif (
            byte & 0xC0 == 0x80 and pieces <= IN_FLIGHT // PIECE + 1
        ):  # more is noise: so many were never sent
            self._acked += pieces

    def _end_line(self) -> None:
        line = self._line.rstrip(b"\r")
        self._line = bytearray()
        if any(sign in line for sign in _STARTS):
            raise _gone(self.port.name)
        at = line.find(b"!")
        body, _, crc = line[max(at, 0) :].rpartition(b"*")
        if at >= 0 and len(body) >= 4 and crc == b"%08x" % zlib.crc32(body):
            self._lines.append((int(body[1:3], 16), chr(body[3]), body[4:].decode(errors="replace")))

    def reset(self) -> None:
        """The board starts anew. It may be gone before its answer is out: that is well."""
        try:
            self.ask("R")
        except (LinkError, DeviceError):
            pass


def _failed(text: str, name: str) -> DeviceError:
    if text.startswith("OSError") and "28" in text:  # ENOSPC
        return DeviceError(
            t("The board's file system is full.", "板子的文件系统已满。"),
            name,
            t(
                "Delete what you do not need (mpremote fs rm) and run it again.",
                "请删除不需要的文件（mpremote fs rm）后重试。",
            ),
        )
    if text.startswith("OSError") and text.split()[-1] in ("5", "EIO"):
        hint = t("Its flash may be worn or its file system damaged.", "闪存可能已损坏，或文件系统受损。")
        return DeviceError(t("The board cannot write its flash.", "板子无法写入闪存。"), name, hint)
    return DeviceError(t("The board failed: {e}.", "板子出错：{e}。", e=visible.clean(text)), name)


def _gone(name: str) -> LinkError:
    return LinkError(
        t("The board stopped answering in the middle.", "板子中途停止应答。"),
        name,
        t("Check the cable and run it again: it resumes.", "请检查线缆后重新运行，会从中断处继续。"),
    )
