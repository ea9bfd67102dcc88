"""The MQTT uplink, on CPython and on the MicroPython VM, against real brokers; paho-mqtt is the city."""

import time

import pytest
from uplinks.brokers import NOW, Authority, City, Mosquitto, Proxy, eventually, pole

from yigan.broker import Broker


@pytest.fixture(params=["cpython", "vm"])
def interpreter(request):
    return request.param


@pytest.fixture
def mosquitto(tmp_path):
    with Mosquitto(tmp_path) as broker:
        yield broker


@pytest.fixture(params=["mosquitto", "amqtt"])
def broker(request, tmp_path):
    with Mosquitto(tmp_path) if request.param == "mosquitto" else Broker() as broker:
        yield broker


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


def test_life_of_a_pole(interpreter, broker):
    with City(broker.port) as city:
        with pole(interpreter, broker.port, NOW):
            eventually(lambda: (city.last("status") or {}).get("online"))
            eventually(lambda: ((city.last("air/pm2_5") or {}).get("value") or 0) > 3)
            assert city.last("air/pm2_5")["quality"] == "good"
            assert city.last("air/pm2_5")["at"].startswith("2026-11-22T08:00:")
            assert city.last("air/1/pm2_5")["value"] is None

            city.command("lamp/level", id="c1", value=42.5, expires="2026-11-22T08:05:00Z")
            result = eventually(lambda: city.last("lamp/level/result"))
            assert (result["id"], result["ok"], result["value"]) == ("c1", True, 42.5)
            assert eventually(lambda: (city.last("lamp/level") or {}).get("value")) == 42.5

            city.command("lamp/level", id="c1", value=99)  # the same again: answered, not obeyed
            eventually(lambda: len(city.all("lamp/level/result")) == 2)
            assert city.last("lamp/level")["value"] == 42.5

            city.command("lamp/level", id="c2", value=1, expires="2026-11-22T07:59:00Z")
            eventually(lambda: city.last("lamp/level/result")["error"] == "expired")
            city.command("lamp/level", id="c3", value=101)
            eventually(lambda: city.last("lamp/level/result")["error"] == "out_of_range")
        eventually(lambda: city.last("status") == {"online": False})  # its will


def test_kept_values_and_kept_commands(interpreter, mosquitto):
    with City(mosquitto.port) as city:
        city.command("lamp/level", retain=True, id="old", value=77)
        with pole(interpreter, mosquitto.port) as process:
            eventually(lambda: process.said("mqtt_retained"))
            with City(mosquitto.port) as late:
                eventually(lambda: late.last("air/1/pm2_5"))
                assert all(retain for topic, _, retain in late.heard if topic.endswith("status"))
            assert not process.said("dim")
            city.command("lamp/level", id="new", value=5, expires="2099-01-01T00:00:00Z")
            result = eventually(lambda: city.last("lamp/level/result"))
            assert (result["id"], result["error"]) == ("new", "clock_unknown")


def test_broker_restarts(interpreter, mosquitto):
    with pole(interpreter, mosquitto.port) as process:
        eventually(lambda: process.said("connected"))
        for turn in range(2):
            mosquitto.stop()
            eventually(lambda n=turn: sum("Error" in line for line in process.lines) > n)
            mosquitto.start()
            with City(mosquitto.port) as city:
                eventually(lambda c=city: c.last("air/1/pm2_5") and c.last("status"))


def test_dead_link_is_noticed_and_left(interpreter, mosquitto):
    with Proxy(mosquitto.port) as proxy, City(mosquitto.port) as city:
        with pole(interpreter, proxy.port, keepalive_s=1, answer_s=1) as process:
            eventually(lambda: city.last("status"))
            proxy.stalled = True
            eventually(lambda: process.said("BusError"))
            proxy.stalled = False
            eventually(lambda: proxy.connections >= 2 and city.last("status")["online"])
            before = city.last("air/pm2_5")["value"]
            eventually(lambda: city.last("air/pm2_5")["value"] > before + 2)


def test_no_command_is_lost_in_a_kept_session(interpreter, mosquitto):
    with Proxy(mosquitto.port) as proxy, City(mosquitto.port) as city:
        with pole(interpreter, proxy.port, NOW, keepalive_s=1, answer_s=1, clean=False) as process:
            eventually(lambda: city.last("air/1/pm2_5"))
            proxy.stalled = True
            eventually(lambda: process.said("BusError"))
            city.command("lamp/level", id="c1", value=30, expires="2026-11-22T09:00:00Z")
            city.command("lamp/level", id="c2", value=31)
            proxy.stalled = False
            eventually(lambda: len(city.all("lamp/level/result")) >= 2)
            answers = {r["id"]: r["error"] for r in city.all("lamp/level/result")}
            assert answers == {"c1": None, "c2": "no_expiry"}
            assert process.lines.count("dim 300") == 1


def test_password(interpreter, tmp_path):
    with Mosquitto(tmp_path, "allow_anonymous false") as broker, pole(interpreter, broker.port) as process:
        eventually(lambda: process.said("AuthError: not authorised"))


def test_tls_with_client_certificate(interpreter, tmp_path, authority):
    with Mosquitto(tmp_path, *authority.lines()) as broker, City(broker.port, authority) as city:
        with pole(interpreter, broker.port, NOW, **authority.options()):
            eventually(lambda: ((city.last("air/pm2_5") or {}).get("value") or 0) > 3)
            city.command("lamp/level", id="c1", value=42.5)
            assert eventually(lambda: city.last("lamp/level/result"))["ok"]


# What its log says, whichever library found it
REASONS = {
    "authority": ("the broker's certificate is not signed by ours (ca)",),
    "name": ("the broker's certificate is for another name (server_name)",),
    "no own certificate": ("the broker wants a certificate of ours", "reset", "OSError: 32", "ECONNRESET", "closed by the broker",
                           "refuses our certificate"),
    "expired": ("the broker's certificate has expired",),
    "not yet valid": ("the broker's certificate is not valid yet",),
    "no TLS there": ("the broker does not speak TLS at this port", "closed by the broker", "BusError", "ECONNRESET",
                     "reset by peer"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", REASONS)
def test_tls_refusals(interpreter, tmp_path, authority, wrong):
    other = Authority(tmp_path / "other", days=-1)  # its pairs have expired, and nobody here trusts it
    options = authority.options()
    lines = authority.lines()
    if wrong == "authority":
        options["ca"] = other.file.read_text()
    elif wrong == "name":
        options["server_name"] = "broker.example"
    elif wrong == "no own certificate":
        options |= {"cert": "", "key": ""}
    elif wrong == "no TLS there":
        lines, options = (), {**options, "answer_s": 2}
    else:
        other = Authority(tmp_path / "later", since=-2) if wrong == "not yet valid" else other
        lines, options = other.lines(), other.options(cert="", key="")
    with Mosquitto(tmp_path, *lines) as broker, pole(interpreter, broker.port, NOW, **options) as process:
        eventually(lambda: any(process.said(word) for word in REASONS[wrong]))
        time.sleep(0.5)  # it tries again
        assert not process.said("connected")


def test_tls_not_before_the_time_is_known(interpreter, tmp_path, authority):
    with Mosquitto(tmp_path, *authority.lines()) as broker:
        with pole(interpreter, broker.port, 0, **authority.options()) as process:
            eventually(lambda: process.said("waits for the time"))
            assert not process.said("connected")
        with pole(interpreter, broker.port, 0, **authority.options(without_time=True)) as process:
            eventually(lambda: process.said("connected"))
            assert process.said("dates are not checked")
