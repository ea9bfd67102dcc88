"""A pole with a wide and a narrow uplink and the service that leads them: `linked_pole.py OPTIONS SECONDS`.

OPTIONS is JSON {"mqtt": {...}, "datagram": {...}, "link": {...}}. Prints the service's log lines, and `tick <most ms
between two of ten a second> <lamp commands obeyed>` each second. Lines on standard input: `alarm` raises one.
"""

# ruff: noqa: T201 - what it prints is what its tests look at
import asyncio
import json
import select
import sys

import points_bin
from pole import clock
from pole.log import Log
from pole.services import link
from pole.store import Store, Table
from pole.uplinks import datagram, mqtt

if sys.implementation.name == "micropython":
    from pole.hal import net
else:
    from pole.hal import net_linux as net

ROWS = [
    (128, "lamp.level", 2, 1, True, 0, 1000),
    (1537, "air.pm2_5", 2, 1, False, 0, 65000),
    (1539, "air.pm10", 2, 1, False, 0, 65000),
    (5184, "link.state", 6, 0, False, 0, 6),
    (5188, "link.connects", 4, 0, False, 0, 1 << 29),
    (5248, "link.1.state", 6, 0, False, 0, 6),
]
FORM = (
    '{"n":%d,"alarm":7,"point":"air.pm2_5","state":"raised","severity":"major","reason":"high","value":115.1,'
    '"unit":"ug/m3","at":null,"age":0,"text":"smoke, much"}'
)


class Alarms:
    seq = 0

    def at(self, n):
        return clock.uptime_s()

    def event(self, n):
        return n, (FORM % n).encode()


class Keep:
    def __init__(self):
        self.values = {}

    def get(self, name, usual=0):
        return self.values.get(name, usual)

    def set(self, name, value):
        self.values[name] = value

    def flush(self):
        pass

    step = flush


class Pole:
    id = "linked-0001"
    net = net
    journal = statistics = None
    info = {"board": "esp32-devkit", "version": "0.1.0"}

    def __init__(self):
        self.store = Store(Table(points_bin.build(ROWS)))
        self.log = Log()
        self.log.echo = lambda level, where, text: print(where, text)
        self.alarms = Alarms()
        self.links = {}

    def keep(self, name):
        return Keep()

    def count(self, name, by=1):
        pass


async def _stepping(service):
    """As the supervisor does it."""
    while True:
        service.step()
        await clock.sleep_ms(1000)


async def main(options, seconds):
    pole = Pole()
    if seconds:
        clock.set_time(seconds, clock.NETWORK)
    pole.links[0] = mqtt.Uplink(pole, options["mqtt"])
    pole.links[1] = datagram.Uplink(pole, options["datagram"])
    service = link.Service(pole, options["link"])
    work = [pole.links[0].run(lambda: None), pole.links[1].run(lambda: None), _stepping(service)]
    tasks = [asyncio.create_task(one) for one in work]
    poller = select.poll()
    poller.register(sys.stdin, select.POLLIN)
    most, value, last = 0, 0, clock.ticks_ms()
    while not any(task.done() for task in tasks):
        value += 1
        pole.store.put(1, value)
        pole.store.put(0, value % 1000)
        if poller.poll(0) and sys.stdin.readline().strip() == "alarm":
            pole.alarms.seq += 1
        await clock.sleep_ms(100)
        now = clock.ticks_ms()
        most, last = max(most, clock.ticks_diff(now, last)), now
        if value % 10 == 0:
            print("tick", most, value)
            most = 0
    print("ended")


with open(sys.argv[1]) as file:
    chosen = json.load(file)
asyncio.run(main(chosen, int(sys.argv[2])))
