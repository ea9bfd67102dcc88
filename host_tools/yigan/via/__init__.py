"""Ways to a running pole, alike to who asks: console, Modbus TCP, MQTT.

    with via.open("console:/dev/ttyUSB0") as pole:
        for reading in pole.get(["lamp."]): ...

A way's module is loaded when it is used: who asks by Modbus does not wait for an MQTT library.
"""

import importlib

from yigan.errors import ConfigError
from yigan.lang import t
from yigan.via.way import Line, Reading, Way

__all__ = ["KINDS", "Line", "Reading", "Way", "open"]

KINDS = {"console": "console:PORT", "modbus": "modbus:HOST[:PORT]", "mqtt": "mqtt:HOST[:PORT]/PREFIX/POLE",
         "virtual": "virtual:POLE"}  # fmt: skip


def open(text: str) -> Way:
    """The way that `text` names. ConfigError when it names none, LinkError when nobody is there."""
    kind, colon, rest = text.partition(":")
    secure = kind == "mqtts"
    kind = "mqtt" if secure else kind
    if not colon or not rest or kind not in KINDS:
        raise ConfigError(
            t("{v} is no way to a pole.", "{v} 不是有效的连接方式。", v=text),
            "--via",
            t("One of: {k}.", "可用：{k}。", k=", ".join(KINDS.values())),
        )
    module = importlib.import_module(f"{__name__}.{kind}")
    return module.connect(rest, secure) if kind == "mqtt" else module.connect(rest)
