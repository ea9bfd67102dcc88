"""Winsen's twins against published frames, and the firmware's driver with each of them."""

import asyncio

import pytest

from pole import clock as pole_clock
from pole.drivers import winsen as driver_module
from pole.quality import NAMES
from yigan.twin import virtual_time, winsen

MOLAR = {
    "so2": 64.066,
    "no2": 46.006,
    "o3": 47.998,
    "co": 28.010,
    "nh3": 17.031,
    "h2s": 34.08,
    "hcho": 30.026,
}


class End:
    """The far end of a line with one twin."""

    def __init__(self, twin):
        self.received = twin.received
        twin.send = lambda data: self.send(data)


def uploaded(**options):
    heard = []

    async def story():
        twin = winsen.Twin(virtual_time.Clock(), options)
        twin.send = heard.append
        twin.start()
        if options.get("cell"):
            twin.fault("cell")
        await asyncio.sleep(1.5)

    virtual_time.run(story(), pole_clock)
    return heard[0].hex()


def test_frames_of_the_initiative():
    assert uploaded(gas="hcho", model="ze08", ppb=37) == "ff1704000025138825"  # ZE08-CH2O manual
    assert uploaded(gas="so2", ppb=150, full_ppb=2000) == "ff2b0400009607d064"
    assert uploaded(gas="no2", ppb=50, full_ppb=2000) == "ff2c0400003207d0c7"
    assert uploaded(gas="co", model="ze07", ppb=3700) == "ff0403010025138838"
    assert uploaded(gas="co", model="ze15", ppb=30000, cell=True) == "ff040301812c1388b0"


def test_published_answer():
    heard = []

    async def story():
        twin = winsen.Twin(virtual_time.Clock(), {"gas": "hcho", "model": "ze07", "ppb": 3200})
        twin.send = heard.append
        twin.start()
        for command in ("ff0178410000000046", "ff0186000000000079"):
            twin.received(bytes.fromhex(command))
            await asyncio.sleep(0.6)

    virtual_time.run(story(), pole_clock)
    assert heard[0].hex()[:4] == "ff86" and heard[0][6:8] == b"\x00\x20"  # ZE07-CH2O p. 5: 32


@pytest.mark.parametrize("mode", ["initiative", "query"])
@pytest.mark.parametrize(
    ("model", "gas", "ppb"),
    [("ze12", gas, ppb) for gas in MOLAR for ppb in (1, 255, 5000)]
    + [
        ("ze25", "o3", 37),
        ("ze27", "o3", 9999),
        ("ze08", "hcho", 511),
        ("ze07", "co", 3700),
        ("ze15", "co", 500000),
    ]
    + [("ze03", "co", 409600), ("ze03", "no2", 5100)],
)
def test_each_module_in_both_modes(mode, model, gas, ppb):
    async def story():
        clock = virtual_time.Clock()
        options = {"gas": gas, "model": model, "mode": mode, "warm_up_s": 0}
        twin = winsen.Twin(
            clock,
            {**options, "ppb": ppb, "full_ppb": 1000000 if model in ("ze07", "ze15", "ze03") else 20000},
        )
        line = virtual_time.Line(clock, End(twin), 9600)
        twin.start()
        await asyncio.sleep(3.3)
        driver = driver_module.Driver(line, options)
        for _ in range(3):
            out = [None]
            assert NAMES[await driver.read(out)] == "good"
            wanted = ppb * MOLAR[gas] / 24.465 * (1 if gas == "co" else 10)
            assert out[0] == pytest.approx(wanted, rel=1e-4, abs=0.51)
            await asyncio.sleep(0.5)
        assert twin.state()["uploads"] == (mode == "initiative")

    virtual_time.run(story(), pole_clock)
