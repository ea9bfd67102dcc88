"""A pole by MQTT: its retained points, its `/set` and `/result` topics (docs: firmware/pole/uplinks/mqtt.py).

`mqtt:HOST[:PORT]/PREFIX/POLE`, `mqtts:` for TLS; YIGAN_MQTT_USER, YIGAN_MQTT_PASSWORD and YIGAN_MQTT_CA (a file)
as the broker wants them: a password has no place in a command line.
"""

import json
import os
import queue
import time
import uuid
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

import paho.mqtt.client as paho

from yigan.errors import ConfigError, DeviceError, LinkError
from yigan.lang import t
from yigan.link.service import reason
from yigan.via.way import Reading, Way, changes, chosen, over, unknown

_CONNECT_S = 10.0
_RETAINED_S = 0.7  # silence after which the broker has told all it kept
_RESULT_S = 15.0
_BACK_S = 5.0  # a pole that has just lost its connection is usually back after a second or two
_CODES = {"read_only": 1, "out_of_range": 2, "overridden": 3, "not_owned": 4, "unknown_point": 5, "expired": 6,
          "bad_request": 7, "bad_value": 8}  # fmt: skip


def connect(rest: str, secure: bool = False) -> Way:
    parts = urlsplit(f"//{rest}")
    prefix, _, pole = parts.path.strip("/").rpartition("/")
    if not parts.hostname or not prefix or not pole:
        raise ConfigError(
            t("mqtt: wants a host, a prefix and a pole id.", "mqtt: 需要主机、前缀和灯杆编号。"),
            "--via",
            "mqtt:broker.example:1883/yigan/demo-0001",
        )
    return Mqtt(parts.hostname, parts.port or (8883 if secure else 1883), prefix, pole, secure)


