"""Runs the MQTT uplink on a pole of three points, on CPython or on the MicroPython VM: `mqtt_pole.py OPTIONS TIME`.

Prints what it logs, and once a command was obeyed that too. `air.pm2_5` counts up, ten times a second. With the option
`polls` it prints each tenth of these, and the heap in use by then (0 on CPython), and dims the lamp as a programme would.
"""

# ruff: noqa: T201 - what it prints is what its tests look at
import asyncio
import gc
import json
import sys

import points_bin
from pole import clock
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
    (104, "air.1.pm2_5", 2, 0, False, 0, 1000),
]


class Pole:
    id = "demo-0001"
    net = net
    info = {"board": "esp32-devkit", "version": "0.1.0"}

    def __init__(self):
        self.store = Store(Table(points_bin.build(ROWS)))
        self.log = Log()
        self.log.echo = lambda level, where, text: print(text)
        self.store.own(0, self.dim)

    def dim(self, raw, source):
        print("dim", raw)
        self.store.put(0, raw)

    def count(self, name, by=1):
        print("count", name)


def poll(pole, turn):
    if turn % 10 == 0:
        pole.store.request(0, turn % 1000, "programme")
        gc.collect()
        print("polled", turn, gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0)


async def main(options, seconds):
    polls = options.pop("polls", False)
    pole = Pole()
    if seconds:
        clock.set_time(seconds, clock.NETWORK)
    task = asyncio.create_task(mqtt.Uplink(pole, options).run(lambda: None))
    value = 0
    while not task.done():
        pole.store.put(1, value)
        value += 1
        if polls:
            poll(pole, value)
        await clock.sleep_ms(100)
    await task


with open(sys.argv[1]) as file:  # a file, because the VM dies of an argument beyond 255 bytes
    chosen = json.load(file)
asyncio.run(main(chosen, int(sys.argv[2])))
