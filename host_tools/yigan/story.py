"""The life of a pole on a virtual board, act by act: what `make demo` shows and what nobody should have to imagine.

Each act does one thing to the pole, looks where it must show, and returns what it saw; VerifyError when it did not
happen. The city's side (Modbus client, MQTT client, broker) is real and on 127.0.0.1.
"""

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from yigan import bundle, conf, places, via
from yigan.broker import Broker
from yigan.conf.plan import Device
from yigan.deploy import carry
from yigan.deploy.commission import commission
from yigan.errors import LinkError, VerifyError, YiganError
from yigan.lang import t
from yigan.link import serial
from yigan.link.service import Client
from yigan.neighbour import ENVIRONMENT, WATER, Neighbour
from yigan.night import Quick
from yigan.twin.virtual import VirtualBoard
from yigan.via.way import Reading

MODBUS_PORT = 502
LIVE = ("good", "uncertain", "manual")
BROKEN = ("comm_fault", "fault", "stale", "never")
_UP_S = 30
_LIVE_S = 60  # a PMS5003 warms up for half a minute
_SOON_S = 20
_STORM_S = 90  # the counting tube needs half a minute
_SHOWN = ("lamp.level_actual", "air.pm2_5", "noise.la", "weather.temperature", "weather.wind_speed", "radiation.dose_rate",
          "hydro.level", "hydro.flow", "hydro.rain_total", "hydro.flooded", "soil.moisture")  # fmt: skip


def until(what: str, look: Callable[[], object], patience_s: float = _SOON_S, pause_s: float = 0.3) -> object:
    """What `look` returns as soon as that is true. VerifyError `what` when it does not come true in time."""
    deadline = time.monotonic() + patience_s
    while True:
        with contextlib.suppress(LinkError):  # a pole that restarts does not answer for a while
            seen = look()
            if seen:
                return seen
        if time.monotonic() > deadline:
            raise VerifyError(what, hint=t("Waited {s} s.", "已等待 {s} 秒。", s=round(patience_s)))
        time.sleep(pause_s)


