"""Client of a pole's console service, protocol version 0: `#y0 <json>*<crc>` lines on a serial line.

The device's side is firmware/pole/services/console.py. One request is under way at a time; what is no frame of
ours (prints, a boot log, noise) is passed over. A request whose answer does not come is said again: all of them
mean the same when they come twice.
"""

import json
import time
from collections.abc import Callable, Iterator

from yigan.errors import DeviceError, LinkError
from yigan.lang import t
from yigan.link.serial import Port
from yigan.terminal import visible

MOST = 200  # bytes of a request's JSON: the board's console keeps 259
_TRIES = 3
_SILENCE_S = 3.0  # a pole that draws its breath (an erase, a TLS handshake) is silent for less
_MARK = b"#y0 "
_ECHOES = 3


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS: 0x8005 reflected, initial FFFF. Check value of b"123456789": 0x4B37."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def encode(message: dict) -> bytes:
    """The line that carries `message`; it begins with a line feed to end what a stranger left on the line."""
    body = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
    return b"\n" + _MARK + body + b"*%04x\n" % crc16(body)


def decode(line: bytes) -> dict | None:
    """The message of one line, None when it carries none or is damaged."""
    _, mark, rest = line.strip(b"\r\n").rpartition(_MARK)
    body, star, check = rest[:-5], rest[-5:-4], rest[-4:]
    if not mark or star != b"*" or check != b"%04x" % crc16(body):
        return None
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):  # a thousand brackets are no message
        return None
    return visible.cleaned(message) if isinstance(message, dict) else None  # type: ignore[return-value]


_EPOCH_2020 = 1577836800  # the pole counts from 2020-01-01


class Client:
    """Asks a running pole. LinkError: it does not answer. DeviceError: it refuses (`code` of pole/errors.py)."""

    def __init__(self, port: Port, silence_s: float = _SILENCE_S):
        self.port = port
        self.strangers: Callable[[bytes], None] | None = None  # gets each line that is not ours
        self._silence_s = silence_s
        self._n = int(time.time() * 1000) % 100000  # answers to an earlier client's questions are not ours
        self._line = b""
        self._ready: list[dict] = []

    # Frames

    def messages(self, timeout_s: float) -> Iterator[dict]:
        """Frames as they come, until none came for `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while True:
            while self._ready:
                yield self._ready.pop(0)
                deadline = time.monotonic() + timeout_s
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._sort(self.port.read(min(left, 0.2)))

    def _sort(self, heard: bytes) -> None:
        *lines, self._line = (self._line + heard).split(b"\n")
        self._line = self._line[-4096:]
        for line in lines:
            message = decode(line)
            if message is not None:
                self._ready.append(message)
            elif self.strangers and line.strip(b"\r\0"):
                self.strangers(line)

    def ask(self, do: str, row: Callable[[dict], None] | None = None, **details: object) -> dict:
        """One request; `row` gets each row, the dict of the final `ok` is returned."""
        for attempt in range(_TRIES):
            rows: list[dict] = []
            answer = self._once(do, details, rows)
            if answer is not None:
                for each in rows if row else ():
                    row(each)
                return answer
            if attempt == 0:
                self.port.write(b"\r\n")  # end what a terminal may have left half-typed
        raise _no_answer(self.port.name)

    def _once(self, do: str, details: dict, rows: list[dict]) -> dict | None:
        self._n += 1
        frame = encode({"n": self._n, "do": do, **details})
        if len(frame) > MOST + 11:
            raise DeviceError(t("The request is too long.", "请求过长。"), self.port.name)
        self.port.write(frame)
        for message in self.messages(self._silence_s):
            if message.get("n") != self._n:
                continue
            if "r" in message:
                rows.append(message["r"])
            elif "ok" in message:
                return message["ok"]
            elif "error" in message:
                raise _refused(message, self.port.name)
        return None

    # The requests

    def identify(self) -> dict:
        """{pole, board, version, bundle, uid, micropython, uptime (s), trust, protocol, bench, points, ...}."""
        return self.ask("identify")

    def get(self, names: list[str] | str = "*") -> list[dict]:
        """Rows {p: name, v: text or None, u: unit, q: quality, age: s or None}. `names`: full, `lamp.`, or `*`."""
        rows: list[dict] = []
        for part in _portions(names):
            self.ask("get", rows.append, names=part)
        return rows

    def set(self, name: str, value: str) -> dict:
        """Ask for a value; the row of the point."""
        return self.ask("set", p=name, v=value)

    def log(self, since: int = 0) -> list[dict]:
        """Lines younger than `since`: {s: number, t: uptime s, l: level, w: where, x: text, k: times}."""
        rows: list[dict] = []
        self.ask("log", rows.append, since=since)
        return rows

    def give_time(self) -> bool:
        """Tell the pole this machine's time; False when it has a better source."""
        return bool(self.ask("time", utc=int(time.time()) - _EPOCH_2020)["taken"])

    def restart(self, mode: str = "hard") -> None:
        self.ask("restart", mode=mode)

    def watch(
        self, names: list[str] | str = "*", every_s: int = 1, for_s: float | None = None
    ) -> Iterator[dict]:
        """Rows as the points change, for `for_s` seconds or ever; the first ones tell all. Ends the watch when closed."""
        ends = time.monotonic() + for_s if for_s is not None else float("inf")
        (part,) = _portions(names)
        lease = self.ask("watch", names=part, every=every_s)["lease"]
        number, renew = self._n, time.monotonic() + lease / 2
        try:
            while time.monotonic() < ends:
                yield from self._changes(number)
                if time.monotonic() > renew:
                    renew = time.monotonic() + lease / 2
                    self._renew(number, part, every_s)
        finally:
            self._stop()

    def _changes(self, number: int) -> list[dict]:
        self._sort(self.port.read(0.2))
        rows = [message["r"] for message in self._ready if message.get("n") == number and "r" in message]
        self._ready.clear()
        return rows

    def _renew(self, number: int, names: object, every_s: int) -> None:
        """The same request again: the board goes on without telling everything anew."""
        self.port.write(encode({"n": number, "do": "watch", "names": names, "every": every_s}))

    def _stop(self) -> None:
        try:
            self.ask("unwatch")
        except (LinkError, DeviceError):
            pass  # the lease ends it

    def wait_hello(self, pole_id: str, timeout_s: float) -> dict:
        """Until the pole answers `identify`, its greeting heard or not. LinkError when it does not in time.

        A REPL echoes what we ask (and takes it for a comment): then no program runs, and waiting is in vain.
        """
        deadline, echoes = time.monotonic() + timeout_s, 0
        while time.monotonic() < deadline and echoes < _ECHOES:
            self._n += 1
            self.port.write(encode({"n": self._n, "do": "identify"}))
            for message in self.messages(0.7):
                if message.get("hello") == pole_id:
                    break  # it has just started: ask again at once
                if "pole" in message.get("ok", ()):  # a slow board's answer to an earlier question is as good
                    return message["ok"]
                echoes += "do" in message
        raise _no_answer(self.port.name)


