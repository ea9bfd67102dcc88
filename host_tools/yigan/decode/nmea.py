"""A recording of NMEA 0183 sentences as JSON-ready objects with the units that people use."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from yigan import places, vm
from yigan.decode import pump
from yigan.errors import DeviceError

SYSTEMS = ("", "GPS", "GLONASS", "Galileo", "BeiDou", "QZSS", "NavIC", "SBAS")
REASONS = ("ignored", "no_checksum", "bad_checksum", "too_long", "noise")


class Decoded:
    """Iterate over it for the sentences; then `counts` says how many were refused, by reason."""

    def __init__(self, path: Path, interpreter: str = "cpython"):
        self.path, self.interpreter = path, interpreter
        self.counts: dict[str, int] = {}

    def __iter__(self) -> Iterator[dict]:
        source = self._on_vm() if self.interpreter == "micropython" else self._here()
        for record in source:
            if "counts" in record:
                self.counts = dict(zip(REASONS, record["counts"], strict=True))
            else:
                yield sentence(record)

    def _here(self) -> Iterator[dict]:
        _codec()
        found: list[dict] = []
        counts = pump.pump(str(self.path), found.append)
        yield from found
        yield {"counts": counts}

    def _on_vm(self) -> Iterator[dict]:
        """Line by line as the VM prints them."""
        command = [vm.find(), "-X", "heapsize=1m", pump.__file__, str(self.path)]
        environment = {**os.environ, "MICROPYPATH": f".frozen:{places.firmware()}"}
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
        ) as process:
            assert process.stdout is not None
            other = []
            for line in process.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
                else:
                    other.append(line)
        if process.returncode or other:
            raise DeviceError("".join(other) or f"exit code {process.returncode}", where="micropython")


class Live:
    """Sentences as they come, a line at a time, by the firmware's own codec on CPython."""

    def __init__(self) -> None:
        self._found: list[dict] = []
        self._records = _codec().Records(self._found.append)

    def feed(self, line: bytes) -> tuple[list[dict], str]:
        """What one line tells; for a sentence that was refused instead, the word of REASONS why."""
        before = list(self._records.counts)
        for at in range(0, len(line) + 1, 200):  # less than space() grants
            piece = (line + b"\n")[at : at + 200]
            self._records.space()[: len(piece)] = piece
            self._records.drain(len(piece))
        found = [sentence(record) for record in self._found]
        self._found.clear()
        refused = [why for why, was, now in zip(REASONS, before, self._records.counts) if now > was]
        return found, "" if found or not refused else refused[0]


def _codec() -> ModuleType:
    """pole.codec.nmea_record, on CPython."""
    firmware = str(places.firmware())
    if firmware not in sys.path:
        sys.path.append(firmware)
    return import_module("pole.codec.nmea_record")


def sentence(record: dict) -> dict:
    """A record of pole.codec.nmea_record with degrees, metres, seconds and names."""
    told = {"talker": record["talker"], "type": record["type"]}
    if "date" in record:
        told["utc"] = utc(record["date"], record["time_ms"])
    for name in ("lat", "lon"):
        if name in record:
            sign, degrees, minutes = record[name]
            told[name] = sign * round(degrees + minutes / 600000000, 9)
    if "altitude_mm" in record:
        told["alt_m"] = record["altitude_mm"] / 1000
    if "speed_mm_s" in record:
        told["speed_mps"] = record["speed_mm_s"] / 1000
    for name in ("fix", "used"):
        if name in record:
            told[name] = record[name]
    if "satellites" in record:
        told["satellites"] = [satellite(*parts) for parts in record["satellites"]]
    return told


def utc(date: int, time_ms: int) -> str:
    """ISO 8601 with milliseconds; a leap second is second 60."""
    seconds, ms = divmod(time_ms, 1000)
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    if seconds >= 86400:
        hour, minute, second = 23, 59, 60
    day = f"{date // 10000:04d}-{date // 100 % 100:02d}-{date % 100:02d}"
    return f"{day}T{hour:02d}:{minute:02d}:{second:02d}.{ms:03d}Z"


def satellite(system: int, prn: int, *thousandths: int | None) -> dict:
    """Elevation and azimuth in degrees, SNR (C/N0) in dB-Hz; null where the receiver says nothing."""
    el, az, snr = (None if n is None else n / 1000 if n % 1000 else n // 1000 for n in thousandths)
    return {"gnss": SYSTEMS[system] or None, "prn": prn, "el": el, "az": az, "snr": snr}
