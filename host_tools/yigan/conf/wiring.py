"""Which part hangs on which pins: what the virtual board needs to put each twin in its place."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from yigan.conf import encode, verdict
from yigan.conf.plan import Line
from yigan.conf.pole import Pole

_PORT = "serial_port"  # the twin of a line's far end


@dataclass(frozen=True)
class Wiring:
    """One peripheral as its twin sees it.

    `kind` names the twin (`twin/<kind>.py`), `bus_kind` is uart, modbus, dali, pwm, gpio, i2c or adc. `unit` is the
    port's id (uart, i2c) or the pin (pwm, gpio, adc). `line` is the bus's name: twins of one line share it.
    `options` holds the peripheral's options with its `twin` table on top; a Modbus part also has `address`
    and `map`; serial parts have `baud`, `parity`, `stop`, `bits`.
    """

    kind: str
    name: str
    bus_kind: str
    unit: int
    line: str
    pins: dict[str, int] = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    on: str = ""  # the peripheral whose bus it is: `unit` is that one's pin, `channel` its channel
    channel: str = ""


def twins(pole: Pole) -> list[Wiring]:
    """The wiring of every peripheral that has a bus. ConfigError when the pole file has errors."""
    found = []
    for device in verdict.plan(pole).devices:
        if device.line is None:
            continue
        settings = device.line.settings
        unit = settings.get("id", settings.get("pin", settings.get("tx", -1)))
        serial = encode.line_settings(device.line) if device.line.kind in ("uart", "rs485") else {}
        serial |= {k: v for k, v in settings.items() if k.endswith("_inverted")}
        if "model" in device.part.options:
            serial["model"] = device.part.options["model"]
        if device.line.kind == "analog":
            serial |= {"relay": "relay" in device.line.pins, "relay_active": settings.get("relay_active", 1)}
        options = {**serial, **device.options, **device.part.twin}
        if device.map is not None:
            options["map"] = device.part.options["map"]
        bus_kind = device.card.bus if device.card.bus in ("modbus", "dali") else device.line.kind
        found.append(
            Wiring(
                device.card.kind,
                device.part.name,
                bus_kind,
                unit,
                device.line.name,
                device.line.pins,
                options,
                device.line.on,
                str(settings.get("channel", "")),
            )
        )
    return found + _served(verdict.plan(pole).lines.values())


def _served(lines: Iterable[Line]) -> list[Wiring]:
    """Where an uplink answers: a port for whoever asks."""
    found = []
    for line in lines:
        if line.server:
            options, unit = encode.line_settings(line), line.settings.get("id", line.settings.get("tx", -1))
            found.append(Wiring(_PORT, line.server.part.name, line.kind, unit, line.name, line.pins, options))
    return found
