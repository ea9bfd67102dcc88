"""The board's network: listening ports become free ports of 127.0.0.1, outgoing names go only where told.

Nothing leaves the machine. A device port keeps its host port over resets, so a client finds it again.
"""

import errno
import socket
from collections.abc import Callable

from yigan.twin.board.loop import Loop
from yigan.twin.board.wire import Refusal, Wire

_NAMES = "198.18.0."  # RFC 2544's range: stands for names, never routed
ASSOCIATE_MS = 300


class Net:
    """`ports`: device port -> host port, of what listens now. `redirects`: (host, port) -> loopback port."""

    def __init__(self, wire: Wire, loop: Loop, radio: bool, latency: float):
        self.loop, self.radio, self.latency = loop, radio, latency
        self.ports: dict[int, int] = {}
        self.redirects: dict[tuple[str, int], int] = {}
        self.up = True  # the access point is there
        self.link = "off"  # off, idle, connecting, up, failed
        self.ssid = ""
        self.ssids: list[str] | None = None  # the networks in reach, None: whatever is asked for
        self.cable = True  # the Ethernet cable is in
        self.lan = "off"  # off, idle, up
        self._kept: dict[tuple[int, str], int] = {}
        self._held: list[socket.socket] = []
        self._names: list[str] = []
        verbs: dict[str, Callable] = {"bind": self.bind, "unbind": self.unbind, "route": self.route}
        wire.verbs.update(verbs, resolve=self.resolve, wlan=self.wlan, wlan_state=lambda: self.link)
        wire.verbs.update(air=lambda: self.up, wlan_ssid=lambda: self.ssid)
        wire.verbs.update(lan=self.start_lan, lan_state=lambda: self.lan)

    # Listening

    def bind(self, port: int, kind: str) -> int:
        """The host port for a device port (0: any)."""
        if port and port in self.ports and kind == "tcp":
            raise Refusal(errno.EADDRINUSE)
        hold = port != 0 and kind == "tcp"
        port = port or 49152 + len(self._kept)
        host = self._kept.get((port, kind)) or self._free(kind, hold)
        self._kept[port, kind] = host
        if kind == "tcp":
            self.ports[port] = host
        return host

    def unbind(self, host: int) -> None:
        self.ports = {port: at for port, at in self.ports.items() if at != host}

    # Going out

    @property
    def linked(self) -> bool:
        return "up" in (self.link, self.lan)

    def resolve(self, name: str) -> str:
        """The address that stands for a name; it is one only if there is a way to it."""
        if name.replace(".", "").isdigit() or name == "localhost":
            return "127.0.0.1" if name == "localhost" else name
        if not self.linked or not any(host in (name, "*") for host, _ in self.redirects):
            raise Refusal(202)  # EAI_FAIL as lwip numbers it; the shim makes it negative
        if name not in self._names:
            self._names.append(name)
        return f"{_NAMES}{self._names.index(name) + 1}"

    def route(self, address: str, port: int) -> int:
        """The loopback port behind an address."""
        if address.startswith("127."):
            return port
        if not self.linked:
            raise Refusal(errno.EHOSTUNREACH)
        name = address
        if address.startswith(_NAMES):
            name = self._names[int(address[len(_NAMES) :]) - 1]
        for key in ((name, port), ("*", port), (name, 0)):
            if key in self.redirects:
                return self.redirects[key] or port
        raise Refusal(errno.ECONNREFUSED if (name, 0) in self.redirects else errno.EHOSTUNREACH)

    # The radio

    def wlan(self, do: str, ssid: str = "") -> None:
        """`active`, `connect`, `disconnect`, `off`."""
        if do == "connect":
            self.link, self.ssid = "connecting", ssid
            self.loop.call_later(ASSOCIATE_MS * self.latency, self._associated)
        else:
            self.link = "off" if do == "off" else "idle"

    def _associated(self) -> None:
        if self.link == "connecting":
            heard = self.up and (self.ssids is None or self.ssid in self.ssids)
            self.link = "up" if heard else "failed"

    def reach(self, up: bool) -> None:
        """The access point comes or goes."""
        self.up = up
        if not up and self.link == "up":
            self.link = "failed"

    def start_lan(self, on: bool) -> None:
        self.lan = "off" if not on else "up" if self.cable else "idle"

    def plug(self, cable: bool) -> None:
        """The Ethernet cable comes or goes."""
        self.cable = cable
        self.start_lan(self.lan != "off")

    def reset(self) -> None:
        """The chip was reset: nothing listens any more."""
        self.ports.clear()
        self.link = self.lan = "off"

    def _free(self, kind: str, hold: bool) -> int:
        """A free port here. `hold` it and it is ours from now on: we never listen, so that the VM may."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", 0))
        host = sock.getsockname()[1]
        if hold:
            self._held.append(sock)
        else:
            sock.close()  # of UDP two at one port would share what comes
        return host

    def close(self) -> None:
        for sock in self._held:
            sock.close()
