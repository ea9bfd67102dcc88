"""The MQTT uplink with MQTT 5, QoS 2, WebSocket and Home Assistant, against real brokers; paho-mqtt is the city."""

import asyncio
import json
import queue
import socket
import struct
import threading
import time

import paho.mqtt.client as paho
import pytest
from amqtt.broker import Broker as Amqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from uplinks.brokers import BASE, NOW, City, Mosquitto, Proxy, eventually, free_port, pole

from pole.protocol import mqtt5_hello
from yigan.broker import Broker


@pytest.fixture(params=["cpython", "vm"])
def interpreter(request):
    return request.param


@pytest.fixture
def mosquitto(tmp_path):
    with Mosquitto(tmp_path) as broker:
        yield broker


class Asker:
    """A client of MQTT 5 that asks by response topic and correlation data."""

    def __init__(self, port, topic="answers/7"):
        self.answers, self.heard, self.topic = queue.Queue(), [], topic
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.on_message = self._take
        self._client.connect("localhost", port)
        self._client.loop_start()
        self._client.subscribe([(topic, 1), (BASE + "#", 2)])

    def _take(self, client, data, message):
        if message.topic == self.topic:
            self.answers.put((message.properties.CorrelationData, json.loads(message.payload)))
        else:
            self.heard.append((message.topic, json.loads(message.payload), message.qos))

    def ask(self, name, correlation, expiry=30, **fields):
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic, properties.CorrelationData = self.topic, correlation
        properties.MessageExpiryInterval = expiry
        properties.UserProperty = ("by", "a test")
        payload = json.dumps(fields)
        self._client.publish(f"{BASE}{name}/set", payload, 1, False, properties).wait_for_publish(5)

    def values(self, name):
        return [said["value"] for topic, said, _ in list(self.heard) if topic == BASE + name]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._client.disconnect()
        self._client.loop_stop()


def rises(values):
    """Whether it counts up, each value once."""
    return values == sorted(set(values)) and len(values) > 5


def test_packets_by_an_independent_decoder():
    """What paho's own decoder of properties makes of our CONNECT, and ours of what it encodes."""
    from pole.codec import mqtt5

    said = mqtt5_hello.connect(b"dev1", 60, False, None, None, None, 3600, 4, [(b"board", b"x")])
    found, n = Properties(PacketTypes.CONNECT).unpack(said[12:])
    assert (found.SessionExpiryInterval, found.ReceiveMaximum, found.MaximumPacketSize) == (3600, 4, 65536)
    assert found.UserProperty == [("board", "x")]
    assert said[12 + n :] == b"\x00\x04dev1"
    theirs = Properties(PacketTypes.CONNACK)
    theirs.ReceiveMaximum, theirs.TopicAliasMaximum, theirs.AssignedClientIdentifier = 10, 5, "it"
    theirs.UserProperty = [("a", "b"), ("a", "c")]
    data = theirs.pack()
    found, end = mqtt5.properties(data, 0, len(data))
    assert (found[0x21], found[0x22], end, len(found[0x26])) == (10, 5, len(data), 2)
    # shared vectors: a session of an hour, keep-alive 60, id dev1
    vector = bytes.fromhex("101600044d51545405 02003c 05 1100000e10 000464657631".replace(" ", ""))
    assert vector[13:18] == b"\x11" + struct.pack(">I", 3600) and vector[13:18] in said


def test_life_of_a_pole(interpreter, mosquitto):
    with Asker(mosquitto.port) as city, pole(interpreter, mosquitto.port, NOW, version=5) as process:
        eventually(lambda: len(city.values("air/pm2_5")) > 8)
        assert rises(city.values("air/pm2_5"))
        city.ask("lamp/level", b"\x01\x02", id="c1", value=42.5)
        correlation, answer = city.answers.get(timeout=5)
        assert (correlation, answer["id"], answer["ok"], answer["value"]) == (b"\x01\x02", "c1", True, 42.5)
        eventually(lambda: city.values("lamp/level/result"))
        city.ask("lamp/level", b"", id="c2", value=101)
        assert city.answers.get(timeout=5)[1]["error"] == "out_of_range"
        assert not process.said("Error")


@pytest.mark.parametrize("version", (4, 5))
def test_qos_2_through_restarts(interpreter, tmp_path, version):
    """A kept session, and a broker that keeps it on disk: each value once, in its order."""
    lines = "persistence true", f"persistence_location {tmp_path}/", "max_queued_messages 0"
    with Mosquitto(tmp_path, *lines) as broker, Proxy(broker.port) as proxy:
        with Asker(broker.port) as city:
            options = {"version": version, "qos": 2, "clean": False, "answer_s": 2, "keepalive_s": 2}
            with pole(interpreter, proxy.port, NOW, **options) as process:
                eventually(lambda: len(city.values("air/pm2_5")) > 5)
                for _ in range(2):
                    before = len(city.values("air/pm2_5"))
                    proxy.stalled = True
                    eventually(lambda: not process.lines[-1].startswith("count") and process.said("BusError"))
                    proxy.stalled = False
                    eventually(lambda n=before: len(city.values("air/pm2_5")) > n + 3)
                assert all(qos == 2 for topic, _, qos in city.heard if topic == BASE + "air/pm2_5")
            values = city.values("air/pm2_5")
            assert [b for a, b in zip(values, values[1:], strict=False) if b < a] == []