def _portions(names: list[str] | str) -> list[list[str] | str]:
    """Lists short enough for one request each."""
    if isinstance(names, str):
        return [names]
    portions: list[list[str]] = [[]]
    for name in names:
        if portions[-1] and len(json.dumps([*portions[-1], name])) > MOST - 50:
            portions.append([])
        portions[-1].append(name)
    return [*portions]


_REASONS = {
    1: ("It can only be read.", "该点只读。"),
    2: ("The value is out of its range.", "数值超出范围。"),
    3: ("Somebody at the pole has the last word just now.", "现场人员正在手动控制。"),
    4: ("Nothing on this pole serves it.", "该灯杆上没有部件负责此点。"),
    5: ("This pole has no such point.", "该灯杆没有这个点。"),
    6: ("The request has expired.", "请求已过期。"),
    7: ("The pole does not understand the request.", "灯杆无法理解该请求。"),
    8: ("This is no value for it.", "数值格式不正确。"),
}


def reason(code: int, word: str = "") -> str:
    """What an error code of pole/errors.py means to a person."""
    texts = _REASONS.get(code)
    return t(*texts) if texts else t("The pole refused: {w}.", "灯杆拒绝：{w}。", w=word or code)


def _refused(message: dict, name: str) -> DeviceError:
    code = message.get("code", 0)
    where = message.get("at") or name
    return DeviceError(reason(code, str(message["error"])), str(where), code=code)


def _no_answer(name: str) -> LinkError:
    return LinkError(
        t("No pole answers on this console.", "控制台上没有灯杆应答。"),
        name,
        t(
            "Is a yigan pole running there? `yigan up` puts one on a board; a board just started needs some seconds.",
            "那里运行着 yigan 灯杆吗？可用 `yigan up` 部署；刚启动的板子需要几秒钟。",
        ),
    )
