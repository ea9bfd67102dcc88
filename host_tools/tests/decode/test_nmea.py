"""The firmware's NMEA codec against gpsd's reference output, against pynmeagps, and against itself on the VM."""

import datetime
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from yigan import places
from yigan.cli.decode import command
from yigan.decode.nmea import Decoded, utc

SHARED = Path(os.environ.get("YIGAN_SHARED", places.root().parent / "shared"))
RECORDINGS = ("beidou-bd", "bu353-glonass", "gr8013-w", "neo-m8n", "skytraq", "sl869")
WEEKS_1024 = 1024 * 7 * 86400  # gpsd brings these recordings forward: their dates were before its own

# gpsd's gnssid, and what it calls `svid`, as our system and number
SYSTEMS = {0: ("GPS", 0), 1: ("SBAS", 0), 2: ("Galileo", 0), 3: ("BeiDou", 0), 5: ("QZSS", 192), 6: ("GLONASS", 64)}
# gpsd takes 3D from the altitude of the epoch before, against the GSA that says 2D
GPSD_GUESSES = {("sl869", "10:21:43.990"), ("sl869", "10:21:44.000")}


def recording(name: str) -> Path:
    return SHARED / "data" / "nmea" / f"{name}.log"


def reference(name: str, folder: Path):
    """(sentences decoded so far since the last, reference object) for each TPV and SKY of the reference file."""
    lines = recording(name).with_suffix(".log.chk").read_bytes().splitlines(keepends=True)
    sentences = folder / "sentences.log"
    sentences.write_bytes(b"".join(x for x in lines if not x.startswith(b"{")))
    decoded = iter(Decoded(sentences))
    for line in lines:
        if line.startswith(b"{"):
            yield [], json.loads(line)
        elif b"$" in line and accepted(line):
            yield [next(decoded)], None
    assert next(decoded, None) is None


def accepted(line: bytes) -> bool:
    """Whether a sentence of these files counts: it has a checksum, and is nobody's own."""
    return b"*" in line and not line.lstrip().startswith(b"$P")


class State:
    """What a reader of the decoded sentences knows, as gpsd's TPV does."""

    def __init__(self) -> None:
        self.now: dict = {}
        self.sky: dict = {}

    def hear(self, told: dict) -> None:
        if told.get("fix") == 0 and told["type"] != "GSA":
            for name in ("lat", "lon", "alt_m", "speed_mps"):
                self.now.pop(name, None)
        self.now |= {k: v for k, v in told.items() if k in ("lat", "lon", "alt_m", "speed_mps", "utc", "fix")}
        for star in told.get("satellites", ()):
            self.sky[star["gnss"], star["prn"]] = star


@pytest.mark.parametrize("name", RECORDINGS)
def test_against_the_reference(name, tmp_path):
    state, compared = State(), 0
    for told, known in reference(name, tmp_path):
        for sentence in told:
            state.hear(sentence)
        if known and known["class"] == "TPV":
            compared += 1
            position(known, state.now)
            time_and_mode(name, known, state.now)
        elif known and known["class"] == "SKY":
            compared += len(known.get("satellites", ()))
            for star in known.get("satellites", ()):
                satellite(star, state.sky)
    assert compared > 20


def position(known: dict, now: dict) -> None:
    for theirs, ours, within in (("lat", "lat", 1e-9), ("lon", "lon", 1e-9), ("altMSL", "alt_m", 5e-4)):
        assert (theirs in known) == (ours in now) or theirs == "altMSL", (known, now)
        if theirs in known and ours in now:
            assert now[ours] == pytest.approx(known[theirs], abs=within)


def time_and_mode(name: str, known: dict, now: dict) -> None:
    if "time" in known:
        ahead = datetime.datetime.fromisoformat(known["time"]) - datetime.datetime.fromisoformat(now["utc"])
        assert ahead.total_seconds() in (0, WEEKS_1024)
    if "fix" in now and (name, known.get("time", "")[11:23]) not in GPSD_GUESSES:
        assert now["fix"] == {1: 0}.get(known["mode"], known["mode"])


def satellite(star: dict, sky: dict) -> None:
    system, more = SYSTEMS[star["gnssid"]]
    ours = sky[system, star["svid"] + more]
    for theirs, name in (("el", "el"), ("az", "az"), ("ss", "snr")):
        if theirs in star:
            assert (ours[name] or 0) == star[theirs]


