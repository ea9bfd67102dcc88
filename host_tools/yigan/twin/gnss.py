"""A GNSS receiver as its wire sees it: a burst of NMEA 0183 sentences every second.

It plays a recording of a real receiver in its own rhythm, or speaks as a BeiDou and GPS module would that stands
at `latitude`, `longitude` under an open sky. Drawn from NMEA 0183 v4.11 and the Chinese modules' manuals
(talkers BD and GN). The time of a synthetic sky is the host's at the start, and then passes as the clock does.
"""

import datetime
import random
import re
from pathlib import Path

_TIMED = re.compile(rb"^\$..(?:RMC|GGA|GNS|ZDA),(\d{6}(?:\.\d+)?)")
_GLL = re.compile(rb"^\$..GLL,[^,]*,[^,]*,[^,]*,[^,]*,(\d{6}(?:\.\d+)?)")

# number, elevation, azimuth, C/N0; the first of each system are used
_SKY = {
    "BD": [
        (3, 64, 189, 41),
        (6, 10, 166, 28),
        (7, 52, 178, 40),
        (8, 53, 348, 37),
        (10, 53, 339, 36),
        (13, 51, 304, 39),
    ],
    "GP": [(5, 42, 51, 38), (13, 71, 12, 44), (15, 33, 200, 35), (20, 18, 120, 30), (29, 55, 310, 42)],
}
_USED = {"BD": 5, "GP": 4}


def sentence(body: str) -> bytes:
    """`$body*XX` CR LF; `XX` is the XOR of the body."""
    total = 0
    for byte in body.encode("ascii"):
        total ^= byte
    return f"${body}*{total:02X}\r\n".encode("ascii")


def bursts(recording: bytes) -> list[bytes]:
    """The seconds of a recording: a new one begins with the first sentence of another time of day."""
    found: list[bytes] = []
    now, lines = None, []
    for line in recording.splitlines(keepends=True):
        text = line.strip()
        match = _TIMED.match(text) or _GLL.match(text)
        if match and match[1] != now:
            if now is not None:
                found.append(b"".join(lines))
                lines = []
            now = match[1]
        if text.startswith(b"$"):
            lines.append(text + b"\r\n")
    return [*found, b"".join(lines)] if lines else found


def angle(degrees: float, width: int, letters: str) -> str:
    """`ddmm.mmmmm,N` from signed degrees."""
    total = round(abs(degrees) * 6000000)  # 1e-5 minutes
    minutes = total % 6000000
    return (
        f"{total // 6000000:0{width}d}{minutes // 100000:02d}.{minutes % 100000:05d},{letters[degrees < 0]}"
    )


MATRIX = {  # fault -> qualities that its points may have under it
    "silent": ("comm_fault",), "noise": ("good", "fault", "comm_fault", "stale", "never"), "slow": ("good",), "stuck": ("good",),
    "range": ("good", "range"), "truncate": ("fault", "comm_fault", "good", "stale", "never"), "checksum": ("fault", "comm_fault"),
    "no_checksum": ("fault", "comm_fault", "good"), "no_fix": ("good", "stale", "never"), "antenna_open": ("good",),
    "old_week": ("good",),
}  # fmt: skip
STIR = {"latitude": (31.3, -12.5)}


