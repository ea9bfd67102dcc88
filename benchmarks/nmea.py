"""NMEA sentences through the device's path on the MicroPython VM: bytes as `UART.readinto` brings them, to the
state of every epoch. The peer reads character by character, as micropyGPS does: a method call a character, fields
as lists of strings, the checksum byte by byte, floats at the end.

Both read the recordings of real receivers in shared/data/nmea, one after another, on the same VM and heap.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import SHARED, Cost, Row, compile_firmware, cost, run

RECORDINGS = ("beidou-bd", "bu353-glonass", "gr8013-w", "neo-m8n", "skytraq", "sl869")
_PIECE = 256  # bytes that drivers/gnss.py lets gather in the port's ring before it fetches them
_BYTES, _PEER_BYTES, _ROUNDS = 5_000_000, 200_000, 3  # to read of each recording

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
    ours, theirs, sentences = Cost(0, 0), Cost(0, 0), 0
    slowest = ("", float("inf"))
    for name in RECORDINGS:
        path = SHARED / "data/nmea" / f"{name}.log"
        data = path.read_bytes()
        sentences += data.count(b"*")
        read = _READ.format(path=str(path))
        us = _cost(read + _OURS.format(piece=_PIECE), _BYTES // len(data), firmware)
        peer = _cost(read + _PEER, _PEER_BYTES // len(data), firmware)
        slowest = min(slowest, (name, peer.cpu_us / us.cpu_us), key=lambda row: row[1])
        ours = Cost(ours.cpu_us + us.cpu_us, ours.heap + us.heap)
        theirs = Cost(theirs.cpu_us + peer.cpu_us, theirs.heap + peer.heap)
    speeds = [1e6 * sentences / x.cpu_us for x in (ours, theirs)]
    yield Row("nmea: sentences a CPU second", speeds[0], speeds[1], "/s", ">= 30 x", better="higher")
    yield Row(f"nmea: the same, least gain ({slowest[0]})", round(slowest[1], 1), unit="x")
    yield Row("nmea: heap a sentence", ours.heap / sentences, theirs.heap / sentences, "bytes", "<= 32")


def _cost(setup: str, turns: int, firmware: Path) -> Cost:
    """A turn's CPU on the demo board's heap, the collector at work; its heap where there is room to count it."""
    script = _RUN.format(setup=setup)
    # Another process on the machine can only make a run slower: the best of some is its cost.
    cpu = [min(run(script, [n], path=(firmware,)).cpu_s for _ in range(_ROUNDS)) for n in (0, turns)]
    heap = cost(setup + "\nfor _ in range(8): turn()", "turn()", 1, few=1, heap="3m", path=(firmware,)).heap
    return Cost((cpu[1] - cpu[0]) / turns * 1e6, heap)
