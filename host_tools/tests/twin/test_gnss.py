"""The GNSS twin, and the firmware's driver at the other end of its line."""

import datetime
import json
import os
from pathlib import Path

import pytest

from pole import clock as pole_clock
from pole import errors as pole_errors
from pole.drivers.gnss import Driver
from yigan import cards, places
from yigan.twin import gnss, virtual_time

SHARED = Path(os.environ.get("YIGAN_SHARED", places.root().parent / "shared")) / "data" / "nmea"
RECORDINGS = ("beidou-bd", "bu353-glonass", "gr8013-w", "neo-m8n", "skytraq", "sl869")
POINTS = cards.driver("gnss").points
ZERO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


def readings(count: int, faults=(), baud=9600, options=None, **said) -> list:
    """`count` readings of the driver, each a dict of points or the error it raised; and what the clock says."""
    found: list = []

    async def story():
        clock = virtual_time.Clock()
        twin = gnss.Twin(clock, said)
        line = virtual_time.Line(clock, twin, baud)
        for name in faults:
            twin.fault(name)
        twin.start()
        driver = Driver(line, options or {})
        for _ in range(count):
            out = [None] * len(POINTS)
            try:
                await driver.read(out)
                found.append(dict(zip(POINTS, out, strict=True)) | {"now": pole_clock.now(), "trust": pole_clock.trust()})
            except pole_errors.PoleError as error:
                found.append(error)
        twin.stop()

    pole_clock.forget()
    try:
        virtual_time.run(story(), pole_clock)
    finally:
        pole_clock.forget()
    return found


def seconds(text: str) -> int:
    return int((datetime.datetime.fromisoformat(text) - ZERO).total_seconds())


def test_a_sentence_of_the_standard():
    assert gnss.sentence("GNZDA,084846.000,21,05,2020,00,00") == b"$GNZDA,084846.000,21,05,2020,00,00*48\r\n"


def test_angles():
    assert gnss.angle(31.230416, 2, "NS") == "3113.82496,N"
    assert gnss.angle(-4.8373665, 3, "EW") == "00450.24199,W"
    assert gnss.angle(-0.9999999999, 2, "NS") == "0100.00000,S"


def test_a_synthetic_sky():
    place = {"latitude": -33.68, "longitude": -70.5, "altitude": 812.4, "speed": 1.5, "course": 90}
    last = readings(5, utc="2026-11-22T08:00:00Z", **place)[-1]
    assert (last["lat"], last["lon"], last["altitude"]) == (-33680000, -70500000, 8124)
    assert (last["speed"], last["course"], last["fix"], last["fix_type"]) == (150, 9000, 3, 1)
    assert (last["satellites_used"], last["satellites_in_view"]) == (9, 11)
    assert (last["beidou_used"], last["beidou_in_view"]) == (5, 6)
    assert (last["hdop"], last["antenna"], last["bad_sentences"]) == (90, 1, 0)
    assert last["trust"] == pole_clock.GNSS
    assert abs(last["now"] - seconds("2026-11-22T08:00:05Z")) <= 1


@pytest.mark.parametrize("baud", [4800, 38400, 115200])
def test_every_rate(baud):
    told = readings(6, baud=baud, utc="2026-11-22T08:00:00Z")
    times = [r["utc"] for r in told if r["utc"]]
    assert times == list(range(times[0], times[0] + len(times)))
    assert len(times) >= 5


def test_without_a_fix():
    last = readings(4, ["no_fix"])[-1]
    assert [last[name] for name in ("lat", "lon", "altitude", "speed", "course", "utc")] == [None] * 6
    assert (last["fix"], last["satellites_used"]) == (0, 0)
    assert last["trust"] in (pole_clock.UNKNOWN, pole_clock.RTC)


def test_an_old_week():
    last = readings(4, ["old_week"], utc="2026-11-22T08:00:00Z")[-1]
    assert abs(last["now"] - seconds("2026-11-22T08:00:04Z")) <= 1


def test_antenna_open():
    assert readings(3, ["antenna_open"])[-1]["antenna"] == 2


