"""A dead slave among five on a 9600-baud line: what the four others keep of their rate.

The firmware's own master and driver, noise transmitters for slaves, every byte with its time on the wire, in
virtual time, so that each run gives the same. The peer's way is the ordinary one: ask, wait for the time-out, try
again, go on to the next slave.
"""

import asyncio
import sys
from collections.abc import Iterator

from benchmarks.harness import FIRMWARE, Row
from yigan.conf import regmap
from yigan.twin import modbus_rtu, modbus_sensor, virtual_time

BAUD = 9600
SLAVES = range(1, 6)
DEAD = 3
SECONDS = 300
_FOR_EVER = 1 << 30


def _firmware():
    """The device's package, which is not installed on the host."""
    if str(FIRMWARE) not in sys.path:
        sys.path.insert(0, str(FIRMWARE))
    from pole import clock, errors
    from pole.drivers.modbus_rtu import Bus
    from pole.drivers.modbus_sensor import Driver

    return clock, errors, Bus, Driver


def _rates(dead: tuple[int, ...], isolate: bool) -> dict[int, float]:
    """Readings a second of each slave when every task asks again at once."""
    clock, errors, bus_type, driver_type = _firmware()
    good = dict.fromkeys(SLAVES, 0)

    async def poll(driver, address: int) -> None:
        out = [None]
        loop = asyncio.get_running_loop()
        while loop.time() < SECONDS:
            try:
                await driver.read(out)
                good[address] += 1
            except errors.PoleError as error:
                if error.code == errors.ISOLATED:
                    await asyncio.sleep(0.1)

    async def story() -> None:
        ours = virtual_time.Clock()
        far = modbus_rtu.Twin(ours, {"baud": BAUD})
        for address in SLAVES:
            twin = modbus_sensor.Twin(ours, {"map": "noise", "address": address})
            far.attach(twin)
            twin.start()
            if address in dead:
                twin.fault("silent")
        bus = bus_type(virtual_time.Line(ours, far, BAUD), {})
        if not isolate:
            bus.health._threshold = _FOR_EVER
        plan = regmap.load("noise").plan()
        drivers = [(driver_type(bus, {"address": n, "plan": plan}), n) for n in SLAVES]
        await asyncio.gather(*(poll(driver, n) for driver, n in drivers))

    virtual_time.run(story(), clock)
    return {address: count / SECONDS for address, count in good.items()}


def _kept(dead: tuple[int, ...], isolate: bool = True) -> float:
    """Percent of its rate that the worst of the living keeps."""
    before, after = _rates((), isolate), _rates(dead, isolate)
    return min(100 * after[n] / before[n] for n in SLAVES if n not in dead)


def rows() -> Iterator[Row]:
    one = _kept((DEAD,)), _kept((DEAD,), isolate=False)
    yield Row("modbus_rtu: rate kept beside one dead slave of five", *one, "%", ">= 80", better="higher")
    four = _kept((1, 2, 3, 4)), _kept((1, 2, 3, 4), isolate=False)
    yield Row("modbus_rtu: rate kept beside four dead slaves of five", *four, "%", ">= 80", better="higher")
    yield Row("modbus_rtu: readings a second of each of five", _rates((), True)[1], None, "/s")
