"""MQTT 3.1.1 over TCP or TLS: points go out when they change, commands come in and are answered.

Below `<prefix>/<pole id>/`:

- `<name with />`: a point, retained: {"value":50.0,"unit":"%","quality":"good","at":"2026-11-22T08:00:00Z","age":0};
  `value` is null unless it is valid now, `at` and `age` are those of the last measurement.
- `status`: {"online":true,...}, retained; {"online":false} is our will.
- `<name>/set`: a command {"id":"..","value":50,"expires":..}; `<name>/result` is its answer {"id":..,"ok":true,
  "error":null,"value":50.0,"at":..}, where `value` is what holds now. Retained commands are not obeyed.

With `clean` (the default) a command sent while the pole is away is lost, and its sender sees no result. Without it the
broker keeps commands, and only those that carry a moment of expiry are obeyed.
---
title_zh = "MQTT 3.1.1 上行链路（TCP 或 TLS）"
[options.host]
type = "str"
required = true
en = "Name or address of the broker"
zh = "服务器（broker）的域名或地址"
[options.port]
type = "int"
default = 0
low = 0
high = 65535
en = "TCP port; 0: 1883, or 8883 with TLS"
zh = "TCP 端口；0 表示 1883，启用 TLS 时为 8883"
[options.tls]
type = "bool"
default = false
en = "Encrypt the connection"
zh = "加密连接"
[options.verify]
type = "bool"
default = true
en = "Check the broker's certificate against `ca`"
zh = "用 `ca` 校验服务器证书"
[options.ca]
type = "str"
default = ""
en = "The authority's certificate: PEM text, or a path on the board such as /id/ca.pem"
zh = "CA 证书：PEM 文本，或板上路径，如 /id/ca.pem"
[options.cert]
type = "str"
default = ""
en = "The pole's own certificate (PEM text or path), for brokers that ask for one"
zh = "本杆证书（PEM 文本或路径），用于要求客户端证书的服务器"
[options.key]
type = "str"
default = ""
secret = true
en = "Private key of `cert`, PKCS #8 (PEM text or path)"
zh = "`cert` 的私钥，PKCS #8（PEM 文本或路径）"
[options.server_name]
type = "str"
default = ""
en = "Name in the broker's certificate when it is not `host`"
zh = "服务器证书中的名称（与 `host` 不同时填写）"
[options.without_time]
type = "bool"
default = false
en = "Connect by TLS although the time is unknown, so that a certificate's dates prove nothing"
zh = "时间未知时也进行 TLS 连接（此时无法核对证书日期）"
[options.username]
type = "str"
default = ""
en = "User name; empty: none"
zh = "用户名；空表示不使用"
[options.password]
type = "str"
default = ""
secret = true
en = "Password"
zh = "密码"
[options.client_id]
type = "str"
default = ""
en = "Client identifier; empty: the pole's id"
zh = "客户端标识；空表示用杆的 id"
[options.prefix]
type = "str"
default = "yigan"
en = "First part of every topic"
zh = "所有主题的前缀"
[options.qos]
type = "int"
default = 1
low = 0
high = 1
en = "QoS of the points; commands and results always have 1"
zh = "测点上报的 QoS；命令与结果总是 1"
[options.clean]
type = "bool"
default = true
en = "Clean session: the broker keeps no commands for a pole that is away"
zh = "清除会话：杆离线时服务器不保留命令"
[options.keepalive_s]
type = "int"
default = 60
low = 1
high = 1200
unit = "s"
en = "Longest silence"
zh = "最长静默时间"
[options.answer_s]
type = "int"
default = 15
low = 1
high = 120
unit = "s"
en = "A broker that owes an answer longer than this is gone"
zh = "服务器超过此时间未应答即视为断开"
[options.window]
type = "int"
default = 4
low = 1
high = 16
en = "Messages that may wait for acknowledgement at once"
zh = "同时等待确认的消息数"
[options.retry_min_ms]
type = "int"
default = 1000
low = 50
high = 60000
unit = "ms"
en = "First wait after a broken connection; it doubles, with jitter"
zh = "断开后首次重连等待；逐次加倍并带随机抖动"
[options.retry_max_ms]
type = "int"
default = 60000
low = 50
high = 3600000
unit = "ms"
en = "Longest wait"
zh = "最长重连等待"
"""

