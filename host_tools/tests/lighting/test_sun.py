"""protocol/sun.py against astral: every day of a year, from the equator to 60 degrees, on three interpreters."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from lighting import almanac

from pole.protocol import sun
from yigan import places, vm
from yigan.errors import LinkError

LATITUDES = (0, 10, -20, 31.230416, -33.9, 45, 50, -53.1, 58, 60, -60)
LONGITUDES = (-179.5, -70.9, 0, 87.6, 121.473701, 179.9)
YEAR = range(2192, 2192 + 365)  # 2026
EVENTS = ((sun.HORIZON, False), (sun.HORIZON, True), (sun.CIVIL, False), (sun.CIVIL, True))
MINUTE = 60

SWEEP = """
from pole.protocol import sun
for latitude in {latitudes}:
    for day in range({first}, {last}):
        row = [sun.event(day, latitude, 121473701, below, late) for below in (833, 6000) for late in (False, True)]
        print("sun", latitude, day, *row)
"""


def wrong(latitude, longitude, day, found):
    """Seconds by which the worst of a day's events is wrong."""
    observer = almanac.place(latitude, longitude)
    errors = [0]
    for (below, setting), moment in zip(EVENTS, found):
        truth = almanac.passes(
            observer, day, almanac.HORIZON if below == sun.HORIZON else almanac.CIVIL, setting
        )
        if truth is None:
            assert moment in (sun.NEVER_DARK, sun.NEVER_LIGHT)
        else:
            errors.append(abs(moment - truth))
    return max(errors)


@pytest.mark.parametrize("latitude", LATITUDES)
def test_every_day_of_a_year(latitude):
    place = round(latitude * 1e6)
    for n, longitude in enumerate(LONGITUDES):
        for day in YEAR[n :: len(LONGITUDES)]:
            found = [sun.event(day, place, round(longitude * 1e6), *event) for event in EVENTS]
            assert wrong(latitude, longitude, day, found) < MINUTE


@pytest.mark.parametrize("latitude", LATITUDES)
def test_astrals_own_sunrise_and_sunset(latitude):
    """It lowers the horizon by 47', not 50': half a minute at 60 degrees."""
    observer = almanac.place(latitude, 0)
    for day in YEAR:
        for setting in (False, True):
            found = sun.event(day, round(latitude * 1e6), 0, sun.HORIZON, setting)
            assert abs(found - almanac.greenwich(observer, day, setting)) < MINUTE


def test_until_a_small_integer_ends():
    for day in range(1, 12400, 97):
        found = [sun.event(day, 31230416, 121473701, *event) for event in EVENTS]
        assert wrong(31.230416, 121.473701, day, found) < MINUTE


def test_the_committed_table_is_what_astral_says():
    """firmware/tests/protocol/test_sun.py runs where astral cannot."""
    from protocol.test_sun import ALMANAC

    for latitude, longitude, day, *moments in ALMANAC:
        observer = almanac.place(latitude / 1e6, longitude / 1e6)
        told = [
            almanac.passes(observer, day, b, late)
            for b in (almanac.HORIZON, almanac.CIVIL)
            for late in (False, True)
        ]
        assert [abs(a - day * 86400 - b) < 2 for a, b in zip(told, moments)] == [True] * 4


def on_vm(script: Path) -> list[str]:
    try:
        return [vm.find(), str(script)]
    except LinkError as error:
        pytest.skip(str(error))


def on_node(script: Path) -> list[str]:
    modules = Path(os.environ.get("YIGAN_NODE_HOME", places.root()))
    if not shutil.which("node") or not (modules / "node_modules" / "@micropython").is_dir():
        pytest.skip("the 32-bit MicroPython needs Node and its npm package: `make test` installs them")
    tests = (
        script.parent / "tests"
    )  # wasm.mjs runs a file of firmware/tests: a small copy with this one in it
    shutil.copytree(places.firmware() / "tests" / "micro", tests / "micro")
    (script.parent / "pole").symlink_to(places.firmware() / "pole")
    (tests / "sun").mkdir()
    (tests / "sun" / "test_sweep.py").write_text(script.read_text())
    runner = tests / "micro" / "wasm.mjs"
    return ["node", str(runner), str(modules), str(script.parent), "sun/test_sweep.py", "files"]


@pytest.mark.parametrize("command", [on_vm, on_node])
def test_every_day_of_a_year_on_micropython(command, tmp_path, record_property):
    script = tmp_path / "sweep.py"
    microdegrees = [round(latitude * 1e6) for latitude in LATITUDES]
    script.write_text(SWEEP.format(latitudes=microdegrees, first=YEAR[0], last=YEAR[-1] + 1))
    environment = {**os.environ, "MICROPYPATH": f".frozen:{places.firmware()}"}
    done = subprocess.run(command(script), env=environment, capture_output=True, text=True, timeout=60)
    rows = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("sun ")]
    assert len(rows) == len(LATITUDES) * len(YEAR), done.stdout + done.stderr
    worst = max(
        wrong(int(latitude) / 1e6, 121.473701, int(day), [int(moment) for moment in found])
        for latitude, day, *found in rows
    )
    record_property("worst_s", worst)
    assert worst < MINUTE
