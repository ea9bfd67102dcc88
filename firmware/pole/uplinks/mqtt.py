"""MQTT 3.1.1 or 5 over TCP, TLS or WebSocket: points go out when they change, commands come in and are answered.

Below `<prefix>/<pole id>/`:

- `<name with />`: a point, retained: {"value":50.0,"unit":"%","quality":"good","at":"2026-11-22T08:00:00Z","age":0};
  `value` is null unless it is valid now, `at` and `age` are those of the last measurement.
- `alarm`: an event of services/alarms.py, not retained, at QoS 1.
- `statistics/<name with />/<1m, 10m, 1h, 1d>`: a record of services/statistics.py, retained, at QoS 1.
- `status`: {"online":true,...}, retained; {"online":false} is our will.
- `<name>/set`: a command {"id":"..","value":50,"expires":..}; `<name>/result` is its answer {"id":..,"ok":true,
  "error":null,"value":50.0,"at":..}, where `value` is what holds now. Retained commands are not obeyed.

With `clean` (the default) a command sent while the pole is away is lost, and its sender sees no result. Without it the
broker keeps commands, and only those that carry a moment of expiry are obeyed.

On a pole with a journal all reports come from it (protocol/mqtt_replay.py). What not every pole asks for is loaded where
an option does: MQTT 5, QoS 2, WebSocket, TLS, what introduces the pole to Home Assistant.
---
link = "wide"
title_zh = "MQTT 3.1.1 / 5 上行链路（TCP、TLS 或 WebSocket）"
beside = { journal = ["pole.protocol.mqtt_replay"] }
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
[options.version]
type = "int"
default = 4
brings = { 5 = ["pole.protocol.mqtt5_hello"] }
low = 4
high = 5
en = "Protocol level: 4 is MQTT 3.1.1, 5 is MQTT 5"
zh = "协议级别：4 为 MQTT 3.1.1，5 为 MQTT 5"
[options.path]
type = "str"
default = ""
brings = { "*" = ["pole.protocol.websocket_hello"] }
en = "WebSocket at this path of the broker, such as /mqtt; empty: plain TCP or TLS"
zh = "WebSocket 路径，如 /mqtt；空表示直接使用 TCP 或 TLS"
[options.tls]
type = "bool"
default = false
brings = { true = ["pole.codec.pem", "pole.codec.tls_reason", "pole.hal.net_tls"] }
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
en = "Client identifier; empty: the pole's id; auto: the broker gives one"
zh = "客户端标识；空表示用杆的 id；auto 表示由服务器分配"
[options.prefix]
type = "str"
default = "yigan"
en = "First part of every topic"
zh = "所有主题的前缀"
[options.qos]
type = "int"
default = 1
brings = { 2 = ["pole.protocol.mqtt_exactly"] }
low = 0
high = 2
en = "QoS of the points, at least 1 with a journal; commands and results always have 1"
zh = "测点上报的 QoS（启用断网续传日志时至少为 1）；命令与结果总是 1"
[options.clean]
type = "bool"
default = true
en = "Clean session: the broker keeps no commands for a pole that is away"
zh = "清除会话：杆离线时服务器不保留命令"
[options.session_s]
type = "int"
default = 86400
low = 60
high = 31536000
unit = "s"
en = "How long a broker of MQTT 5 keeps a session that is not clean"
zh = "MQTT 5 服务器保留非清除会话的时长"
[options.discovery]
type = "str"
default = ""
brings = { "*" = ["pole.protocol.ha_discovery"] }
en = "Introduce all points to Home Assistant below this topic, usually homeassistant; empty: do not"
zh = "在此主题下向 Home Assistant 发布自动发现信息，通常为 homeassistant；空表示不发布"
[options.payload]
type = "enum"
values = ["json", "cbor", "sparkplug"]
default = "json"
brings = { cbor = ["pole.protocol.payload_cbor"], sparkplug = ["pole.protocol.payload_sparkplug"] }
en = "How points are written: JSON, SenML in CBOR, or a Sparkplug B edge node in the group `prefix`"
zh = "测点的编码：JSON、CBOR 格式的 SenML，或 Sparkplug B 边缘节点（组名取自 `prefix`）"
[options.primary_host]
type = "str"
default = ""
en = "Sparkplug: the primary host; while it is offline the pole waits and its journal keeps; empty: none"
zh = "Sparkplug 主机应用；其离线期间杆等待并由断网续传日志保存数据；空表示无"
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

from pole import clock, seldom
from pole.connection import Connection
from pole.log import INFO, WARN
from pole.protocol import mqtt_session as mqtt

_BURST = (
    5  # messages written at once, some 2 ms each on an ESP32: the rest comes with the next tick or answer
)


class Uplink(Connection):
    """`options`: the card's, all of them. What it counts begins with `mqtt_`. services/link.py may lead it."""

    allowed = 63  # what it may carry, as protocol/link_policy.py says
    connects = bytes_up = bytes_down = 0
    success = -1  # uptime of the last acknowledgement

    def __init__(self, pole, options):
        Connection.__init__(self, pole, options, options["port"] or (8883 if options["tls"] else 1883))
        self.sent = 0  # reports of points
        self._name = options.get("name", "mqtt")  # the journal's reader
        self.kept = not options["clean"]
        self.recent = []  # the last commands, by protocol/command.py
        self.results = []  # answers that wait for room: the arguments of `publish` behind the head
        self._prepare(pole, options)
        self._tell_status = False
        self._event = 0  # the last alarm event that was told
        self._record = 0  # and the last record of the statistics
        self._introduction = None  # protocol/ha_discovery.py, until it has said all

    def _prepare(self, pole, options):
        from pole.protocol import mqtt_choice

        self._node = None  # the pole as a Sparkplug edge node
        if options["payload"] == "sparkplug":
            self._node = self.points = mqtt_choice.node(pole, clock, options)
            self.session = self._node.session
        else:
            self.points, self.session = mqtt_choice.made(pole, clock, options)
        self._replay = self._node  # else protocol/mqtt_replay.py, on a pole with a journal
        self.options = mqtt_choice.later(options)
        seldom.forget(mqtt_choice)

    def settle(self):
        Uplink._prepare = None
        return [self.session, self.session.reader, self.points]

    def _join(self):
        """From the journal's start on it keeps for us what we have not told."""
        journal = getattr(self.pole, "journal", None)
        if journal and not self._replay:
            from pole.protocol import mqtt_choice

            self._replay = mqtt_choice.replay(journal, self._name, self.points, clock, self.options["payload"])
            seldom.forget(mqtt_choice)

    def close(self):
        """Release the socket. The broker then publishes our will."""
        Connection.close(self)
        if self._replay:
            self._replay.forget(self.session)

    def farewell(self):
        """A restart of ours: the broker shall know now, not when it misses us. It publishes our will, unless we say it."""
        if self._stream:
            if self._node:
                self._node.farewell(self._stream)
            elif self.options["version"] == 5:
                self.session.leave(None, self._stream)
            self.close()

    @property
    def up(self):
        return self.session.state == mqtt.UP

    def _treat(self, event):
        pole = self.pole
        self.success = clock.uptime_s()
        if event == mqtt.MESSAGE:
            pole.count("mqtt_" + self._obey())
        elif event == mqtt.CONNECTED:
            pole.count("mqtt_connects")
            self.connects += 1
            pole.log.add(INFO, "mqtt", "connected" + self.session.assigned)
            # a broker that was restarted may have lost what it retained
            self._replay.begin() if self._replay else self.points.forget()
            self._tell_status = not self._node
            self.reason = ""
            if self.options["discovery"] and not self._node:
                from pole.protocol.ha_discovery import Introduction

                self._introduction = Introduction(self.points, pole, self.options)
        elif event == mqtt.TAKEN:
            if self.session.taken:
                self._replay.taken(self.session.taken)
            if self.session.reason:
                pole.count("mqtt_refused")
                pole.log.add(WARN, "mqtt", "a message is refused: " + self.session.why())
        elif event == mqtt.REFUSED:
            pole.log.add(WARN, "mqtt", "the broker refuses our subscription: no commands")

    def _pump(self):
        """Write what is due and has room: status, then answers, then points. Give the socket what it takes."""
        session, points, qos = self.session, self.points, self.options["qos"]
        now, i, alarms = clock.uptime_s(), 0, getattr(self.pole, "alarms", None)
        records = getattr(self.pole, "statistics", None)
        for _ in range(_BURST):
            while session.pending():
                n = self._stream.give(session.outgoing())
                session.sent(n)
                self.bytes_up += n
                if not n:
                    return
            if session.state != mqtt.UP or not session.room():
                return
            if self._tell_status:
                self._tell_status = False
                session.publish(0x33, points.base + b"status", self._status())
            elif self.results:
                session.publish(0x32, *self.results.pop(0))
            elif self._introduction:
                said = self._introduction.next()
                if said:
                    session._say(said)
                else:
                    self._introduction = None
            elif self._replay:
                self._replay.wait = not self.allowed >> 5 & 1
                if not self._replay.step(session, qos):
                    return
            elif alarms and alarms.seq > self._event:
                self._event, said = alarms.event(self._event + 1)
                session.publish(0x32, points.base + b"alarm", said)
            elif not self.allowed >> 5 & 1:
                return
            elif records and records.seq > self._record:
                self._record, topic, said = records.event(self._record + 1)
                session.publish(0x33, points.base + topic, said)
            else:
                i = points.due(now)
                if i < 0:
                    return
                points.tell(session, i, qos)
                points.told(i, now)
                self.sent += 1

    def _obey(self):
        """Treat a message; the word it is counted by."""
        if self._node:
            return self._node.take(self.session.reader)
        from pole.protocol import mqtt_command

        try:
            return mqtt_command.obeyed(self, clock)
        finally:
            seldom.forget(mqtt_command)

    def _status(self):
        from pole.protocol import mqtt_hello

        said = mqtt_hello.status(self.pole.info, clock.iso(clock.now()))
        seldom.forget(mqtt_hello)
        return said