def _half_told(port, version):
    """A pole that lost its memory in the middle of three messages of QoS 2."""
    will = b"\x05\x11\x00\x00\x0e\x10" if version == 5 else b""  # kept an hour
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.settimeout(5)
        s.sendall(_packet(0x10, b"\x00\x04MQTT" + bytes((version, 0, 0, 60)) + will + b"\x00\x09demo-0001"))
        assert s.recv(100)[0] == 0x20
        for k in (1, 2, 3):
            topic = (BASE + f"kept/{k}").encode()
            none = b"\x00" if version == 5 else b""
            s.sendall(_packet(0x34, bytes((0, len(topic))) + topic + bytes((0, k)) + none + b"{}"))
        answers = b""
        while len(answers) < 12:
            answers += s.recv(100)
        assert answers == b"\x50\x02\x00\x01\x50\x02\x00\x02\x50\x02\x00\x03"


def _packet(head, body):
    return bytes((head, len(body))) + body


@pytest.mark.parametrize("version", (4, 5))
def test_a_pole_that_forgot_what_it_said(interpreter, mosquitto, version):
    """The broker holds three identifiers for it: they are let go, and what comes under the same numbers is heard."""
    heard = []
    city = paho.Client(paho.CallbackAPIVersion.VERSION2)
    city.on_message = lambda c, d, m: heard.append((m.topic[len(BASE) :], json.loads(m.payload)))
    city.connect("localhost", mosquitto.port)
    city.subscribe(BASE + "#", 2)
    city.loop_start()
    _half_told(mosquitto.port, version)
    time.sleep(0.3)
    assert heard == []
    options = {"version": version, "qos": 2, "clean": False}
    with pole(interpreter, mosquitto.port, NOW, **options) as process:
        eventually(lambda: {topic for topic, _ in heard} >= {"kept/1", "kept/2", "kept/3"})
        eventually(lambda: len([1 for topic, _ in heard if topic == "air/pm2_5"]) > 8)
        values = [said["value"] for topic, said in heard if topic == "air/pm2_5" and said["value"] is not None]
        assert rises(values)
        assert {topic for topic, _ in heard} >= {"lamp/level", "air/1/pm2_5"}
        assert not process.said("Error")
    city.disconnect()
    city.loop_stop()


def test_a_command_that_expires_at_the_broker_needs_no_date(interpreter, mosquitto):
    with Proxy(mosquitto.port) as proxy, Asker(mosquitto.port) as city:
        options = {"version": 5, "clean": False, "keepalive_s": 1, "answer_s": 1}
        with pole(interpreter, proxy.port, NOW, **options) as process:
            eventually(lambda: city.values("air/1/pm2_5"))
            proxy.stalled = True
            eventually(lambda: process.said("BusError"))
            city.ask("lamp/level", b"a", 1, id="late", value=1)
            city.ask("lamp/level", b"b", 60, id="kept", value=30)
            time.sleep(1.2)
            proxy.stalled = False
            answers = [city.answers.get(timeout=8)[1]]
            while answers[-1]["id"] != "kept":  # what was on its way already, mosquitto sends again without its expiry
                answers.append(city.answers.get(timeout=8)[1])
            assert not any(answer["ok"] for answer in answers[:-1])
            assert process.lines.count("dim 300") == 1 and not process.said("dim 10")


def test_the_log_says_why(interpreter, tmp_path):
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite yigan/#\ntopic deny yigan/demo-0001/air/1/pm2_5\n")
    with (
        Mosquitto(tmp_path, "allow_anonymous false") as broker,
        pole(interpreter, broker.port, version=5) as process,
    ):
        eventually(lambda: process.said("AuthError: 0x87 not authorised"))
    with Mosquitto(tmp_path, f"acl_file {acl}", "max_keepalive 30") as broker:
        with pole(interpreter, broker.port, NOW, version=5, keepalive_s=600) as process:
            eventually(lambda: process.said("a message is refused: 0x87 not authorised"))


def test_taken_over_again_and_again(interpreter, mosquitto):
    """Another client of our name comes back at once each time: no storm of connections (mosquitto 2.0.11 says no 0x8e)."""
    with pole(interpreter, mosquitto.port, version=5, retry_max_ms=2000) as process:
        eventually(lambda: process.said("connected"))
        rival = paho.Client(paho.CallbackAPIVersion.VERSION2, "demo-0001", protocol=paho.MQTTv5)
        rival.reconnect_delay_set(1, 1)
        rival.connect("localhost", mosquitto.port)
        rival.loop_start()
        time.sleep(5)
        rival.loop_stop()
        assert process.lines.count("count mqtt_connects") <= 5


def test_an_identifier_from_the_broker(interpreter, mosquitto):
    with (
        City(mosquitto.port) as city,
        pole(interpreter, mosquitto.port, version=5, client_id="auto") as process,
    ):
        eventually(lambda: city.last("air/1/pm2_5"))
        eventually(lambda: process.said("connected as auto-"))