class Twin:
    """`set("recording", path)` plays it once (`repeat` true: for ever); `set("latitude", 31.2)`, `longitude`,
    `altitude` (m), `speed` (m/s), `course` (degrees), `fix` (0, 2, 3), `utc` (ISO 8601, the present moment there)."""

    BUS = "uart"
    FAULTS = tuple(MATRIX)

    def __init__(self, clock, options):
        self._clock = clock
        self._random = random.Random(options.get("seed", 1))
        self._place = {
            "latitude": 31.230416,
            "longitude": 121.473701,
            "altitude": 12.3,
            "speed": 0.0,
            "course": 0.0,
        }
        self._held = dict(self._place)
        self._fix = 3
        self._zero = datetime.datetime.now(datetime.UTC)  # when the clock showed `_zero_ms`
        self._zero_ms = clock.now_ms() if clock else 0.0
        self._period_ms = options.get("period_ms", 1000)
        self._repeat = bool(options.get("repeat", False))
        self._bursts: list[bytes] = []
        self._next = 0
        self._faults: set[str] = set()
        self._stuck_at: datetime.datetime | None = None
        self._timer = None
        self.sentences = 0
        self.send = lambda data: None
        for name in (*self._place, "fix", "utc", "recording"):
            if name in options:
                self.set(name, options[name])

    def start(self):
        self._next = 0
        self._arm()

    def stop(self):
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _arm(self):
        self.stop()
        self._timer = self._clock.call_later(
            self._period_ms * (3 if "slow" in self._faults else 1), self._tick
        )

    def _tick(self):
        self._arm()
        data = self._second()
        if "silent" not in self._faults and data:
            self.sentences += data.count(b"\n")
            self.send(self._spoil(data))

    def _second(self) -> bytes:
        """What it says now: the recording's next second, or the synthetic sky's."""
        if not self._bursts:
            return self._synthetic()
        if self._next >= len(self._bursts):
            if not self._repeat:
                return b""
            self._next = 0
        self._next += 1
        return self._bursts[self._next - 1]

    def _spoil(self, data: bytes) -> bytes:
        faults, chance = self._faults, self._random
        if "noise" in faults:
            return bytes(b ^ 1 << chance.randrange(7) if chance.random() < 0.05 else b for b in data)
        if "truncate" in faults:
            return b"".join(line[: chance.randrange(1, len(line))] for line in data.splitlines(keepends=True))
        if "checksum" in faults:
            return re.sub(rb"\*(..)", lambda m: b"*%02X" % (int(m[1], 16) ^ 0x10), data)
        if "no_checksum" in faults:
            return re.sub(rb"\*..", b"", data)
        return data

    def _now(self) -> datetime.datetime:
        if "stuck" in self._faults and self._stuck_at:
            return self._stuck_at
        now = self._zero + datetime.timedelta(milliseconds=self._passed_ms())
        now = now.replace(microsecond=0)  # a receiver measures on the second
        if "old_week" in self._faults:  # its firmware counts weeks with ten bits
            now -= datetime.timedelta(weeks=1024)
        self._stuck_at = now
        return now

    def _passed_ms(self) -> float:
        return self._clock.now_ms() - self._zero_ms if self._clock else 0.0

    def _synthetic(self) -> bytes:
        now, place = self._now(), self._held if "stuck" in self._faults else self._place
        if "range" in self._faults:  # nobody is so high or so fast
            place = {**place, "altitude": 99999.9, "speed": 2000.0}
        time, day = f"{now:%H%M%S}.000", f"{now:%d%m%y}"
        fix = 0 if "no_fix" in self._faults else self._fix
        at = f"{angle(place['latitude'], 2, 'NS')},{angle(place['longitude'], 3, 'EW')}" if fix else ",,,"
        knots, used = place["speed"] * 3600 / 1852, sum(_USED.values()) if fix else 0
        motion = f"{knots:.2f},{place['course']:.2f}" if fix else ","
        high = f"{place['altitude']:.1f}" if fix == 3 else ""
        said = [
            f"GNGGA,{time},{at},{int(fix > 0)},{used:02d},{0.9 if fix else 25.5},{high},M,8.0,M,,",
            *self._solution(fix),
            *self._view(),
            f"GNRMC,{time},{'A' if fix else 'V'},{at},{motion},{day},,,{'A' if fix else 'N'}",
            f"GNZDA,{time},{now:%d,%m,%Y},00,00",
            f"GPTXT,01,01,01,ANTENNA {'OPEN' if 'antenna_open' in self._faults else 'OK'}",
        ]
        return b"".join(sentence(body) for body in said)

    def _solution(self, fix):
        """One GSA a system: the standard's twelve places, then PDOP, HDOP, VDOP."""
        for talker, sky in _SKY.items():
            numbers = [f"{star[0]:02d}" for star in sky[: _USED[talker]]] if fix else []
            yield f"{talker}GSA,A,{fix or 1},{','.join(numbers + [''] * (12 - len(numbers)))},1.5,0.9,1.2"

    def _view(self):
        """GSV: four satellites a sentence."""
        for talker, sky in _SKY.items():
            groups = [sky[k : k + 4] for k in range(0, len(sky), 4)]
            for k, group in enumerate(groups, 1):
                stars = ",".join(f"{n:02d},{el:02d},{az:03d},{snr:02d}" for n, el, az, snr in group)
                yield f"{talker}GSV,{len(groups)},{k},{len(sky):02d},{stars}"

    def received(self, data):
        """Configuration sentences ($PCAS..., $PMTK...) are taken and not answered, as most modules do."""

    def set(self, name, value):
        if name == "recording":
            self._bursts = bursts(Path(value).read_bytes()) if value else []
            self._next = 0
        elif name == "fix":
            if int(value) not in (0, 2, 3):
                raise ValueError(f"fix is 0, 2 or 3, not {value}")
            self._fix = int(value)
        elif name == "utc":
            wanted = datetime.datetime.fromisoformat(str(value))
            wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=datetime.UTC)
            self._zero = wanted - datetime.timedelta(milliseconds=self._passed_ms())
        elif name in self._place:
            self._place[name] = float(value)
        else:
            raise KeyError(name)

    def fault(self, name, on=True):
        if name == "stuck":
            self._held = dict(self._place)
        (self._faults.add if on else self._faults.discard)(name)

    def state(self):
        return {
            **self._place,
            "fix": 0 if "no_fix" in self._faults else self._fix,
            "sentences": self.sentences,
            "seconds_left": len(self._bursts) - self._next if self._bursts else None,
        }
