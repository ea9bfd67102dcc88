"""NMEA sentences through the device's path on the MicroPython VM: bytes as `UART.readinto` brings them, to the
state of every epoch. The peer reads character by character, as micropyGPS does: a method call a character, fields
as lists of strings, the checksum byte by byte, floats at the end.

Both read the recordings of real receivers in shared/data/nmea, one after another, on the same VM and heap. The
heap matters to the peer, whose every character is an allocation that searches it: the first row is on the VM's
default heap (2 MB), where micropyGPS takes the 0.9 to 1.5 ms a sentence that the bar is about; the second on the
176 KB of a virtual ESP32, where it is at its best.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import SHARED, Row, compile_firmware, cost, run

RECORDINGS = ("beidou-bd", "bu353-glonass", "gr8013-w", "neo-m8n", "skytraq", "sl869")
_PIECE = 224  # bytes that drivers/gnss.py lets gather in the port's ring before it fetches them
_BYTES, _PEER_BYTES, _ROUNDS = 4_000_000, 120_000, 3  # to read of each recording

_READ = """
import io
data = open({path!r}, "rb").read()
"""

_OURS = """
from pole.codec.nmea_fix import Fix
pieces = [io.BytesIO(data[k : k + {piece}]) for k in range(0, len(data), {piece})]
fix = Fix()
state = None
def turn():
    global state
    for piece in pieces:
        piece.seek(0)
        n = piece.readinto(fix.space())
        while fix.drain(n):
            n = 0
            state = fix.lat if fix.placed else None
"""

_PEER = '''
class Parser:
    """Made for this comparison, of the same steps as micropyGPS: update(), then one method for each type."""

    def __init__(self):
        self.active = self.process = False
        self.segments = []
        self.at = self.crc = self.chars = 0
        self.types = {"RMC": self.rmc, "GGA": self.gga, "GSA": self.gsa, "GSV": self.gsv, "GLL": self.gll, "VTG": self.vtg}
        self.lat, self.lon = [0, 0.0, "N"], [0, 0.0, "W"]
        self.sky = {}
        self.parsed = 0

    def update(self, char):
        if 10 <= ord(char) <= 126:
            self.chars += 1
            if char == "$":
                self.segments = [""]
                self.at = self.crc = 0
                self.active = self.process = True
                self.chars = 0
                return None
            if self.active:
                if char == "*":
                    self.process = False
                    self.at += 1
                    self.segments.append("")
                    return None
                if char == ",":
                    self.at += 1
                    self.segments.append("")
                else:
                    self.segments[self.at] += char
                    if not self.process and len(self.segments[self.at]) == 2:
                        try:
                            if self.crc == int(self.segments[self.at], 16):
                                self.active = False
                                reader = self.types.get(self.segments[0][2:])
                                if reader and reader():
                                    self.parsed += 1
                        except ValueError:
                            pass
                if self.process:
                    self.crc ^= ord(char)
                if self.chars > 90:
                    self.active = False
        return None

    def time(self, text):
        self.hms = [int(text[:2]), int(text[2:4]), float(text[4:])] if text else [0, 0, 0.0]

    def place(self, k):
        s = self.segments
        self.lat = [int(s[k][:2]), float(s[k][2:]), s[k + 1]]
        self.lon = [int(s[k + 2][:3]), float(s[k + 2][3:]), s[k + 3]]

    def rmc(self):
        s = self.segments
        self.time(s[1])
        if s[9]:
            self.date = [int(s[9][:2]), int(s[9][2:4]), int(s[9][4:6])]
        if s[2] == "A":
            self.place(3)
            knots = float(s[7])
            self.speed = (knots, knots * 1.151, knots * 1.852)
            self.course = float(s[8]) if s[8] else 0.0
        return True

    def gga(self):
        s = self.segments
        self.time(s[1])
        self.used, self.quality = int(s[7]), int(s[6])
        self.hdop = float(s[8]) if s[8] else 0.0
        if self.quality:
            self.place(2)
            self.altitude = float(s[9]) if s[9] else 0.0
        return True

    def gsa(self):
        s = self.segments
        self.mode = int(s[2])
        self.stars = [int(x) for x in s[3:15] if x]
        self.dop = [float(x) if x else 0.0 for x in s[15:18]]
        return True

    def gsv(self):
        s = self.segments
        self.groups, self.group, self.seen = int(s[1]), int(s[2]), int(s[3])
        for k in range(4, len(s) - 4, 4):
            if s[k]:
                numbers = [int(x) if x else None for x in s[k + 1 : k + 4]]
                self.sky[int(s[k])] = tuple(numbers)
        return True

    def gll(self):
        s = self.segments
        self.time(s[5])
        if s[6] == "A":
            self.place(1)
        return True

    def vtg(self):
        s = self.segments
        self.course = float(s[1]) if s[1] else 0.0
        self.speed = float(s[5]) if s[5] else 0.0
        return True

parser = Parser()
def turn():
    for byte in data:
        parser.update(chr(byte))
'''


_RUN = """
import sys
{setup}
for _ in range(int(sys.argv[1])):
    turn()
"""


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _measured(compile_firmware(Path(folder) / "firmware"))


def _measured(firmware: Path) -> Iterator[Row]:
    for title, heap, bar in (("", "2m", ">= 30 x"), (" on 176 KB", "176k", "")):
        us, peer = _speeds(firmware, heap)
        yield Row(f"nmea: sentences a CPU second{title}", us, peer, "/s", bar, better="higher")
    heaps = [0.0, 0.0]
    for name in RECORDINGS:
        for k, setup in enumerate(_setups(name)):
            heaps[k] += cost(f"{setup}\nfor _ in range(8): turn()", "turn()", 1, few=1, heap="3m", path=(firmware,)).heap
    sentences = sum(_data(name).count(b"*") for name in RECORDINGS)
    yield Row("nmea: heap a sentence", heaps[0] / sentences, heaps[1] / sentences, "bytes", "<= 32")


def _data(name: str) -> bytes:
    return (SHARED / "data/nmea" / f"{name}.log").read_bytes()


def _setups(name: str) -> tuple[str, str]:
    read = _READ.format(path=str(SHARED / "data/nmea" / f"{name}.log"))
    return read + _OURS.format(piece=_PIECE), read + _PEER


def _speeds(firmware: Path, heap: str) -> list[float]:
    """Sentences a CPU second over all recordings: ours, the peer's. The collector is at work."""
    cpu_s, sentences = [0.0, 0.0], 0
    for name in RECORDINGS:
        data = _data(name)
        sentences += data.count(b"*")
        for k, (setup, size) in enumerate(zip(_setups(name), (_BYTES, _PEER_BYTES), strict=True)):
            cpu_s[k] += _turn_s(_RUN.format(setup=setup), size // len(data), heap, firmware)
    return [sentences / seconds for seconds in cpu_s]


def _turn_s(script: str, turns: int, heap: str, firmware: Path) -> float:
    """CPU seconds of one turn. Another process on the machine can only make it slower: the best of some."""
    none, all_ = (
        min(run(script, [n], heap, path=(firmware,)).cpu_s for _ in range(_ROUNDS)) for n in (0, turns)
    )
    return (all_ - none) / turns
