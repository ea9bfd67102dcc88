"""A year of nights on the whole virtual board, minute by minute against the oracle: `make year`.

The pole's bundle from its flash on a virtual board with a virtual clock: lamp, photocell, battery-backed clock, Wi-Fi
and Modbus TCP, and all that a pole runs beside them. By a seeded dice the mains fail, sometimes with an empty clock
battery, the photocell dies or sticks, the access point goes away, the city and people set levels over Modbus. Every
minute the lamp's own light is compared with what the oracle says; ten seconds on either side count as close to the sun.

What happens, happens at the beginning of a minute, what comes over the network twenty seconds later; the oracle is
asked ten seconds before its end. A month is a board of its own; `python -m lighting.board_year --help`.
"""

import argparse
import datetime as dt
import random
import shutil
import socket
import struct
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lighting import almanac, weather
from lighting.oracle import Oracle
from lighting.programmes import PROGRAMMES

from yigan import bundle, conf, points
from yigan.deploy.commission import commission
from yigan.twin.virtual import VirtualBoard

DAY = 1440
SEASONS = "1,7,4,10,2,8,5,11,3,9,6,12"
NETWORK_S, LOOK_S = 20, 50  # of a minute
POLE = """\
id = "year-0002"
board = "esp32-devkit"

[site]
latitude = 31.230416
longitude = 121.473701
timezone = "Asia/Shanghai"

[[peripheral]]
kind = "pwm"
name = "lamp"
bus = "lamp"

[[peripheral]]
kind = "bh1750"
name = "photocell"
bus = "i2c0"
mode = "continuous"

[[peripheral]]
kind = "ds3231"
bus = "i2c0"

[[interface]]
kind = "wifi"
ssid = "street"
password = "lamp-post-17"

[[uplink]]
kind = "modbus_tcp"
writers = ["127.0.0.1"]

[lighting]
failure_level = 60
photocell_level = 90
dark_below = 20
light_above = 40
photocell_delay = 90
dark_early = 45
light_late = 10
stagger = 25

""" + PROGRAMMES


class BoardOracle(Oracle):
    """The same promises, with the board's own delays: 90 s of the photocell end before the second look."""

    PATIENCE, BLIND = 2, 3


def noon(date: dt.date) -> int:
    """Noon of the place (UTC+8), seconds since 2020-01-01."""
    return (date - almanac.EPOCH.date()).days * 86400 + 4 * 3600


def events(file: dict, start: int, days: int, seed: int) -> list[tuple]:
    """Rows (minute, what, value) of so many days: power, battery, clock, lux, wifi, lamp.level, manual."""
    dice, minutes = random.Random(seed), days * DAY
    power = [(0, "power", 1), *weather._cuts(dice, minutes)]
    rows = power + _clock(dice, power) + _light(weather._photocell(dice, file, start, minutes))
    air = [row for a, b in weather._spans(dice, minutes, 6 * DAY, 30, 2 * DAY) for row in ((a, "wifi", 0), (b, "wifi", 1))]
    wanted = [row for row in weather._people(dice, minutes) if row[1] == "manual"]
    wanted += weather._city(dice, file, start, days)
    rows += air + [row for row in wanted if _can_be_told(row[0], rows, air)]
    rank = {"battery": 0, "power": 1, "clock": 2, "lux": 3}
    return sorted((r for r in rows if r[0] < minutes), key=lambda r: (r[0], rank.get(r[1], 4)))


def _clock(dice, power) -> list[tuple]:
    """At every second cut the clock's battery is empty: somebody sets it later, if no other cut comes first."""
    rows, starts = [(3, "clock", 1)], [minute for minute, _, on in power[1:] if on]
    for start, following in zip(starts, [*starts[1:], 1 << 30]):
        if dice.random() < 0.5:
            back = start + dice.choice((1, 2, 5, 240, 2000))
            rows += [(start, "battery", 0)] + [(back, "clock", 1)] * (back < following - 600)
    return rows


def _light(rows) -> list[tuple]:
    """A night is never quite black."""
    return [(minute, what, max(value, 1) if value >= 0 else -1) for minute, what, value in rows]


def _can_be_told(minute, rows, air) -> bool:
    """Whether the pole is on the network, and nothing else happens just then."""
    for what, table in (("power", rows), ("wifi", air)):
        if (["x", 1] + [value for m, w, value in table if w == what and m <= minute + 3])[-1] == 0:
            return False
    return all(abs(minute - m) > 3 for m, *_ in (row for row in (*rows, *air) if row[1] != "lux"))


