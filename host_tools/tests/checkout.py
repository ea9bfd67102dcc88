"""A checkout of its own for the tests: the real boards, points and core, but drivers, uplinks, services and maps
that do not change when somebody improves a real one."""

import textwrap
from pathlib import Path

import pytest

from yigan import lang, places

CARDS = {
    "drivers/dimmer": """
        bus = "pwm"
        capability = "lamp"
        points = ["level_actual"]
        [options.curve]
        type = "enum"
        default = "log"
        values = ["log", "linear"]
        en = "Dimming curve"
        zh = "曲线"
        [options.minimum]
        type = "float"
        default = 1.0
        low = 0
        high = 100
        unit = "%"
        en = "Lowest level"
        zh = "最低"
        """,
    "drivers/dust": """
        bus = "uart"
        baud = 9600
        capability = "air"
        points = ["pm2_5", "pm10"]
        [options.set_pin]
        type = "pin"
        default = -1
        en = "Sleep pin"
        zh = "休眠脚"
        """,
    "drivers/receiver": """
        bus = "uart"
        baud = 9600
        capability = "gnss"
        points = ["lat", "lon"]
        """,
    "drivers/contact": """
        bus = "gpio"
        capability = "node"
        points = ["door_open"]
        """,
    "drivers/lux": """
        bus = "adc"
        capability = "photocell"
        points = []
        """,
    "drivers/modbus_sensor": """
        bus = "modbus"
        capability = "weather"
        map = true
        [options.map]
        type = "map"
        required = true
        en = "Register map"
        zh = "寄存器表"
        [options.address]
        type = "int"
        default = 1
        low = 1
        high = 247
        en = "Slave address"
        zh = "从站地址"
        """,
    "drivers/modbus_rtu": """
        bus = "rs485"
        points = []
        [options.timeout_ms]
        type = "int"
        default = 300
        low = 20
        high = 10000
        en = "Wait"
        zh = "等待"
        [options.pause_ms]
        type = "int"
        default = 0
        en = "Pause"
        zh = "间隔"
        """,
    "uplinks/server": """
        [options.port]
        type = "int"
        default = 502
        low = 1
        high = 65535
        en = "TCP port"
        zh = "端口"
        [options.writers]
        type = "list"
        default = []
        en = "Who may write"
        zh = "可写客户端"
        [options.blocks]
        type = "list"
        default = []
        en = "Filled in"
        zh = "自动填入"
        """,
    "uplinks/door": """
        tls_port = 802
        [options.tls]
        type = "bool"
        default = false
        en = "Encrypt"
        zh = "加密"
        [options.clients]
        type = "int"
        default = 4
        en = "Clients"
        zh = "客户端数"
        [options.ca]
        type = "str"
        default = ""
        en = "Authority"
        zh = "签发机构"
        [options.cert]
        type = "str"
        default = ""
        en = "Certificate"
        zh = "证书"
        [options.key]
        type = "str"
        default = ""
        en = "Key"
        zh = "私钥"
        [options.port]
        type = "int"
        default = 1502
        en = "TCP port"
        zh = "端口"
        [options.readers]
        type = "list"
        default = []
        en = "Who may read"
        zh = "可读客户端"
        [options.gateway]
        type = "str"
        default = ""
        en = "Bus"
        zh = "总线"
        [options.units]
        type = "list"
        default = []
        en = "Units"
        zh = "单元号"
        """,
    "uplinks/station": """
        bus = "rs485"
        baud = 9600
        points = []
        [options.address]
        type = "int"
        default = 1
        low = 1
        high = 247
        en = "Address"
        zh = "地址"
        [options.role]
        type = "enum"
        default = "reader"
        values = ["reader", "writer"]
        en = "Role"
        zh = "权限"
        [options.blocks]
        type = "list"
        default = []
        en = "Filled in"
        zh = "自动填入"
        """,
    "uplinks/caller": """
        [options.host]
        type = "str"
        required = true
        en = "Broker"
        zh = "服务器"
        [options.port]
        type = "int"
        default = 1883
        en = "Port"
        zh = "端口"
        [options.tls]
        type = "bool"
        default = false
        en = "Encrypt"
        zh = "加密"
        """,
    "services/node": """
        capability = "node"
        points = ["uptime", "heap_free"]
        """,
    "services/sampler": "points = []\n",
    "services/fader": """
        capability = "lamp"
        requires_capability = "lamp"
        points = ["level"]
        """,
}

GOOD = """\
id = "good-1"
board = "esp32-devkit"

[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"

[bus.uart1]
rx = 16

[[peripheral]]
kind = "dimmer"
bus = "lamp"
curve = "log"

[[peripheral]]
kind = "dust"
name = "air"
bus = "uart1"

[[interface]]
kind = "wifi"
ssid = "pole"
password = "12345678"

[[uplink]]
kind = "server"
writers = ["127.0.0.1"]

[[uplink]]
kind = "caller"
host = "broker.example"

[point."air.pm2_5"]
deadband = 5
min_s = 10
"""


def _card(name: str, card: str) -> str:
    kind = {"drivers": "Driver", "uplinks": "Uplink", "services": "Service"}[name.split("/")[0]]
    toml = f'title_zh = "试验"\n{textwrap.dedent(card).lstrip()}'
    return f'"""A part for tests.\n---\n{toml}"""\n\nfrom pole import errors\n\n\nclass {kind}:\n    fault = errors.PoleError\n'


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Path:
    """The folder that YIGAN_ROOT names in these tests."""
    real, root = places.root(), tmp_path_factory.mktemp("checkout")
    (root / "boards").symlink_to(real / "boards")
    (root / "firmware" / "pole").mkdir(parents=True)
    (root / "firmware" / "maps").mkdir()
    for name in ("points.toml", "boot.py", "main.py"):
        (root / "firmware" / name).symlink_to(real / "firmware" / name)
    for path in (real / "firmware" / "pole").iterdir():
        if path.name not in ("drivers", "uplinks", "services", "__pycache__"):
            (root / "firmware" / "pole" / path.name).symlink_to(path)
    for name, card in CARDS.items():
        path = root / "firmware" / "pole" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(_card(name, card), encoding="utf-8")
    return root


@pytest.fixture
def here(checkout, monkeypatch):
    monkeypatch.setenv("YIGAN_ROOT", str(checkout))
    monkeypatch.setenv("YIGAN_LANG", "en")
    yield
    lang.choose(None)


@pytest.fixture
def write(tmp_path):
    """`write(text)` -> the path of a pole file."""

    def make(text: str, name: str = "pole.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make
