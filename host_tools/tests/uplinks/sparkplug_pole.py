"""A Sparkplug edge node of four points, on CPython or on the MicroPython VM: `sparkplug_pole.py OPTIONS`.

`air.pm2_5` counts up ten times a second, or each `step_ms`; with `journal` it has one in `state`. Prints what it logs.
A lamp that is dimmed to 99.9 % restarts the pole.
"""

# ruff: noqa: T201 - what it prints is what its tests look at
import asyncio
import json
import sys

import points_bin
from pole import clock
from pole.keep import Keep
from pole.log import Log
from pole.store import Store, Table
from pole.uplinks import mqtt

if sys.implementation.name == "micropython":
    from pole.hal import net
else:
    from pole.hal import net_linux as net

ROWS = [
    (100, "lamp.level", 1, 1, True, 0, 1000),
    (102, "air.pm2_5", 2, 0, False, 0, 60000),
    (104, "gnss.lon", 3, 6, False, -180000000, 180000000),
    (106, "node.door", 0, 0, False, 0, 1),
]


class Hal:
    def __init__(self, state):
        self.STATE = state


class Pole:
    id = "demo-0001"
    net = net
    info = {"board": "esp32-devkit", "version": "0.1.0"}
    alarms = statistics = journal = None

    def __init__(self, state):
        self.hal = Hal(state)
        self.kept = []
        self.store = Store(Table(points_bin.build(ROWS, ("%",))))
        self.log = Log()
        self.log.echo = lambda level, where, text: print(text)
        self.store.own(0, self.dim)

    def keep(self, name, every_s=1800):
        self.kept.append(Keep(self.hal.STATE + "/" + name, every_s))
        return self.kept[-1]

    def dim(self, raw, source):
        print("dim", raw)
        self.store.put(0, raw)
        if raw == 999:
            self.uplink.farewell()
            sys.exit()

    def count(self, name, by=1):
        print("count", name)


async def _stepping(service):
    """As the supervisor does it."""
    while True:
        service.step()
        await clock.sleep_ms(1000)


async def main(options, state, journal, step_ms, most):
    pole = Pole(state)
    clock.set_time(217497600, clock.NETWORK)
    if journal:
        from pole.services import journal as service

        started = service.Service(pole, {"room_kb": 256, "log": False})
        asyncio.create_task(_stepping(started))
    pole.uplink = mqtt.Uplink(pole, options)
    task = asyncio.create_task(pole.uplink.run(lambda: None))
    pole.store.put(2, 121473701)
    value = 0
    while not task.done():
        if value < most:
            value += 1
            pole.store.put(1, value)
            if journal:
                started._samples(clock.uptime_s())
        await clock.sleep_ms(step_ms)
    await task


with open(sys.argv[1]) as file:
    chosen = json.load(file)
own = [chosen.pop(key) for key in ("state", "journal", "step_ms", "most")]
asyncio.run(main(chosen, *own))