class Street:
    """The board and whoever stands around it."""

    def __init__(self, board: VirtualBoard):
        self.board, self.refused = board, 0
        table = points.load()
        self.address = {name: 2 * table.point(name).id for name in ("lamp.level", "lamp.manual_level", "lamp.manual_expiry")}

    def light(self) -> float:
        return self.board.state("lamp")["level_percent"]

    def happen(self, what: str, value: int, moment: int) -> None:
        board = self.board
        if what == "power":
            board.power(bool(value))
        elif what == "battery":
            board.fault("ds3231", "stopped", True)
            board.fault("ds3231", "stopped", False)  # the flag stays
        elif what == "clock":
            board.set("ds3231", "time", almanac.moment(moment).isoformat())
        elif what == "lux":
            board.fault("photocell", "silent", value < 0)
            if value >= 0:
                board.set("photocell", "illuminance", value)
        elif what == "wifi":
            (board.plug if value else board.unplug)("wifi")
        elif what == "manual":
            self.write("lamp.manual_level", value // 100000)
            self.write("lamp.manual_expiry", value % 100000 - 15)  # 30 s later than a minute: not when we look
        else:
            self.refused += not self.write(what, value)

    def write(self, name: str, raw: int) -> bool:
        """A holding register pair (V1.1b3, 6.12); False when the pole refuses."""
        pdu = struct.pack(">BHHBI", 16, self.address[name], 2, 4, raw)
        with socket.create_connection(("127.0.0.1", self.board.net[502]), 10) as line:
            line.sendall(struct.pack(">HHHB", 1, 0, len(pdu) + 1, 1) + pdu)
            reply = b""
            while len(reply) < 9:
                reply += line.recv(260) or b"\0" * 9
        assert reply[7] in (16, 0x90), reply
        return reply[7] == 16


def play(street: Street, file: dict, rows: list[tuple], start: int, minutes: int, tell=lambda minute, wrong: None):
    """[(light, (wanted, reason, close))] of every minute."""
    oracle, waiting, found = BoardOracle(file), list(reversed(rows)), []
    for minute in range(minutes):
        moment, late = start + 60 * minute, []
        while waiting and waiting[-1][0] <= minute:
            row = waiting.pop()
            if row[1] in ("manual", "lamp.level"):
                late.append(row)
            else:
                street.happen(*row[1:], moment)
                _hear(oracle, *row[1:])
        if late:
            street.board.advance(NETWORK_S)
            for row in late:
                street.happen(*row[1:], moment)
                _hear(oracle, *row[1:])
        street.board.advance(LOOK_S - NETWORK_S if late else LOOK_S)
        level, reason = oracle.minute(moment + LOOK_S)
        close = oracle.known and oracle.close_to_sun(moment + LOOK_S)
        found.append((street.light(), (level or 0, reason, close)))
        street.board.advance(60 - LOOK_S)
        if minute % DAY == DAY - 1:
            tell(minute + 1, len(deviations(found)))
    return found


def _hear(oracle: Oracle, what: str, value: int) -> None:
    if what == "battery":
        oracle.event("clock", 0)
    elif what != "wifi":
        oracle.event(what, value)


def deviations(found: list) -> list[tuple]:
    """Minutes in which the lamp was wrong; close to a switching by the sun the minute before or after is right, too."""
    wrong = []
    for minute, (light, (level, reason, close)) in enumerate(found):
        around = found[max(0, minute - 1) : minute + 2] if close else ()
        right = {level, *(wanted[0] for _, wanted in around)}
        if not any(abs(light - one) < 0.2 for one in right):
            wrong.append((minute, light, right, reason))
    return wrong


def blank(folder: Path) -> Path:
    """A board's folder with the pole's bundle on its flash, to be copied."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "pole.toml"
    file.write_text(POLE, encoding="utf-8")
    with VirtualBoard(folder / "board").start("esp32-devkit", file, latency=0, baud=0) as board:
        commission(board.port, bundle.build(conf.load(file)), readings_s=0)
    return folder


def live(template: Path, folder: Path, date: dt.date, days: int, seed: int, tell=lambda minute, wrong: None) -> dict:
    """So many days from noon of `date` on a board of their own; what there was and what was wrong."""
    file, start = tomllib.loads(POLE), noon(date)
    shutil.copytree(template, folder, ignore=shutil.ignore_patterns("port", "control", "lock"))
    rows = events(file, start, days, seed)
    with VirtualBoard(folder / "board").start(
        "esp32-devkit", folder / "pole.toml", clock="virtual", latency=0, baud=0, on=False
    ) as board:
        found = play(Street(board), file, rows, start, days * DAY, tell)
        stats = board.stats()
    return {"minutes": len(found), "wrong": deviations(found), "reasons": _reasons(found), "stats": stats,
            "events": {what: sum(row[1] == what for row in rows) for what in sorted({row[1] for row in rows})}}  # fmt: skip


def _reasons(found: list) -> dict:
    names = [str(wanted[1]) for _, wanted in found]
    return {name: names.count(name) for name in sorted(set(names))}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lighting.board_year", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the boards live; a report a month is written there")
    parser.add_argument("--year", type=int, default=2026)
    parser.add_argument("--months", default=SEASONS, help="in this order; every season comes early")
    parser.add_argument("--seed", type=int, default=1, help="of January; each month's is one more")
    parser.add_argument("--boards", type=int, default=2, help="at a time")
    options = parser.parse_args()
    template = blank(options.folder / "template")

    def month(number: int) -> list:
        date = dt.date(options.year, number, 1)
        days = ((date + dt.timedelta(days=31)).replace(day=1) - date).days
        seed, began = options.seed + number - 1, time.monotonic()
        name = f"{date:%Y-%m} seed {seed}"
        found = live(template, options.folder / f"{date:%m}", date, days, seed,
                     lambda minute, wrong: say(f"{name}: {minute} minutes, {wrong} deviations"))  # fmt: skip
        cpu = found["stats"]["vm_cpu_s"] + found["stats"]["host_cpu_s"]
        say(f"{name} done: {found['minutes']} minutes, {len(found['wrong'])} deviations, "
            f"{time.monotonic() - began:.0f} s, {cpu:.0f} s of CPU; {found['events']}; {found['reasons']}; "
            f"flash {found['stats']['flash']}; {found['wrong'][:5]}")  # fmt: skip
        return found["wrong"]

    with ThreadPoolExecutor(options.boards) as pool:
        wrong = list(pool.map(month, map(int, options.months.split(","))))
    say(f"{len(wrong)} months: {sum(map(len, wrong))} deviations")
    return 1 if any(wrong) else 0


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
