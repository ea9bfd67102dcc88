"""The city's end of a pole's signed datagrams (firmware/pole/protocol/datagram.py says how they are laid out).

Written from that description with the standard library's hmac, so that it proves the pole's own. Pure but for `serve`.
"""

import hashlib
import hmac
import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from yigan import points
from yigan.decode import compact
from yigan.errors import ConfigError, LinkError
from yigan.lang import t
from yigan.render import decoder

_MAGIC, _DATA, _ACK = 0xD1, 0, 1
_HEAD, _SIGN = 10, 8
_WINDOW = 64


@dataclass
class Pole:
    """One sender, and which numbers it has used."""

    id: str
    key: bytes
    highest: int = 0
    seen: int = 0  # bit k: highest - k

    def is_new(self, number: int) -> bool:
        """Note a number; False when it was there before, or is too old to tell."""
        if number > self.highest:
            self.seen = (self.seen << (number - self.highest) | 1) & ((1 << _WINDOW) - 1)
            self.highest = number
            return True
        back = self.highest - number
        if back >= _WINDOW or self.seen >> back & 1:
            return False
        self.seen |= 1 << back
        return True


@dataclass
class City:
    """`known` poles by tag; counts of what was refused, by reason."""

    known: dict[bytes, Pole] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    state: Path | None = None

    def __post_init__(self) -> None:
        self._table = decoder.rows(points.load())
        self._numbers = json.loads(self.state.read_text()) if self.state and self.state.is_file() else {}

    def add(self, pole_id: str, key: str) -> None:
        try:
            secret = bytes.fromhex(key)
        except ValueError as error:
            raise ConfigError(
                t("The key of {p} is not hexadecimal.", "{p} 的密钥不是十六进制。", p=pole_id)
            ) from error
        tag = hashlib.sha256(pole_id.encode()).digest()[:4]
        self.known[tag] = Pole(pole_id, secret, *self._numbers.get(pole_id, (0, 0)))

    def hear(self, data: bytes) -> tuple[dict | None, bytes | None]:
        """(what it says if it is new, the acknowledgement to send back)."""
        pole, number = self._opened(data)
        if pole is None:
            return None, None
        head = struct.pack("<BB4sI", _MAGIC, _ACK, data[2:6], number)
        ack = head + hmac.digest(pole.key, head, "sha256")[:_SIGN]
        if not pole.is_new(number):
            self._refuse("repeated")
            return None, ack  # it did not hear our answer
        self._note(pole)
        try:
            said = compact.decode(data[_HEAD:-_SIGN], self._table)
        except ValueError as error:
            said = {"form": "unreadable", "error": str(error), "bytes": data[_HEAD:-_SIGN].hex()}
        return {"pole": pole.id, "datagram": number, "size": len(data), **said}, ack

    def _opened(self, data: bytes) -> tuple[Pole | None, int]:
        if len(data) < _HEAD + _SIGN or data[0] != _MAGIC or data[1] != _DATA:
            return self._refuse("not ours")
        pole = self.known.get(data[2:6])
        if pole is None:
            return self._refuse("unknown pole")
        if not hmac.compare_digest(hmac.digest(pole.key, data[:-_SIGN], "sha256")[:_SIGN], data[-_SIGN:]):
            return self._refuse("wrong signature")
        return pole, struct.unpack_from("<I", data, 6)[0]

    def _refuse(self, why: str) -> tuple[None, int]:
        self.refused[why] = self.refused.get(why, 0) + 1
        return None, -1

    def _note(self, pole: Pole) -> None:
        if self.state:
            self._numbers[pole.id] = pole.highest, pole.seen
            new = self.state.with_suffix(".new")
            new.write_text(json.dumps(self._numbers))
            new.replace(self.state)


def bind(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise LinkError(
            t("Cannot listen at UDP port {p}: {e}.", "无法监听 UDP 端口 {p}：{e}。", p=port, e=error.strerror),
            hint=t("Another program may have it: try another port.", "可能已被其他程序占用：请换端口。"),
        ) from error  # fmt: skip
    return sock


def serve(
    sock: socket.socket, city: City, tell: Callable[[dict], None], goes_on: Callable[[], bool] = lambda: True
) -> None:
    """Hear and acknowledge while `goes_on()`; `tell` gets what is new."""
    sock.settimeout(0.2)
    while goes_on():
        try:
            data, peer = sock.recvfrom(2048)
        except TimeoutError:
            continue
        except ConnectionResetError:  # Windows says so of a peer that is gone
            continue
        said, ack = city.hear(data)
        if ack:
            sock.sendto(ack, peer)
        if said:
            tell({"from": peer[0], **said})
