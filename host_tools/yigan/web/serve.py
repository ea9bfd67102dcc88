"""A socket, the link to it, and uvicorn until somebody ends it."""

import errno
import ipaddress
import signal
import socket
import threading
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from yigan.errors import ConfigError, LinkError
from yigan.lang import t
from yigan.web import app
from yigan.web.door import Door, new_token
from yigan.web.station import Station

PORT = 8470
LOOPBACK = "127.0.0.1"
_LAST_WORDS_S = 2  # how long requests may take after the end was asked for
_ELSEWHERE = ("192.0.2.1", 9)  # TEST-NET-1, RFC 5737: asks the routing table, sends nothing


class Service:
    """One station at one address. `url` opens it; `run` serves until SIGINT, SIGTERM or `end`."""

    def __init__(self, station: Station, address: str = LOOPBACK, port: int = PORT):
        self.station = station
        self.socket = bind(address, port)
        self.open = not _is_loopback(address)
        self.port = self.socket.getsockname()[1]
        self._token = new_token() if self.open else ""
        door = Door(self._token, f"station_{self.port}") if self.open else None
        self._server = _Server(app.make(station, door))

    @property
    def url(self) -> str:
        """The link for a browser; with the token when there is one."""
        name = reachable(self.socket.getsockname()[0]) if self.open else LOOPBACK
        host = f"[{name}]" if ":" in name else name
        return f"http://{host}:{self.port}/" + (f"?token={self._token}" if self._token else "")

    @property
    def ready(self) -> bool:
        """Whether it answers."""
        return self._server.started

    def run(self) -> None:
        """Returns when the server has ended; the bench is left to the caller."""
        main = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGTERM, _interrupted) if main else None
        try:
            self._server.run(sockets=[self.socket])
        except KeyboardInterrupt:  # uvicorn hands the signal on when it has ended
            pass
        finally:
            self.socket.close()
            if main:
                signal.signal(signal.SIGTERM, before)

    def end(self) -> None:
        """From any thread."""
        self._server.should_exit = True
        self._server.close_streams()


class _Server(uvicorn.Server):
    """Streams of events end first: uvicorn would wait for them."""

    def __init__(self, served: Starlette):
        super().__init__(
            uvicorn.Config(
                served,
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ws="none",
                timeout_graceful_shutdown=_LAST_WORDS_S,
                limit_concurrency=200,
                h11_max_incomplete_event_size=16384,
            )
        )
        self._hub = served.state.hub

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.close_streams()

    def close_streams(self) -> None:
        self._hub.close()


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def bind(address: str, port: int) -> socket.socket:
    """A listening socket. LinkError when the port is taken, ConfigError when the address is none of this machine's."""
    where = f"{address}:{port}"
    try:
        found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, name = found[0]
        made = socket.socket(family, kind, protocol)
    except (OSError, OverflowError) as error:
        raise ConfigError(t("{a} is no address.", "{a} 不是有效地址。", a=address), where) from error
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where SO_REUSEADDR lets two listen
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(name)
        made.listen(128)
    except OSError as error:
        made.close()
        raise _refused(error, where) from error
    return made


def _refused(error: OSError, where: str) -> ConfigError | LinkError:
    if error.errno == errno.EADDRINUSE:
        return LinkError(
            t("TCP port {p} is busy.", "TCP 端口 {p} 被占用。", p=where.rpartition(":")[2]),
            where,
            t(
                "Another station may be running: open it, or take another port: --http-port 0 takes a free one.",
                "可能已有工作台在运行：请直接打开，或换一个端口：--http-port 0 自动选择空闲端口。",
            ),
        )
    if error.errno == errno.EACCES:
        hint = t(
            "Ports below 1024 belong to root: take a higher one.",
            "1024 以下端口需要 root 权限：请使用更大的端口。",
        )
        return LinkError(t("This user may not listen there.", "当前用户无权监听该端口。"), where, hint)
    hint = t("--listen 0.0.0.0 takes every address of this machine.", "--listen 0.0.0.0 监听本机所有地址。")
    return ConfigError(t("This machine has no such address.", "本机没有该地址。"), where, hint)


def reachable(address: str) -> str:
    """What others on the network call this machine, when it listens at `address`."""
    if not ipaddress.ip_address(address).is_unspecified:
        return address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(_ELSEWHERE)
            return asked.getsockname()[0]
        except OSError:  # no network at all
            return socket.gethostname()


def qr(url: str) -> str:
    """The link as a QR code made of half blocks, for a terminal."""
    import io

    import segno

    out = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(out, compact=True, border=2)
    return out.getvalue()