class Story:
    """A board, a broker, and between them a pole. Use as a context: everything ends with it."""

    def __init__(self, pole_file: Path, folder: Path):
        self.pole = conf.load(pole_file)
        self.bundle = bundle.build(self.pole)
        self.board = VirtualBoard(folder)
        self.alone = Quick(places.root() / "poles" / "night.toml", folder / "night")
        self.folder = folder
        self.neighbours: list[Neighbour] = []
        self._open = contextlib.ExitStack()
        self._waiting = "-"  # points that were not alive at the last look

    def __enter__(self) -> "Story":
        try:
            self.broker = self._open.enter_context(Broker())
            self._open.enter_context(self.board.start(self.pole.board, self.pole.path))
            for part in self.pole.uplinks:
                if part.kind == "mqtt":
                    self.board.redirect(part.options["host"], part.options.get("port", 1883), self.broker.port)
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    # Ways to the pole

    @property
    def modbus_at(self) -> str:
        """Where the pole's port 502 is on this machine; LinkError while nothing listens there."""
        port = self.board.net.get(MODBUS_PORT)
        if port is None:
            raise LinkError(t("The pole does not serve Modbus yet.", "灯杆尚未提供 Modbus 服务。"))
        return f"modbus:127.0.0.1:{port}"

    @property
    def mqtt_at(self) -> str:
        options = next(part.options for part in self.pole.uplinks if part.kind == "mqtt")
        return f"mqtt:127.0.0.1:{self.broker.port}/{options.get('prefix', 'yigan')}/{self.pole.id}"

    def get(self, *names: str) -> list[Reading]:
        with via.open(self.modbus_at) as pole:
            return pole.get(names or ["*"])

    def set(self, name: str, value: str) -> Reading:
        with via.open(self.modbus_at) as pole:
            return pole.set(name, value)

    def last_words(self) -> str:
        """What the console said that was no answer to us, and the pole's own log when it still tells."""
        lines = self.board.log().splitlines()
        said = [line for line in lines if line.isascii() and line.isprintable() and line and "#y0 " not in line and line[0] != "!"][-12:]
        with contextlib.suppress(YiganError), via.open(f"console:{self.board.port}") as pole:
            said += [f"{line.uptime} s  {line.where}: {line.text} ({line.times} x)" for line in pole.log()[-12:]]
        return "\n".join(said)

    # The acts

    def blank(self) -> str:
        """Nothing of ours is on the board."""
        with serial.open_within(self.board.port, _UP_S) as link:
            _, _, found = carry.look(link)
        if found.manifests or found.boot_record:
            raise VerifyError(t("The board is not blank.", "板子不是空白的。"), self.board.port)
        version = ".".join(map(str, found.version[:3]))
        return t("MicroPython {v}, {m}; files: {f}", "MicroPython {v}，{m}；文件：{f}",
                 v=version, m=found.machine, f=", ".join(found.root) or "-")  # fmt: skip

    def up(self, progress: carry.Progress | None = None) -> str:
        """The bundle goes on the board over the console, and the pole reports."""
        done = commission(self.board.port, self.bundle, progress)
        report = done.report
        return t("{n} files, {k:.0f} KB sent, answers after {s:.1f} s with {c} points",
                 "发送 {n} 个文件，{k:.0f} KB，{s:.1f} 秒后应答，共 {c} 个点位",
                 n=len(report.sent), k=report.packed / 1024, s=done.seconds, c=len(done.readings))  # fmt: skip

    def identify(self) -> dict:
        """What the pole says of itself over the console; VerifyError when it is not this pole and bundle."""
        with serial.open_within(self.board.port, _UP_S) as link:
            told = Client(link).wait_hello(self.pole.id, _UP_S)
        if (told["pole"], told["bundle"]) != (self.bundle.id, self.bundle.hash):
            raise VerifyError(t("Another pole answers.", "应答的是另一根灯杆。"), self.board.port)
        return told

    def modbus(self) -> str:
        """Every peripheral's points arrive by Modbus TCP."""
        readings = self._live()
        return _sample(readings, ("lamp.level_actual", "air.pm2_5", "air.pm10", "node.uptime"))

    def _live(self) -> list[Reading]:
        points = [p for device in self.devices() for p in device.points if p]
        heads = tuple({p.name.rpartition(".")[0] + "." for p in points})

        def look() -> list[Reading]:
            readings = self.get()
            dead = [r for r in readings if r.name.startswith(heads) and r.quality not in LIVE]
            self._waiting = ", ".join(f"{r.name} {r.quality}" for r in dead[:4])
            return [] if dead else readings

        try:
            return until(t("Not every point came alive", "并非所有点位都有数据"), look, _LIVE_S, 1.0)
        except VerifyError as error:
            raise VerifyError(f"{error.what}: {self._waiting}", hint=error.hint) from error

    def devices(self) -> list[Device]:
        """The pole's peripherals, as its file means them."""
        return conf.plan(self.pole).devices

    def mqtt(self) -> str:
        """The same points, with the same values, by MQTT."""
        by_modbus = {r.name: r for r in self.get()}

        def look() -> list[Reading]:
            with via.open(self.mqtt_at) as pole:
                readings = pole.get(["*"])
            return readings if by_modbus.keys() <= {r.name for r in readings} else []

        readings = until(t("Not every point came by MQTT.", "并非所有点位都经 MQTT 到达。"), look, _LIVE_S, 1.0)
        level = next(r for r in readings if r.name == "lamp.level")
        if level.value is None or by_modbus["lamp.level"].value is None:
            raise VerifyError(t("The lamp has no level.", "路灯没有亮度值。"))
        if float(level.value) != float(by_modbus["lamp.level"].value):
            raise VerifyError(t("Modbus and MQTT disagree about the lamp.", "Modbus 与 MQTT 的路灯亮度不一致。"))
        return t("{n} topics below {b}", "{b} 之下 {n} 个主题", n=len(readings), b=self.mqtt_at.split("/", 1)[1])

    def dim(self, percent: int) -> str:
        """A Modbus write dims the lamp, and the lamp (its twin, not the pole's word) is at that level."""
        self.set("lamp.level", str(percent))
        return self._lamp_reaches(percent)

    def _lamp_reaches(self, percent: int) -> str:
        def look() -> bool:
            return abs(self.board.state("lamp")["level_percent"] - percent) < 1

        until(t("The lamp did not reach {p} %.", "路灯没有达到 {p} %。", p=percent), look)
        told = until(
            t("The pole does not say so.", "灯杆没有如实报告。"),
            lambda: [r for r in self.get("lamp.level_actual") if r.value and abs(float(r.value) - percent) < 1],
        )
        seen = self.board.state("lamp")["level_percent"]
        return t("asked {p} %, the lamp gives {s:.1f} %, the pole says {v} %",
                 "要求 {p} %，灯实际 {s:.1f} %，灯杆报告 {v} %", p=percent, s=seen, v=told[0].value)  # fmt: skip

    def unplug(self) -> str:
        """The air sensor goes: its points say so, the lamp still obeys, and it comes back."""
        self.board.unplug("air")
        gone = until(t("Nobody noticed the missing sensor.", "没有发现传感器丢失。"), lambda: self._air(BROKEN), _LIVE_S)
        lamp = self.dim(80)
        self.board.plug("air")
        until(t("The air sensor did not come back.", "空气传感器没有恢复。"), lambda: self._air((*LIVE, "warming")), _LIVE_S)
        return t("air: {q}; lamp: {l}; plugged in again: back", "空气：{q}；路灯：{l}；重新插上：恢复",
                 q=gone[0].quality.upper(), l=lamp)  # fmt: skip

    def _air(self, qualities: tuple[str, ...]) -> list[Reading]:
        """The air points when all of them are of one of these qualities, else []."""
        readings = self.get("air.")
        return readings if all(r.quality in qualities for r in readings) else []

    def neighbours_up(self) -> str:
        """Two more poles come up on boards of their own, at the same broker; then it storms there."""
        for name, weather in (("environment", ENVIRONMENT), ("water", WATER)):
            pole_file = places.root() / "poles" / f"{name}.toml"
            neighbour = Neighbour(pole_file, self.folder / name, self.broker, weather)
            self.neighbours.append(self._open.enter_context(neighbour))
        began = time.monotonic()
        with ThreadPoolExecutor(len(self.neighbours)) as both:
            list(both.map(Neighbour.up, self.neighbours))
        seconds = time.monotonic() - began
        for neighbour in self.neighbours:
            neighbour.stir()
        return t("{p} are up after {s:.0f} s", "{p} 在 {s:.0f} 秒内上线",
                 p=", ".join(one.pole.id for one in self.neighbours), s=seconds)  # fmt: skip

    def storm(self) -> str:
        """What happened around the neighbours has reached the city by MQTT."""
        for neighbour in self.neighbours:
            until(
                t("The city did not see what happened at {p}.", "城市没有看到 {p} 发生的变化。", p=neighbour.pole.id),
                lambda neighbour=neighbour: neighbour.noticed(lambda r: r.quality in LIVE),  # type: ignore[misc]
                _STORM_S,
                1.0,
            )
        shown = ", ".join(word for row in self.summary() for word in row["shown"] if word.startswith(("noise", "hydro")))
        return t("{n} poles at one broker: {s}", "{n} 根灯杆连接同一服务器：{s}", n=1 + len(self.neighbours), s=shown)

    def summary(self) -> list[dict]:
        """A row for each pole that stands: what the city has heard of it by MQTT."""
        rows = []
        for at, pole in [(self.mqtt_at, self.pole)] + [(one.at, one.pole) for one in self.neighbours]:
            readings: list[Reading] = until(  # a broker may close a connection in the press
                t("The city hears nothing of {p}.", "城市听不到 {p}。", p=pole.id), lambda at=at: _heard(at)  # type: ignore[misc]
            )  # type: ignore[assignment]
            live = {r.name: r for r in readings if r.quality in LIVE}
            shown = [f"{name} {live[name].value} {live[name].unit}".removesuffix(" 1").rstrip() for name in _SHOWN if name in live]
            rows.append({"pole": pole.id, "board": pole.board, "points": len(readings), "live": len(live), "shown": shown})
        return rows

    def power_cut(self) -> str:
        """The supply fails while the lamp fades; the pole comes back with its configuration, and obeys."""
        before = self.identify()
        self.set("lamp.level", "10")
        self.board.power_cut()
        self._silent()
        self.board.power(True)
        began = time.monotonic()
        after = self.identify()
        seconds = time.monotonic() - began
        if after["points"] != before["points"] or after["uptime"] > before["uptime"] + seconds:
            raise VerifyError(t("The pole did not restart as it was.", "灯杆没有按原样重启。"))
        until(t("The pole did not return to the network.", "灯杆没有重新联网。"), lambda: self.get("lamp."), _UP_S)
        lamp = self.dim(30)
        return t("back after {s:.1f} s with bundle {h}; lamp: {l}", "{s:.1f} 秒后恢复，固件包 {h}；路灯：{l}",
                 s=seconds, h=after["bundle"], l=lamp)  # fmt: skip

    def _silent(self) -> None:
        try:
            self.get("lamp.")
        except YiganError:
            return
        raise VerifyError(t("The pole answers without power.", "断电后灯杆仍在应答。"))



def _heard(at: str) -> list[Reading]:
    """What the city has heard there."""
    with via.open(at) as way:
        return way.get(["*"])


def _sample(readings: list[Reading], names: tuple[str, ...]) -> str:
    """How many are live, and some of them."""
    live = [r for r in readings if r.quality in LIVE]
    some = ", ".join(f"{r.name} {r.value} {r.unit}".rstrip() for r in readings if r.name in names)
    return t("{n} points, {k} live: {s}", "{n} 个点位，{k} 个有效：{s}", n=len(readings), k=len(live), s=some)