def test_2d():
    last = readings(4, fix=2)[-1]
    assert (last["fix"], last["altitude"]) == (2, None)
    assert last["lat"] is not None


@pytest.mark.parametrize("fault", ["noise", "truncate", "checksum", "no_checksum"])
def test_a_bad_line(fault):
    """Nothing wrong is believed: what little comes through is right, the rest is counted or raised."""
    for told in readings(8, [fault], latitude=31.230416, longitude=121.473701):
        if isinstance(told, pole_errors.PoleError):
            assert isinstance(told, pole_errors.DeviceFault)
        else:
            assert told["lat"] in (None, 31230416)
            assert told["lon"] in (None, 121473701)


def test_silence():
    assert all(isinstance(told, pole_errors.BusError) for told in readings(2, ["silent"]))


def test_stuck_time_is_one_epoch():
    told = readings(6, ["stuck"])
    assert len({r["utc"] for r in told if r["utc"]}) == 1


def test_what_a_person_can_set():
    twin = gnss.Twin(None, {})
    with pytest.raises(KeyError):
        twin.set("lattitude", 1)
    with pytest.raises(ValueError, match="0, 2 or 3"):
        twin.set("fix", 1)
    twin.set("recording", SHARED / "neo-m8n.log")
    assert twin.state()["seconds_left"] == 24
    twin.set("recording", None)
    assert twin.state()["seconds_left"] is None


def reference(name: str) -> tuple[dict, list[tuple]]:
    """Of gpsd: time -> its last TPV; and (satellites used, BeiDou satellites used) of every sky view."""
    known, used = {}, []
    for line in (SHARED / f"{name}.log.chk").read_bytes().splitlines():
        if not line.startswith(b"{"):
            continue
        said = json.loads(line)
        if said["class"] == "TPV" and "time" in said:
            known[said["time"]] = said
        elif said["class"] == "SKY" and "satellites" in said:
            stars = [star for star in said["satellites"] if star["used"]]
            used.append((len(stars), sum(star["gnssid"] == 3 for star in stars)))
    return known, used


def agree(name: str, reading: dict, said: dict) -> bool:
    """Within the resolution of the points: a microdegree, a decimetre."""
    far = [abs(reading[x] - said[x] * 1e6) for x in ("lat", "lon")]
    if reading["altitude"] is not None and "altMSL" in said:
        far.append(abs(reading["altitude"] - said["altMSL"] * 10))
    guessed = name == "sl869" and said["time"][11:23] in ("10:21:43.990", "10:21:44.000")  # 3D against a GSA of 2D
    return max(far) <= 0.51 and (reading["fix"] == said["mode"] or guessed)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_replayed_recording_is_what_the_reference_says(name):
    """Position, time, fix mode and satellites used of every second in which there is a fix."""
    known, used = reference(name)
    count = len(gnss.bursts((SHARED / f"{name}.log").read_bytes()))
    told = [r for r in readings(count, recording=SHARED / f"{name}.log") if isinstance(r, dict)]
    assert len(told) >= count - 1
    by_second: dict = {}
    for time, said in known.items():
        by_second.setdefault(seconds(time), []).append(said)
    fixed = 0
    for reading in told:
        candidates = [said for said in by_second.get(reading["utc"], ()) if "lat" in said]
        if candidates:  # sl869 has two epochs in one second
            fixed += 1
            assert any(agree(name, reading, said) for said in candidates), (reading, candidates)
    assert fixed or name == "skytraq"  # a cold start
    assert {(r["satellites_used"], r["beidou_used"] or 0) for r in told[1:]} >= set(used[-1:])


def test_the_pole_has_the_time_of_the_reference():
    last = readings(20, recording=SHARED / "neo-m8n.log")[-1]
    assert last["trust"] == pole_clock.GNSS
    # An epoch is told within the second after it, and the clock counts whole seconds.
    assert 0 <= last["now"] - last["utc"] <= 2
    assert last["utc"] in {seconds(time) for time in reference("neo-m8n")[0]}