def peers(path: Path) -> list:
    reader = pytest.importorskip("pynmeagps").NMEAReader
    found = []
    for line in path.read_bytes().splitlines():
        line = line.strip()
        if line.startswith(b"$") and accepted(line):
            try:
                found.append(reader.parse(line, validate=1))
            except Exception:  # it knows no QZ talker, and wants whole groups in GSV
                found.append(None)
    return found


@pytest.mark.parametrize("name", RECORDINGS)
def test_against_pynmeagps(name):
    ours, theirs = list(Decoded(recording(name))), peers(recording(name))
    assert len(ours) == len(theirs)
    compared = 0
    for told, message in zip(ours, theirs, strict=True):
        if message is None:
            continue
        assert (told["talker"], told["type"]) == (message.talker, message.msgID)
        if told.get("lat") is not None:
            assert told["lat"] == pytest.approx(message.lat, abs=1e-9)
            assert told["lon"] == pytest.approx(message.lon, abs=1e-9)
            compared += 1
        if "alt_m" in told:
            assert told["alt_m"] == pytest.approx(message.alt, abs=5e-4)
        if told["type"] in ("GGA", "GNS"):
            assert told["used"] == message.numSV
            assert told["fix"] or told["type"] == "GNS" or message.quality == 0
        if told["type"] == "RMC" and told["fix"]:
            assert told["utc"][:19] == f"{message.date}T{message.time}"[:19]
            assert told["speed_mps"] == pytest.approx(message.spd * 1852 / 3600, abs=6e-4)
        if told["type"] == "GSV":
            numbers = [getattr(message, f"svid_{k:02d}", "") for k in range(1, 5)]
            assert [star["prn"] for star in told["satellites"]] == [int(n) for n in numbers if n not in ("", None)]
    assert compared or name == "skytraq"  # a cold start


@pytest.mark.parametrize("name", RECORDINGS)
def test_both_interpreters_print_the_same(name):
    printed = []
    for interpreter in ("cpython", "micropython"):
        result = CliRunner().invoke(command, ["nmea", str(recording(name)), "--interpreter", interpreter])
        assert result.exit_code == 0, result.stderr
        printed.append((result.stdout, result.stderr))
    assert printed[0] == printed[1]
    for line in printed[0][0].splitlines():
        assert {"talker", "type"} <= json.loads(line).keys()


def test_counts_of_what_was_refused():
    result = CliRunner().invoke(command, ["nmea", str(recording("sl869"))])
    assert "165 accepted" in result.stderr
    assert "1 refused: without checksum" in result.stderr


def test_fields_and_units(tmp_path):
    path = tmp_path / "one.log"
    path.write_bytes(
        b"$GNGGA,162304.000,4544.97320,N,00450.24199,W,1,07,1.1,152.8,M,50.2,M,,*54\r\n"
        b"$GNRMC,162304.000,A,4544.97320,N,00450.24199,E,0.00,0.00,141025,,,A,V*03\r\n"
        b"$GNGGA,162304.000,4544.97320,N,00450.24199,E,1,07,1.1,152.8,M,50.2,M,,*46\r\n"
        b"$BDGSV,1,1,03,14,38,234,28,24,65,289,28,41,,,21,0*7C"
    )
    first, rmc, gga, gsv = Decoded(path)
    assert "utc" not in first
    assert first["lon"] == -gga["lon"]
    assert rmc == {
        "talker": "GN", "type": "RMC", "utc": "2025-10-14T16:23:04.000Z", "lat": 45.749553333, "lon": 4.837366500,
        "speed_mps": 0.0, "fix": 3,
    }  # fmt: skip
    assert gga["alt_m"] == 152.8
    assert gga["used"] == 7
    assert gsv["satellites"][2] == {"gnss": "BeiDou", "prn": 41, "el": None, "az": None, "snr": 21}


def test_a_leap_second_is_second_60():
    assert utc(20161231, 86400250) == "2016-12-31T23:59:60.250Z"


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.log"
    path.write_bytes(b"")
    for interpreter in ("cpython", "micropython"):
        assert list(Decoded(path, interpreter)) == []