import asyncio
import binascii

from pole import clock, errors
from pole.codec import pem
from pole.codec.mqtt import RETAIN
from pole.errors import PoleError
from pole.log import INFO, WARN
from pole.protocol import mqtt_session as mqtt
from pole.protocol.backoff import Backoff
from pole.protocol.command import Commands
from pole.protocol.mqtt_json import LONGEST, Json
from pole.protocol.mqtt_topics import Topics
from pole.protocol.report import Report

_TICK_MS = 100
_CONNECT_S = 20
_STABLE_MS = 10000  # a connection this old was a good one: the next failure starts from the shortest wait
_RESULTS = 8  # answers that wait for room


class Uplink:
    """`options`: the card's, all of them. What it counts begins with `mqtt_`."""

    def __init__(self, pole, options):
        store = pole.store
        self.pole = pole
        self.options = options
        self.host = options["host"]
        self.port = options["port"] or (8883 if options["tls"] else 1883)
        self.sent = 0  # reports of points
        self.topics = Topics(options["prefix"], pole.id, store)
        self.session = self._session(options)
        self.payload = Json(self.session, self.topics, store, clock)
        self.commands = Commands(store, clock, "mqtt", kept=not options["clean"])
        self._report = Report(store)
        self._results = []
        seed = binascii.crc32(pole.id.encode()) ^ clock.ticks_us()
        self._backoff = Backoff(seed, options["retry_min_ms"], options["retry_max_ms"])
        self._stream = None
        self._broken = None  # what ended the connection
        self._tell_status = False
        self._wake = None

    def _session(self, options):
        will = (self.topics.base + b"status", Json.offline, 1, True)
        username = options["username"].encode() or None
        return mqtt.Session(
            (options["client_id"] or self.pole.id).encode(),
            options["keepalive_s"],
            options["clean"],
            username,
            options["password"].encode() if username else None,
            will,
            options["window"],
            packet=self.topics.longest + LONGEST,
            answer_s=options["answer_s"],
        )

    # The connection's life

    async def run(self, beat):
        """For ever: connect, serve, wait, again."""
        self._wake = asyncio.Event()
        try:
            while True:
                await self._once(beat)
                await self._pause(self._backoff.next(), beat)
        finally:
            self.close()

    def close(self):
        """Release the socket. The broker then publishes our will."""
        self.session.close()
        if self._stream:
            self._stream.close()
            self._stream = None

    async def _once(self, beat):
        """One connection, from its beginning to whatever ends it."""
        try:
            await self._time_known(beat)
            beat()
            connecting = self.pole.net.connect(self.host, self.port, tls=self._tls())
            self._stream = await asyncio.wait_for(connecting, _CONNECT_S)
            await self._serve(beat)
        except (OSError, ValueError, MemoryError, PoleError, asyncio.TimeoutError) as error:
            self._say(WARN, _reason(error))
        finally:
            self.close()

    async def _time_known(self, beat):
        """Certificates have dates: without the time they prove nothing."""
        if not self.options["tls"] or not self.options["verify"]:
            return
        while clock.now() is None:
            if self.options["without_time"]:
                self._say(WARN, "time unknown: certificate dates are not checked")
                return
            self._say(WARN, "waits for the time: no certificate can be checked without it")
            await self._pause(1000, beat)

    def _tls(self):
        options = self.options
        if not options["tls"]:
            return None
        if options["verify"] and not options["ca"]:
            raise errors.ConfigError("ca")
        return {
            "cadata": _der(options["ca"]) if options["verify"] else None,
            "cert": _der(options["cert"]),
            "key": _der(options["key"]),
            "server_hostname": options["server_name"] or self.host,
        }

    async def _pause(self, ms, beat):
        while ms > 0:
            beat()
            await clock.sleep_ms(min(ms, 1000))
            ms -= 1000

    async def _serve(self, beat):
        self._broken = None
        self.session.open()
        self._wake.set()
        tasks = (asyncio.create_task(self._read()), asyncio.create_task(self._write()))
        try:
            await self._watch(beat)
        finally:
            for task in tasks:
                task.cancel()

    async def _watch(self, beat):
        """Let time pass for the session until the connection breaks."""
        session, last, age_ms = self.session, clock.ticks_ms(), 0
        while self._broken is None:
            await clock.sleep_ms(_TICK_MS)
            now = clock.ticks_ms()
            passed, last = clock.ticks_diff(now, last), now
            session.tick(passed)
            if session.state == mqtt.UP and age_ms < _STABLE_MS:
                age_ms += passed
                if age_ms >= _STABLE_MS:
                    self._backoff.reset()
            self._pump()
            beat()
        raise self._broken

    async def _write(self):
        session = self.session
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while session.pending():
                    data = session.outgoing()
                    await self._stream.write(data)
                    session.sent(len(data))
                    self._pump()
        except Exception as error:  # `_watch` raises it where the connection is known
            self._broken = self._broken or error

    async def _read(self):
        session = self.session
        try:
            while True:
                n = await self._stream.readinto(session.space())
                if not n:
                    raise OSError("closed by the broker")
                session.fed(n)
                while not self._events():  # the socket takes nothing just now
                    await clock.sleep_ms(20)
        except Exception as error:
            self._broken = self._broken or error

    def _events(self):
        """Treat all that came; False when the rest must wait until our answers are sent."""
        event = self.session.next()
        while event != mqtt.NOTHING:
            if event == mqtt.MESSAGE:
                self._message()
            elif event == mqtt.CONNECTED:
                self._connected()
            elif event == mqtt.REFUSED:
                self._say(WARN, "the broker refuses our subscription: no commands")
            event = self.session.next()
        self._pump()
        return not self.session.full()

    def _connected(self):
        self.pole.count("mqtt_connects")
        self._say(INFO, "connected")
        self._report.forget()  # a broker that was restarted may have lost what it retained
        self._tell_status = True
        self.session.subscribe(self.topics.filters(), 1)

    def _say(self, level, text):
        self.pole.log.add(level, "mqtt", "%s:%d %s" % (self.host, self.port, text))

    # Out

    def _pump(self):
        """Write what is due and has room: status, then answers, then points."""
        session = self.session
        if session.state == mqtt.UP:
            if self._tell_status and session.room():
                self._tell_status = False
                self.payload.status(self.pole.info)
            while self._results and session.room():
                self.payload.result(*self._results.pop(0))
            self._points(self.options["qos"])
        if session.pending():
            self._wake.set()

    def _points(self, qos):
        now = clock.uptime_s()
        while self.session.room(qos):
            i = self._report.due(now)
            if i < 0:
                return
            self.payload.point(i, qos)
            self._report.told(i, now)
            self.sent += 1

    # In

    def _message(self):
        reader = self.session.reader
        if reader.flags & RETAIN:  # a command of yesterday, kept by the broker
            self.pole.count("mqtt_retained")
            return
        name = self.topics.commanded(bytes(reader.view[reader.topic : reader.topic_end]))
        if name is None:
            self.pole.count("mqtt_strange")
            return
        text = b"" if reader.cut else bytes(reader.view[reader.payload : reader.end])
        answer = self.commands.take(name, text)
        self.pole.count("mqtt_" + (answer[1] or "obeyed"))
        topic = self.topics.result(name)
        if topic and len(self._results) < _RESULTS:  # who floods us gets no more answers than we can keep
            self._results.append((topic,) + answer)


def _der(source):
    """PEM text, or the file (PEM or DER) at a path, as DER; None for nothing."""
    if not source:
        return None
    if source.startswith("-----"):
        return pem.der(source.encode())
    try:
        with open(source, "rb") as file:
            return pem.der(file.read())
    except OSError:
        raise errors.ConfigError("no file " + source)


def _reason(error):
    """What to write into the log about the end of a connection."""
    name = type(error).__name__
    text = getattr(error, "detail", "") or getattr(error, "verify_message", "") or str(error)
    return "%s: %s" % (name, " ".join(text.split())) if text else name
