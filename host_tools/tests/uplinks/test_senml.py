"""Points as SenML in CBOR through mosquitto: decoded by PyPI's cbor2, and encoded by it again to the same bytes."""

import json
import queue
import time
from decimal import Decimal

import cbor2
import paho.mqtt.client as paho
import pytest
from uplinks.brokers import BASE, NOW, Mosquitto, eventually, pole

_UNIX = NOW + 1577836800


@pytest.mark.parametrize("interpreter", ["cpython", "vm"])
def test_packs(interpreter, tmp_path):
    heard: queue.Queue = queue.Queue()
    packs: dict[str, list] = {}
    said: dict[str, dict] = {}

    def listen():
        while not heard.empty():
            topic, data = heard.get()
            if data[:1] == b"{":
                said[topic] = json.loads(data)
                continue
            pack = cbor2.loads(data)
            # RFC 8949, 4.2.1: what another deterministic encoder writes. Its decimal fractions are plain tags here.
            assert cbor2.dumps(cbor2.loads(data), canonical=True) == data, data.hex()
            packs[topic] = pack
        return packs

    with Mosquitto(tmp_path) as broker:
        client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        client.on_message = lambda c, d, m: heard.put((m.topic.removeprefix(BASE), m.payload))
        client.connect("127.0.0.1", broker.port)
        client.subscribe(BASE + "#", 1)
        client.loop_start()
        try:
            with pole(interpreter, broker.port, NOW, payload="cbor") as process:
                (level,) = eventually(lambda: listen().get("lamp/level"))
                assert level == {0: "/quality", 3: "never", -2: "demo-0001/lamp.level"}
                (air,) = eventually(lambda: listen().get("air/pm2_5"))
                assert set(air) == {2, 6, -2}
                assert (air[-2], isinstance(air[2], int)) == ("demo-0001/air.pm2_5", True)
                assert 0 <= air[6] - _UNIX < 30
                eventually(lambda: listen()["air/pm2_5"][0][2] > air[2] + 2)
                order = cbor2.dumps({"id": "c1", "value": Decimal("42.5"), "expires": 60})
                client.publish(BASE + "lamp/level/set", order, qos=1)
                eventually(lambda: process.said("dim 425"))
                (level,) = eventually(lambda: [one for one in listen()["lamp/level"] if 2 in one])
                assert level[2] == Decimal("42.5")
                assert eventually(lambda: listen() and said.get("lamp/level/result"))["ok"] is True
                client.publish(BASE + "lamp/level/set", cbor2.dumps([1, {"id": 2}]), qos=1)
                eventually(lambda: listen() and said["lamp/level/result"]["error"] == "bad_request")
                time.sleep(0.1)
        finally:
            client.disconnect()
            client.loop_stop()
