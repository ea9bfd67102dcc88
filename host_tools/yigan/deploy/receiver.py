"""The host's end of the receiver that runs on the board (on_board/receiver.py tells the frames).

At most 128 bytes are on their way to the board at any time, and none while it works on a message: its console
keeps 259 bytes and hears nothing during a flash erase.
"""

import struct
import time
import zlib
from collections.abc import Callable

from yigan.deploy.tree import File, Tree
from yigan.errors import DeviceError, LinkError
from yigan.lang import t
from yigan.link.serial import Port

IN_FLIGHT = 128
PIECE = 32
_ACK_S = 1.0  # a piece takes 6 ms at 115200 baud; a board that collects its heap, 50 ms
_WORK_S = 12.0  # the longest silence while the board works: littlefs may compact and erase many blocks
_TRIES = 6


class Lost(Exception):
    """The frame did not arrive whole: say it again."""


class Receiver:
    """Speaks to a receiver that has just been started. LinkError: it is gone. DeviceError: it could not do it."""

    def __init__(self, port: Port, heard: bytes = b"", busy: Callable[[str], None] | None = None):
        self.port = port
        self.resent = 0  # messages said more than once
        self._busy = busy
        self._sequence = -1
        self._line = bytearray()
        self._lines: list[tuple[int, str, str]] = []
        self._acked = 0  # pieces of the present payload
        self._sort(heard)

    def wait_ready(self) -> None:
        """Until the greeting of the board's side, sequence 255."""
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline:
            self._read(0.2)
            while self._lines:
                if self._lines.pop(0)[:2] == (255, "="):
                    return
        raise _gone(self.port.name)

    def tree(self, slot: str) -> Tree:
        """What lies in a slot, by what the board reads from its flash now."""
        for _ in range(_TRIES):
            rows: list[str] = []
            count, whole = self.ask("T", (slot + "+").encode(), row=rows.append).split()
            if len(rows) == int(count):  # noise can take a row away
                found = (row.rsplit(" ", 2) for row in rows)
                return Tree({path: File(int(size), sha) for path, size, sha in found}, whole)
        raise LinkError(t("Too much noise on the line.", "线路噪声过大。"), self.port.name)

    def hash(self, slot: str) -> str:
        """The hash of the slot's whole tree alone."""
        return self.ask("T", slot.encode()).split()[1]

    def ask(self, kind: str, payload: bytes = b"", size: int = 0, row: Callable[[str], None] | None = None) -> str:
        """Send one message and return the text of its answer; `row` gets each row before it."""
        self._sequence = (self._sequence + 1) % 255
        for attempt in range(_TRIES):
            self.resent += attempt > 0
            try:
                self._send(kind, payload, size)
                return self._answer(row)
            except Lost:
                self._fill(attempt)
        raise _gone(self.port.name)

    def _send(self, kind: str, payload: bytes, size: int) -> None:
        head = struct.pack("<BBBHH", 0xA5, ord(kind), self._sequence, len(payload), size)
        frame = head + zlib.crc32(head).to_bytes(4, "little")
        if payload:
            frame += payload + zlib.crc32(payload).to_bytes(4, "little")
        self._acked = 0
        start = len(head) + 4
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
        deadline = time.monotonic() + _WORK_S
        while time.monotonic() < deadline:
            self._read(0.1)
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
                elif mark == "~" and self._busy:
                    self._busy(text)
        raise Lost

    def _fill(self, attempt: int) -> None:
        """Complete the piece the board may be waiting for, then leave it the silence in which it finds back."""
        self.port.write(bytes(PIECE))
        deadline = time.monotonic() + 1 + attempt
        while time.monotonic() < deadline:
            self._read(0.1)
            if any(mark == "?" for _, mark, _ in self._lines):
                break
        self._lines.clear()

    def _read(self, timeout_s: float) -> None:
        self._sort(self.port.read(timeout_s))

    def _sort(self, heard: bytes) -> None:
        """Acknowledgements, and lines whose checksum is right."""
        for byte in heard:
            if byte & 0xC0 == 0x80:
                self._acked += (byte - self._acked) & 63
            elif byte != 0x0A:
                self._line.append(byte)
                del self._line[:-400]
            else:
                self._end_line()

    def _end_line(self) -> None:
        line = self._line.rstrip(b"\r")
        self._line = bytearray()
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
            t("Delete what you do not need (mpremote fs rm) and run it again.", "请删除不需要的文件（mpremote fs rm）后重试。"),
        )
    if text.startswith("OSError") and text.split()[-1] in ("5", "EIO"):
        hint = t("Its flash may be worn or its file system damaged.", "闪存可能已损坏，或文件系统受损。")
        return DeviceError(t("The board cannot write its flash.", "板子无法写入闪存。"), name, hint)
    return DeviceError(t("The board failed: {e}.", "板子出错：{e}。", e=text), name)


def _gone(name: str) -> LinkError:
    return LinkError(
        t("The board stopped answering in the middle.", "板子中途停止应答。"),
        name,
        t("Check the cable and run it again: it resumes.", "请检查线缆后重新运行，会从中断处继续。"),
    )
