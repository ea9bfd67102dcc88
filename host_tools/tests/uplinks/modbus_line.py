"""RS-485 lines on which a pole answers, for Modbus masters that share nothing with us.

`OnBoard`: the bundle on a virtual board, whose line ends in a pseudo-terminal. `OnCPython`: the same uplink on CPython with
pyserial (hal/linux.py), whose points refuse what the virtual board's obey.
"""

import os
import pty
import select
import subprocess
import sys
import threading
import tty
from pathlib import Path

from yigan import bundle, conf, places
from yigan.deploy.commission import commission
from yigan.twin.virtual import VirtualBoard

POLE = """
id = "line-0017"
board = "esp32s3-pole"

[site]
latitude = 31.228611
longitude = 121.474722
timezone = "Asia/Shanghai"

[[uplink]]
kind = "modbus_rtu"
bus = "rs485"
address = 17
baud = {baud}
parity = "{parity}"
role = "{role}"

[[peripheral]]
kind = "pwm"
bus = "lamp"
"""
ADDRESS = 17
LEVEL = 256  # the holding register pair of lamp.level, 0 to 1000

_SERVER = """
import asyncio, sys
sys.path[:0] = sys.argv[2:]
from modbus_points import BLOCKS, store
from pole import errors
from pole.hal import linux
from pole.log import Log
from pole.uplinks.modbus_rtu import Uplink

class Pole:
    pass

def refuse(code):
    def obey(raw, source):
        raise errors.PoleError(code)
    return obey

pole = Pole()
pole.id, pole.log, pole.counters, pole.store = "demo-0001", Log(), {}, store()
pole.info = {"version": "1.2.3", "board": "rpi-gateway"}
spec = {"kind": "served", "path": sys.argv[1], "baud": 115200, "direction": "none"}
pole.bus = lambda name: linux.bus(spec)
pole.store.own(pole.store.index("lamp.offset"), refuse(errors.OVERRIDDEN))
pole.store.own(pole.store.index("lamp.energy"), refuse(errors.NOT_OWNED))

async def main():
    options = {"bus": "rs485", "address": 17, "role": "writer", "blocks": BLOCKS}
    task = asyncio.create_task(Uplink(pole, options).run(lambda: None))
    await asyncio.sleep(0.1)
    print("ready")
    await task

asyncio.run(main())
"""


class Wire:
    """Two pseudo-terminals, one end of each joined: `near` is the master's path, `far` the server's."""

    def __init__(self):
        self._pairs = [pty.openpty() for _ in range(2)]
        for _, end in self._pairs:
            tty.setraw(end)
        self.near, self.far = (os.ttyname(end) for _, end in self._pairs)
        self._wake, self._bell = os.pipe()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _carry(self):
        (a, _), (b, _) = self._pairs
        while self._wake not in (ready := select.select([a, b, self._wake], [], [])[0]):
            for here, there in ((a, b), (b, a)):
                if here in ready:
                    os.write(there, os.read(here, 512))

    def close(self):
        os.write(self._bell, b"x")
        self._thread.join()
        for fd in (*sum(self._pairs, ()), self._wake, self._bell):
            os.close(fd)


class OnCPython:
    """The server in a process of its own; `port` is for the master."""

    def __init__(self, folder: Path):
        script = folder / "server.py"
        script.write_text(_SERVER, encoding="utf-8")
        self._wire = Wire()
        self.port = self._wire.near
        firmware = places.firmware()
        words = [sys.executable, "-u", script, self._wire.far, firmware, firmware / "tests"]
        self._process = subprocess.Popen([*map(str, words)], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout.readline().strip() == "ready"

    def stop(self):
        alive = self._process.poll() is None
        self._process.kill()
        self._process.communicate()
        self._wire.close()
        assert alive, "the server died"


class OnBoard:
    """A pole's bundle on a virtual board; `port` is for the master."""

    def __init__(
        self, folder: Path, parity: str = "N", masters: str = "N", baud: int = 115200, role: str = "writer"
    ):
        """parity: the pole's; masters: the other end's."""
        far, file = folder / "far.toml", folder / "line.toml"
        far.write_text(POLE.format(baud=baud, parity=masters, role=role), encoding="utf-8")
        file.write_text(POLE.format(baud=baud, parity=parity, role=role), encoding="utf-8")
        self.board = VirtualBoard(folder / "board")
        self.board.start("esp32s3-pole", far, latency=0, baud=0)
        commission(self.board.port, bundle.build(conf.load(file)), readings_s=0)
        self.port = self.board.state("modbus_rtu")["path"]

    def stop(self):
        self.board.stop()
        told = (self.board.folder / "board.err").read_text()
        assert not told, told