def test_an_old_broker(interpreter):
    """amqtt speaks 3.1.1 only, and answers nothing at all."""
    with Broker() as broker, pole(interpreter, broker.port, version=5, answer_s=1) as process:
        eventually(lambda: process.said("BusError: CONNACK"))


@pytest.fixture
def websockets():
    """amqtt's WebSocket listener (Debian's mosquitto opens none without IPv6)."""
    port, loop = free_port(), asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    config = {"listeners": {"default": {"type": "ws", "bind": f"127.0.0.1:{port}"}}, "plugins": {
        "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}}  # fmt: skip

    async def begin():
        broker = Amqtt(config, loop)
        await broker.start()
        return broker

    broker = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
    yield port
    asyncio.run_coroutine_threadsafe(broker.shutdown(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)


def test_websocket(interpreter, websockets):
    heard = []
    city = paho.Client(paho.CallbackAPIVersion.VERSION2, transport="websockets")
    city.on_message = lambda c, d, m: heard.append((m.topic, json.loads(m.payload)))
    city.connect("127.0.0.1", websockets)
    city.subscribe(BASE + "#", 1)
    city.loop_start()
    with pole(interpreter, websockets, NOW, host="127.0.0.1", path="/mqtt") as process:
        eventually(lambda: len([1 for topic, _ in heard if topic == BASE + "air/pm2_5"]) > 5)
        city.publish(BASE + "lamp/level/set", json.dumps({"id": "c1", "value": 42.5}), 1).wait_for_publish(5)
        eventually(lambda: any(topic == BASE + "lamp/level/result" and said["ok"] for topic, said in heard))
        assert not process.said("Error")
    city.disconnect()
    city.loop_stop()


def test_a_broker_without_websocket(interpreter, mosquitto):
    with pole(interpreter, mosquitto.port, path="/mqtt", answer_s=2) as process:
        eventually(lambda: process.said("Error"))
        assert not process.said("connected")


@pytest.mark.parametrize("version", (4, 5))
def test_home_assistant(interpreter, mosquitto, version):
    found = {}
    city = paho.Client(paho.CallbackAPIVersion.VERSION2)
    city.on_message = lambda c, d, m: found.__setitem__(m.topic, (json.loads(m.payload), m.retain))
    with pole(interpreter, mosquitto.port, NOW, version=version, discovery="homeassistant"):
        with City(mosquitto.port) as other:
            eventually(lambda: other.last("air/pm2_5"))
        city.connect("localhost", mosquitto.port)
        city.subscribe("homeassistant/#", 1)
        city.loop_start()
        eventually(lambda: len(found) == 3)
    city.loop_stop()
    config, retained = found["homeassistant/number/demo-0001/lamp_level/config"]
    assert retained and config["stat_t"] == "~/lamp/level" and config["~"] == "yigan/demo-0001"
    assert config["dev"]["ids"] == ["demo-0001"]


class Hostile:
    """A broker that says CONNACK and SUBACK in MQTT 5, then `text`, once; then it is a good one no more."""

    def __init__(self, text):
        self._text = text
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                client.settimeout(3)
                client.recv(500)
                client.sendall(b"\x20\x03\x00\x00\x00\x90\x04\xff\xff\x00\x01" + self._text)
                while client.recv(500):
                    pass
            except OSError:
                pass
            client.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._listener.close()


@pytest.mark.parametrize(
    "text",
    (
        b"\x32\x09\x00\x01a\x00\x01\x05\x08\x00\x09x",  # a property longer than its packet
        b"\x30\x06\x00\x01a\xff\xff\xff",  # a length without end
        b"\x30\x0a\x00\x01a\x06\x02\x00\x00\x00\x01\x02",  # a property twice
        b"\xe0\x02\x8e\x00",
        b"\xf0\x02\x18\x00",  # AUTH that nobody asked for
        b"\x40\x02\x7f\x7f" * 2000 + b"\xd1\x00",  # PUBACKs for nothing, then nonsense
        b"\x70\x02\x00\x09" + b"\x50\x04\x00\x01\x00\x00" * 500 + b"\x00",
        b"\x30\xff\xff\xff\x7f\x00\x01a\x00",  # 256 MB
    ),
)
def test_hostile_brokers(text):
    """The pole leaves, says why, and comes again; its heap is a board's."""
    with Hostile(text) as broker, pole("vm", broker.port, version=5, answer_s=2) as process:
        eventually(lambda: sum("Error" in line for line in process.lines) >= 2)
        assert not process.said("MemoryError") and not process.said("Traceback")


@pytest.mark.parametrize(
    ("text", "words"),
    (
        ("e0028e00", "0x8e another client has our id"),
        ("e0028b00", "0x8b broker shuts down"),
        ("e0019d", "0x9d the broker moved"),
    ),
)
def test_goodbyes_of_a_broker(text, words):
    with Hostile(bytes.fromhex(text)) as broker, pole("vm", broker.port, version=5) as process:
        eventually(lambda: process.said("BusError: " + words))
