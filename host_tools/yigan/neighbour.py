"""A pole beside the one of the story: its own virtual board, the same broker. The city hears it by MQTT."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from yigan import bundle, conf, via
from yigan.broker import Broker
from yigan.deploy.commission import commission
from yigan.errors import VerifyError
from yigan.lang import t
from yigan.twin.virtual import VirtualBoard
from yigan.via.way import Reading

# What happens around a pole, and where the city must see it: (twin, quantity, value, point, least, most).
ENVIRONMENT = (
    ("noise", "la", 71.5, "noise.la", 71.4, 71.6),
    ("weather", "temperature", 31.4, "weather.temperature", 31.3, 31.5),
    ("weather", "wind_speed", 6.2, "weather.wind_speed", 6.1, 6.3),
    ("tube", "cpm", 120, "radiation.count_rate", 1, 1000),
)
WATER = (
    ("rain", "tips", 5, "hydro.rain_total", 1.0, 1.0),
    ("radar", "level", 3.1, "hydro.level", 3.09, 3.11),
    ("flow", "flow", 0.25, "hydro.flow", 0.249, 0.251),
    ("flood", "closed", 1, "hydro.flooded", 1, 1),
)


class Neighbour:
    """The pole of `pole_file` in `folder`, told to `broker`. Use as a context: its board ends with it."""

    def __init__(self, pole_file: Path, folder: Path, broker: Broker, weather: tuple = ()):
        self.pole = conf.load(pole_file)
        self.board = VirtualBoard(folder)
        self.weather = weather
        self._broker = broker
        self._open = contextlib.ExitStack()

    def __enter__(self) -> "Neighbour":
        self._open.enter_context(self.board.start(self.pole.board, self.pole.path))
        for part in self.pole.uplinks:
            self.board.redirect(part.options["host"], part.options.get("port", 1883), self._broker.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def at(self) -> str:
        """Where the city finds it."""
        options = next(part.options for part in self.pole.uplinks if part.kind == "mqtt")
        return f"mqtt:127.0.0.1:{self._broker.port}/{options.get('prefix', 'yigan')}/{self.pole.id}"

    def up(self) -> None:
        """Its bundle goes on its board, and it reports."""
        commission(self.board.port, bundle.build(self.pole))

    def stir(self) -> None:
        """Something happens around it."""
        for twin, quantity, value, *_ in self.weather:
            self.board.set(twin, quantity, value)

    def get(self) -> list[Reading]:
        """What the city has heard of it."""
        with via.open(self.at) as pole:
            return pole.get(["*"])

    def noticed(self, live: Callable[[Reading], bool]) -> list[Reading]:
        """All readings as soon as the city sees what happened, else []."""
        readings = self.get()
        told = {r.name: r for r in readings if live(r)}
        for *_, name, least, most in self.weather:
            if name not in told or not least <= number(told[name].value) <= most:
                return []
        return readings


def number(value: str | None) -> float:
    """A reading's text; VerifyError when there is none."""
    if value is None:
        raise VerifyError(t("A live point has no value.", "有效点位没有数值。"))
    return float(value == "true") if value in ("true", "false") else float(value)