class Mqtt(Way):
    def __init__(self, host: str, port: int, prefix: str, pole: str, secure: bool = False):
        self.name = f"mqtt:{host}:{port}/{prefix}/{pole}"
        self.pole = pole
        self._base = f"{prefix}/{pole}/"
        self._heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._points: dict[str, Reading] = {}
        self._status: dict = {}
        self._events: list[dict] = []
        self._lost = False
        self._client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=f"yigan-{uuid.uuid4().hex[:12]}"
        )
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = lambda client, data, message: self._heard.put(
            (message.topic, message.payload)
        )
        self._joined: queue.Queue[object] = queue.Queue()
        self._secure(secure)
        self._join(host, port)

    def _secure(self, secure: bool) -> None:
        user = os.environ.get("YIGAN_MQTT_USER")
        if user:
            self._client.username_pw_set(user, os.environ.get("YIGAN_MQTT_PASSWORD"))
        if secure:
            self._client.tls_set(ca_certs=os.environ.get("YIGAN_MQTT_CA") or None)

    def _join(self, host: str, port: int) -> None:
        hint = t("Is the broker running, and the address right?", "请检查服务器是否运行、地址是否正确。")
        try:
            self._client.connect(host, port, keepalive=30)
            self._client.loop_start()
            reason_code = self._joined.get(timeout=_CONNECT_S)
        except (OSError, ValueError, queue.Empty) as error:
            self.close()
            what = t("The broker does not answer: {e}.", "MQTT 服务器无应答：{e}。", e=error)
            raise LinkError(what, f"{host}:{port}", hint) from error
        if getattr(reason_code, "is_failure", False):
            self.close()
            what = t("The broker refuses us: {e}.", "MQTT 服务器拒绝连接：{e}。", e=reason_code)
            raise LinkError(what, f"{host}:{port}", "YIGAN_MQTT_USER, YIGAN_MQTT_PASSWORD")
        self._client.subscribe(self._base + "#", qos=1)
        self._gather(_RETAINED_S, 5.0)

    def _connected(self, client, data, flags, reason_code, properties) -> None:
        self._joined.put(reason_code)

    def _disconnected(self, client, data, flags, reason_code, properties) -> None:
        self._lost = True

    # What comes

    def _gather(self, quiet_s: float, limit_s: float) -> list[Reading]:
        """Take in messages until none came for `quiet_s`; the readings among them."""
        deadline = time.monotonic() + limit_s
        found = []
        while time.monotonic() < deadline:
            try:
                topic, payload = self._heard.get(timeout=quiet_s)
            except queue.Empty:
                break
            reading = self._take(topic, payload)
            if reading:
                found.append(reading)
        if self._lost:
            raise LinkError(t("The broker closed the connection.", "MQTT 服务器断开了连接。"), self.name)
        return found

    def _take(self, topic: str, payload: bytes) -> Reading | None:
        rest = topic.removeprefix(self._base)
        try:
            told = json.loads(
                payload, parse_float=str, parse_int=str
            )  # the text of a number, not a float near it
        except ValueError:
            return None
        if not isinstance(told, dict) or rest.endswith(("/set", "/result")):
            return None
        if rest == "status":
            self._status = told
            return None
        if rest == "alarm":
            self._events.append(json.loads(payload))
            return None
        reading = _reading(rest.replace("/", "."), told)
        self._points[reading.name] = reading
        return reading

    def _present(self) -> dict[str, Reading]:
        self._gather(0.01, 0.5)
        if not self._points:
            raise LinkError(
                t("No pole {p} reports there.", "没有灯杆 {p} 上报。", p=self.pole),
                self.name,
                t(
                    "Check prefix and pole id: nothing is retained there.",
                    "请检查前缀与灯杆编号：该主题下没有保留消息。",
                ),
            )
        return self._points

    # What can be asked

    def identify(self) -> dict:
        present = self._present()
        return {"pole": self.pole, **self._status, "points": len(present)}

    def get(self, names: Iterable[str]) -> list[Reading]:
        present = self._present()
        return [present[name] for name in chosen(names, present, self.name)]

    def set(self, name: str, value: str) -> Reading:
        present = self._present()
        if name not in present:
            raise unknown(name, present, self.name)
        deadline = time.monotonic() + _BACK_S
        while self._status.get("online") is False and time.monotonic() < deadline:
            self._gather(0.2, 0.5)
        if self._status.get("online") is False:
            raise LinkError(t("The pole is offline.", "灯杆不在线。"), self.name)
        told = self._command(name, value, int(_RESULT_S))
        if (
            told.get("error") == "no_expiry"
        ):  # the broker keeps commands for it: it wants a moment, not a delay
            told = self._command(name, value, int(time.time() + _RESULT_S))
        if not told.get("ok"):
            word = str(told.get("error"))
            raise DeviceError(reason(_CODES.get(word, 0), word), name, code=_CODES.get(word, 0))
        self._gather(0.3, 1.0)
        return self._points[name]

    def tool(self, name: str, **request: object) -> tuple[dict, list[dict]]:
        """Alarm events travel by MQTT as they come; nothing else does."""
        if name != "alarms":
            return super().tool(name, **request)
        self._gather(0.01, 0.5)
        heard, self._events = self._events, []
        return {}, [{"e": event} for event in heard]

    def _command(self, name: str, value: str, expires: int) -> dict:
        """Its result. `expires`: seconds from now, or since 1970."""
        ident, topic = uuid.uuid4().hex[:16], f"{self._base}{name.replace('.', '/')}"
        command = json.dumps({"id": ident, "value": _json_value(value), "expires": expires})
        self._client.publish(f"{topic}/set", command, qos=1)
        return self._result(f"{topic}/result", ident)

    def _result(self, topic: str, ident: str) -> dict:
        deadline = time.monotonic() + _RESULT_S
        while time.monotonic() < deadline:
            try:
                came, payload = self._heard.get(timeout=0.2)
            except queue.Empty:
                continue
            self._take(came, payload)
            told = _object(payload) if came == topic else {}
            if told.get("id") == ident:
                return told
        raise LinkError(t("The pole did not answer the command.", "灯杆没有回应命令。"), self.name)

    def watch(self, names: Iterable[str], every_s: int = 1, for_s: float | None = None) -> Iterator[Reading]:
        wanted, started = list(names), time.monotonic()
        before: dict[str, Reading] = {}
        while not over(started, for_s):
            yield from changes(before, self.get(wanted))
            self._gather(0.2, max(every_s, 0.2))

    def close(self) -> None:
        self._client.on_disconnect = None
        self._client.disconnect()
        self._client.loop_stop()


def _object(payload: bytes) -> dict:
    try:
        told = json.loads(payload)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _reading(name: str, told: dict) -> Reading:
    value = told.get("value")
    if isinstance(value, bool):
        value = "true" if value else "false"
    age = told.get("age")
    text, raw = (None if v is None else str(v) for v in (value, told.get("raw")))
    return Reading(
        name, text, str(told.get("unit", "")), str(told.get("quality", "")), None if age is None else int(age), raw,
        str(told.get("reason", "")),
    )  # fmt: skip


def _json_value(text: str) -> object:
    """A number or a bool as such, so that any reader of the topic sees what it is."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (bool, int, float)) else text
