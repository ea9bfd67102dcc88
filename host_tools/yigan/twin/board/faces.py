"""Ways in from outside: a pty (what pyserial and mpremote open), RFC 2217 (with DTR and RTS), a plain socket."""

import os
import pty
import select
import socket
import tty
from collections.abc import Callable
from pathlib import Path

from serial import rfc2217

from yigan.twin.board.console import Console
from yigan.twin.board.loop import Loop

_LOOK_MS = 40  # how often to see whether somebody opened the pty
_BACKLOG = 65536  # what the host's own driver keeps for a slow reader


class Pty:
    """A pseudo terminal; `link` points at the side that programs open. Like a cable it has no memory."""

    def __init__(self, loop: Loop, console: Console, link: Path):
        self.loop, self.console, self.link = loop, console, link
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self.master, False)
        link.unlink(missing_ok=True)
        link.symlink_to(self.path)
        self.opened = False
        self._unsent = b""
        self._poll = select.poll()
        self._poll.register(self.master, 0)
        console.faces.append(self)
        self._look()

    def _look(self) -> None:
        """Nobody has it open: ask again soon. The kernel tells nobody when that changes."""
        if any(event & select.POLLHUP for _, event in self._poll.poll(0)):
            self.loop.chore(_LOOK_MS, self._look)
        else:
            self.opened = True
            self.resume()

    def resume(self) -> None:
        """The console has room again."""
        if self.opened and self.console.room():
            self.loop.watch(self.master, self._readable)

    def _readable(self) -> None:
        room = self.console.room()
        if not room:
            self.loop.unwatch(self.master)
            return
        try:
            data = os.read(self.master, room)
        except BlockingIOError:
            return
        except OSError:  # the last one closed it
            self._closed()
            return
        self.console.feed(data)

    def _closed(self) -> None:
        self.loop.unwatch(self.master)
        self.opened = False
        self._unsent = b""
        self._look()

    def send(self, data: bytes) -> None:
        if self.opened:
            first = not self._unsent
            self._unsent = (self._unsent + data)[-_BACKLOG:]
            if first:
                self._push()

    def _push(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self.master, self._unsent) :]
        except OSError:
            pass
        if self._unsent:
            self.loop.chore(5, self._push)

    def close(self) -> None:
        self.link.unlink(missing_ok=True)
        os.close(self.master)


class Door:
    """A listening TCP port on 127.0.0.1 that lets one client after the other at the console."""

    def __init__(self, loop: Loop, guest: Callable[[socket.socket], object]):
        self.loop, self.guest = loop, guest
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        loop.watch(self.listener, self._accept)

    def _accept(self) -> None:
        client, _ = self.listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.guest(client)

    def close(self) -> None:
        self.loop.unwatch(self.listener)
        self.listener.close()


class Tcp:
    """`socket://`: bytes and nothing else."""

    def __init__(self, loop: Loop, console: Console, client: socket.socket):
        self.loop, self.console, self.client = loop, console, client
        client.setblocking(False)
        console.faces.append(self)
        self.resume()

    def resume(self) -> None:
        if self.console.room():
            self.loop.watch(self.client, self._readable)

    def _readable(self) -> None:
        room = self.console.room()
        if not room:
            self.loop.unwatch(self.client)
            return
        try:
            data = self.client.recv(room)
        except OSError:
            data = b""
        if data:
            self.take(data)
        else:
            self.close()

    def take(self, data: bytes) -> None:
        self.console.feed(data)

    def send(self, data: bytes) -> None:
        self.write(data)

    def write(self, data: bytes) -> None:
        try:
            self.client.sendall(data)
        except OSError:  # a reader that slow, or gone: as on a cable, it is lost
            pass

    def close(self) -> None:
        self.loop.unwatch(self.client)
        if self in self.console.faces:
            self.console.faces.remove(self)
        self.client.close()


class Lines:
    """The control lines as an ESP32 board wires them: RTS pulls EN, DTR pulls IO0 (both active: neither).

    Source: esptool documentation, "Boot Mode Selection"; the two-transistor circuit of the DevKit.
    Has the attributes that `serial.rfc2217.PortManager` asks of a port.
    """

    baudrate, bytesize, parity, stopbits = 115200, 8, "N", 1
    rtscts = xonxoff = dsrdtr = break_condition = False
    cts = dsr = cd = True
    ri = False

    def __init__(self, reset: Callable[[bool], object]):
        self._reset = reset
        self._dtr = self._rts = self._held = False

    def _set(self, dtr: bool, rts: bool) -> None:
        self._dtr, self._rts = dtr, rts
        if rts and not dtr:
            self._held = True
        elif self._held and not rts:
            # One line changes after the other, over a network even later: a capacitor keeps EN low meanwhile,
            # so IO0 counts as it is when RTS is off. Both on is neither.
            self._held = False
            self._reset(dtr)

    dtr = property(lambda self: self._dtr, lambda self, on: self._set(bool(on), self._rts))
    rts = property(lambda self: self._rts, lambda self, on: self._set(self._dtr, bool(on)))

    def reset_input_buffer(self) -> None: ...
    def reset_output_buffer(self) -> None: ...


class Rfc2217(Tcp):
    """`rfc2217://`: bytes and control lines."""

    def __init__(self, loop: Loop, console: Console, client: socket.socket, lines: Lines):
        self.client = client  # the manager greets at once
        self.manager = rfc2217.PortManager(lines, self)
        super().__init__(loop, console, client)

    def take(self, data: bytes) -> None:
        plain = b"".join(self.manager.filter(data))
        if plain:
            self.console.feed(plain)
        self.manager.check_modem_lines()

    def send(self, data: bytes) -> None:
        self.write(b"".join(self.manager.escape(data)))
