"""A pole with a journal on littlefs and the MQTT uplink, on the MicroPython VM: `journal_pole.py OPTIONS`.

Measures once a (virtual) second, as fast as it goes: record k is value k of one of three points. Prints `k number` of
each record once the journal has it. The flash is a file: killing the VM cuts the power.
"""

# ruff: noqa: T201 - what it prints is what its story looks at
import asyncio
import json
import struct
import sys

import vfs

import points_bin
from pole import clock
from pole.codec import record
from pole.hal import net
from pole.journal import Journal
from pole.keep import Keep
from pole.log import Log
from pole.store import Store, Table
from pole.uplinks import mqtt

ROWS = [(100 + 2 * k, "air.%d.pm2_5" % k, 3, 0, False, 0, 1000000) for k in range(3)]
_BLOCKS, _BLOCK = 256, 4096


class Flash:
    """A block device in a file of the host."""

    def __init__(self, path):
        self._file = open(path, "r+b")

    def readblocks(self, n, buf, offset=0):
        self._file.seek(n * _BLOCK + offset)
        self._file.readinto(buf)

    def writeblocks(self, n, buf, offset=0):
        self._file.seek(n * _BLOCK + offset)
        self._file.write(buf)

    def ioctl(self, op, arg):
        if op == 4:
            return _BLOCKS
        if op == 5:
            return _BLOCK
        return 0


class Pole:
    id = "demo-0001"
    net = net
    info = {"board": "esp32-devkit", "version": "0.1.0"}

    def __init__(self, room):
        self.store = Store(Table(points_bin.build(ROWS)))
        self.log = Log()
        self.log.echo = lambda level, where, text: print("#", text)
        self.journal = Journal("/flash/j", Keep("/flash/journal", 600), room)

    def count(self, name, by=1):
        pass


def told(path):
    """How far it may measure, -1 to start again."""
    try:
        with open(path) as file:
            return int(file.read())
    except (OSError, ValueError):  # it is being written
        return 0


async def main(options, first, last, known, room, stop):
    moment = [first]
    clock.uptime_s = lambda: moment[0]  # a virtual second is a record
    if known:
        clock.set_time(217497600 + first, clock.NETWORK)
    pole = Pole(room)
    journal = pole.journal
    task = asyncio.create_task(mqtt.Uplink(pole, options).run(lambda: None))
    payload = bytearray(7)
    k, limit = first, 0
    while k < last:
        moment[0] = k
        struct.pack_into("<HBi", payload, 0, 100 + 2 * (k % 3), 1, k)
        print(k, journal.put(record.TELEMETRY, record.SAMPLE, payload))
        k += 1
        if not k & 3:
            journal.step()
            await clock.sleep_ms(0)
        if k < last and (k >= limit or not k & 63):
            limit = told(stop)
            while 0 <= limit <= k:
                await clock.sleep_ms(10)
                limit = told(stop)
            if limit < 0:
                journal.flush()  # a restart of ours
                print("# restart")
                return
    print("# all measured")
    while not journal.readers or any(
        journal.readers[0].acked[c] < journal.last(c) for c in range(record.CLASSES)
    ):
        moment[0] += 1
        journal.step()
        await clock.sleep_ms(50)
        if task.done():
            await task
    journal.flush()
    print("# all told")


with open(sys.argv[1]) as file:
    chosen = json.load(file)
flash = Flash(chosen["flash"])
try:
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
except OSError:
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
asyncio.run(
    main(chosen["options"], chosen["first"], chosen["last"], chosen["known"], chosen["room"], chosen["stop"])
)
