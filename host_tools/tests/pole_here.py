"""A pole that runs in this process: the firmware's own services and uplinks on CPython, with points of the real table.

Its console is a pty, its Modbus server and its broker are on 127.0.0.1.
"""

import asyncio
import contextlib
import os
import socket
import threading
import tty
from dataclasses import replace

from pole import clock, errors
from pole.hal import net_linux
from pole.log import ERROR, INFO, Log
from pole.services import console
from pole.store import Store, Table
from pole.uplinks import modbus_tcp, mqtt
from yigan import cards, points
from yigan.conf.encode import points_bin

CAPABILITIES = ("node", "lamp", "lamp.1", "air")


class PtyConsole:
    def __init__(self):
        self.master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self.master, False)
        self.port = os.ttyname(slave)
        self._slave = slave  # held open: a port that nobody has open is no hang-up

    async def wait(self):
        await clock.sleep_ms(10)

    def readinto(self, buf):
        try:
            data = os.read(self.master, len(buf))
        except BlockingIOError:
            return 0
        buf[: len(data)] = data
        return len(data)

    def write(self, data):
        with contextlib.suppress(BlockingIOError):  # a UART does not wait for a reader either
            os.write(self.master, data)

    def close(self):
        os.close(self.master)
        os.close(self._slave)


class Pole:
    """Starts with its context. `post(fn)` runs `fn()` between the pole's own steps and returns what it did."""

    def __init__(self, broker_port=0, **modbus):
        table = points.load()
        rows = [
            replace(p, report=replace(p.report, min_s=0)) for c in CAPABILITIES for p in table.instance(c)
        ]
        self.id, self.net, self.log = "here-0001", net_linux, Log()
        self.store = Store(Table(points_bin(sorted(rows, key=lambda p: p.id))))
        self.console = PtyConsole()
        self.hal = self
        self.info = {
            "pole": self.id,
            "board": "none",
            "version": "1.0",
            "bundle": "0123456789abcdef",
            "uid": "00",
        }
        self.counters, self.resets, self.requests = {}, [], []
        self.modbus_port = _free_port()
        blocks = [[table.capability(c).ids().start, table.capability(c).ids(n)[-1]]
                  for c, n in (("node", 0), ("lamp", 1), ("air", 0))]  # fmt: skip
        self._parts = [console.Service(self, _defaults(cards.service("console")))]
        self._parts.append(modbus_tcp.Uplink(self, {**_defaults(cards.uplink("modbus_tcp")), "port": self.modbus_port,
                                                    "blocks": blocks, "writers": ["127.0.0.1"], **modbus}))  # fmt: skip
        if broker_port:
            self._parts.append(mqtt.Uplink(self, {**_defaults(cards.uplink("mqtt")), "host": "127.0.0.1",
                                                  "port": broker_port}))  # fmt: skip
        self._fill()

    def _fill(self):
        """A lamp that obeys, except that somebody holds its minimum; an air sensor with one dead channel."""
        for name, raw in (
            ("node.uptime", 77),
            ("lamp.level", 500),
            ("lamp.minimum_level", 10),
            ("air.pm2_5", 350),
        ):
            self.store.put(self.store.index(name), raw)
        self.store.fail(self.store.index("air.pm10"), 7)
        self.store.own(self.store.index("lamp.level"), self._obey)
        self.store.own(self.store.index("lamp.minimum_level"), self._refuse)
        self.log.add(INFO, "pole", "started")
        self.log.add(ERROR, "air", "no frame")

    def _obey(self, raw, source):
        self.requests.append((raw, source))
        self.store.put(self.store.index("lamp.level"), raw)

    def _refuse(self, raw, source):
        raise errors.PoleError(errors.OVERRIDDEN)

    def put(self, name, raw):
        self.post(lambda: self.store.put(self.store.index(name), raw))

    def count(self, name, by=1):
        self.counters[name] = self.counters.get(name, 0) + by

    def reset(self, hard=True):
        self.resets.append(hard)

    def post(self, act):
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (act(), done.set()))
        assert done.wait(5)

    async def _run(self):
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        tasks = [asyncio.create_task(part.run(lambda: None)) for part in self._parts]
        await asyncio.sleep(0.05)
        self._ready.set()
        await self._end.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def __enter__(self):
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(5)
        self.console.close()


def _defaults(card):
    return {name: option.default for name, option in card.options.items()}


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
