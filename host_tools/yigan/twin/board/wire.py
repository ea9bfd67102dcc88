"""Requests from the VM's shims to the board, over one socket, in order.

Request: op u8, a u8, number u8, 0, n u16, v i32, then n bytes. Reply: v i32, n u16, errno u8, number u8, then
n bytes. The number lets the VM skip a reply that Ctrl-C kept it from reading; MEND finds the next one's
beginning. An op with bit 7 set wants no reply.
Op 0 carries JSON both ways: `["name", argument...]`.
Order matters (driver-enable before data before driver-disable), hence one socket for all.
"""

import contextlib
import errno
import fcntl
import json
import socket
import struct
import termios
from collections.abc import Callable

HEAD = struct.Struct("<BBBxHi")
REPLY = struct.Struct("<iHBB")
CALL = 0
NO_REPLY = 0x80
DISTURBED = 0x8000  # with the length of a reply: virtual time's quiet is over
MARK = b"\xfe\xed\xfa\xce\xca\xfe\xbe"  # then the request's number: what MEND is answered with

# Binary ops (mirrored in on_board/_hub.py). `a` is a pin, UART or bus number.
PROGRAM, ERASE, UART_TX, UART_ANY, UART_LEFT, PIN_READ, ADC_READ, I2C, IDLE, RESUME, RAW, MEND = range(1, 13)
PIN_WRITE, PWM_DUTY, WDT_FEED, PASSED = 0x80, 0x81, 0x82, 0x83


class Refusal(Exception):
    """The VM gets `OSError(number)`."""

    def __init__(self, number: int = errno.EINVAL):
        super().__init__(number)
        self.number = number


def unread(sock: socket.socket) -> int:
    """Bytes that lie in it."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.FIONREAD, b"\0\0\0\0"))[0]


class Wire:
    """`on[op] = fn(a, v, payload)` and `verbs[name] = fn(*arguments)`.

    A handler returns an int, bytes or None, which is the reply; or LATER, having taken `later()` to reply with.
    """

    LATER = object()

    def __init__(self) -> None:
        self.on: dict[int, Callable[[int, int, bytes], object]] = {CALL: self._call}
        self.verbs: dict[str, Callable[..., object]] = {}
        self.sock: socket.socket | None = None
        self.waiting: set[int] = set()  # requests being worked on: the VM stands still
        self._number = 0
        self._buffer = bytearray()
        self.gone: Callable[[], object] = lambda: None
        self.disturbed: Callable[[], bool] = lambda: False  # something will happen sooner than the VM was told

    def attach(self, sock: socket.socket | None) -> None:
        """Serve this socket from now on (None: nobody is there)."""
        self.sock = sock
        self.waiting.clear()
        self._buffer.clear()

    def readable(self) -> None:
        """Take what the VM sent and answer it."""
        sock = self.sock
        try:
            data = sock.recv(8192)
        except OSError:
            data = b""
        if not data:
            self.gone()
            return
        self._buffer += data
        while self.sock is sock and len(self._buffer) >= HEAD.size:
            op, a, number, n, v = HEAD.unpack_from(self._buffer)
            if len(self._buffer) < HEAD.size + n:
                return
            payload = bytes(self._buffer[HEAD.size : HEAD.size + n])
            del self._buffer[: HEAD.size + n]
            self._serve(op, a, number, v, payload)

    def _serve(self, op: int, a: int, number: int, v: int, payload: bytes) -> None:
        if op & NO_REPLY:
            self.on[op](a, v, payload)
            return
        if op == MEND:
            self._mend(number)
            return
        self.waiting.add(number)
        self._number = number
        reply = self.later()
        try:
            result = self.on[op](a, v, payload)
        except Refusal as refusal:
            reply(-1, error=refusal.number)
            return
        except Exception:
            reply(-1, error=errno.EIO)
            raise
        if isinstance(result, bytes):
            reply(len(result), result)
        elif result is not self.LATER:
            reply(int(result or 0))

    def _mend(self, number: int) -> None:
        """Ctrl-C cut the VM's reading of a reply short: it reads up to this mark, and knows where it is."""
        with contextlib.suppress(OSError):  # it died meanwhile; `gone` follows
            self.sock.sendall(MARK + bytes([number]))

    @property
    def busy(self) -> bool:
        """The VM has asked for something and waits: just now it does not run."""
        return bool(self.waiting) or (self.sock is not None and unread(self.sock) > 0)

    def later(self) -> Callable[..., None]:
        """`reply(value=0, data=b"", error=0)` to the request being served, whenever that may be.

        It says nothing to a VM that was started since.
        """
        sock, number = self.sock, self._number

        def reply(value: int = 0, data: bytes = b"", error: int = 0) -> None:
            if sock is not self.sock or sock is None:
                return
            self.waiting.discard(number)
            try:
                disturbed = DISTURBED if self.disturbed() else 0
                sock.sendall(REPLY.pack(value, len(data) | disturbed, error, number) + data)
            except OSError:
                pass  # it died meanwhile; `gone` follows

        return reply

    def _call(self, a: int, v: int, payload: bytes) -> object:
        name, *arguments = json.loads(payload)
        result = self.verbs[name](*arguments)
        if result is self.LATER:
            return result
        return json.dumps(result).encode()
