"""What the pole says in the compact form, both generated decoders read: all types, limits, qualities, not-a-numbers."""

import importlib.util
import json
import math
import os
import random
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from pole import quality
from pole.codec import record
from pole.protocol.payload_compact import Compact
from pole.store import Store, Table
from yigan import places, points, vm
from yigan.conf.encode import points_bin
from yigan.errors import LinkError
from yigan.points import lock

SEED = 20261122
FIRMWARE = places.firmware()
SCRIPT = Path(__file__).with_name("compact_pole.py")
GENERATED = places.root() / "docs" / "generated"
RANGES = lock.ranges()
VALID = ("good", "uncertain", "manual")
NAN, INFINITE = 0x7FC00000, 0xFF800000
# What stands on the environment pole of poles/environment.toml: gases, particles, noise, weather, dose. The order is the
# importance; the values are those of a hazy, wet and windy day.
ENVIRONMENT = {
    "air.pm2_5": 1850, "air.pm10": 2400, "air.so2": 85, "air.no2": 780, "air.o3": 1620, "air.co": 1900, "noise.la": 684,
    "noise.laeq": 662, "noise.l10": 701, "noise.l90": 548, "weather.temperature": -1234, "weather.humidity": 9450,
    "weather.pressure": 10263, "weather.wind_speed": 1420, "weather.wind_direction": 3599, "weather.wind_gust": 2210,
    "weather.rain_total": 48210, "weather.illuminance": 64000, "weather.uv_index": 31, "radiation.dose_rate": 110,
}  # fmt: skip


def generated():
    spec = importlib.util.spec_from_file_location("decoder", GENERATED / "decoder.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_node(payloads: list[str]) -> list[dict]:
    """What decodeUplink of docs/generated/decoder.js makes of each."""
    node = os.environ.get("YIGAN_NODE") or shutil.which("node")
    if not node:
        pytest.skip("no Node here")
    code = (GENERATED / "decoder.js").read_text(encoding="utf-8") + (
        'var lines = require("fs").readFileSync(0, "utf8").trim().split("\\n");'
        'lines.forEach(function (x) { console.log(JSON.stringify(decodeUplink('
        '{ bytes: Array.from(Buffer.from(x, "hex")), fPort: 1 }))); });'
    )  # fmt: skip
    done = subprocess.run(
        [node, "-e", code], input="\n".join(payloads), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(tmp_path, cases, interpreter="vm") -> list[str]:
    file = tmp_path / "cases"
    file.write_text("".join(json.dumps(case) + "\n" for case in cases))
    if interpreter == "vm":
        try:
            command = [vm.find(), "-X", "heapsize=400k", str(SCRIPT)]
        except LinkError as error:
            pytest.skip(str(error))
        env = {**os.environ, "MICROPYPATH": f".frozen:{FIRMWARE}"}
    else:
        command, env = [sys.executable, str(SCRIPT)], {**os.environ, "PYTHONPATH": str(FIRMWARE)}
    done = subprocess.run([*command, str(file)], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout[-500:]
    return done.stdout.split()


def both(payloads: list[str]) -> list[dict]:
    """Decoded by Python; JavaScript must say the same."""
    decoder = generated()
    found = [decoder.decode(bytes.fromhex(x)) for x in payloads]
    for ours, theirs in zip(found, by_node(payloads), strict=True):
        assert theirs["errors"] == [] and theirs["data"] == json.loads(json.dumps(ours))
    return found


def some(chance):
    """Rows of several capabilities and instances; every type is among them."""
    names = (
        "node",
        "lamp",
        "lamp.3",
        "photocell",
        "meter",
        "battery",
        "air",
        "air.1",
        "weather",
        "gnss",
        "link.7",
    )
    rows = [
        p for name in names for p in points.load().instance(name) if p.type == "f32" or chance.random() < 0.6
    ]
    assert {p.type for p in rows} == set(points.KINDS)
    return sorted(rows, key=lambda p: p.id)


def raw_of(chance, point):
    if point.type == "f32":
        return chance.choice([0, NAN, INFINITE, 0x7F800000, 0x80000000, 0x00000001, 0x7F7FFFFF, 0x42F6E979,
                              struct.unpack("<I", struct.pack("<f", chance.uniform(-1e6, 1e6)))[0]])  # fmt: skip
    if point.type == "enum":
        return chance.choice(point.values).code
    low, high = RANGES[point.id - _shift(point)]
    return chance.choice(
        [low, high, 0 if low <= 0 <= high else low, chance.randint(low, high), min(high, low + 300)]
    )


def _shift(point):
    return point.instance * points.load().capability(point.capability).block


def value_of(point, raw):
    if point.type == "f32":
        value = struct.unpack("<f", struct.pack("<I", raw))[0]
        return pytest.approx(value, rel=1e-6) if math.isfinite(value) else None
    if point.type == "bool":
        return raw != 0
    return raw / 10**point.decimals if point.decimals > 0 else raw * 10**-point.decimals


def test_whatever_is_now(tmp_path):
    chance, cases, wanted = random.Random(SEED), [], []
    for _ in range(12):
        rows = some(chance)
        cases.append({"table": points_bin(rows).hex()})
        for longest in (11, 51, 115, 242, 512):
            filled = [
                [i, chance.choice((0, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8)), raw_of(chance, p)]
                for i, p in enumerate(rows)
            ]
            cases.append({"now": filled, "longest": longest})
            wanted.append((rows, filled, longest))
    said = " ".join(run(tmp_path, cases)).split(" end")
    assert said == " ".join(run(tmp_path, cases, "cpython")).split(" end"), "the interpreters differ"
    told = 0
    for (rows, filled, longest), text in zip(wanted, said, strict=False):
        payloads = text.split()
        assert payloads and all(len(x) // 2 <= longest for x in payloads)
        values, qualities = {}, {}
        for found in both(payloads):
            assert found["form"] == "now"
            values |= found["values"]
            qualities |= found["quality"]
        for i, q, raw in filled:
            name, word = rows[i].name, quality.NAMES[q]
            assert (name in values) == (word in VALID), name
            assert qualities.get(name, "good" if name in values else "never") == word
            assert name not in values or values[name] == value_of(rows[i], raw), name
        told += len(values)
    assert told > 3000


def test_whatever_was(tmp_path):
    chance = random.Random(SEED + 1)
    rows = some(chance)
    records, sent, number, time = [], [], 4000, 217497600
    for _ in range(600):
        i = chance.randrange(len(rows))
        q, raw = chance.choice((1, 1, 1, 2, 3, 6)), raw_of(chance, rows[i])
        number += chance.choice((1, 1, 1, 2, 70, 70000))
        time += chance.choice((0, 1, 60, 63, 64, 4095, 4096, -30))
        unknown = record.UNKNOWN_TIME if chance.random() < 0.02 else 0
        buf, bits = bytearray(64), struct.pack("<HBI", rows[i].id, q, raw & 0xFFFFFFFF)
        n = record.pack(buf, 0, record.TELEMETRY, record.SAMPLE | unknown, number, time, bits)
        records.append(bytes(buf[:n]).hex())
        sent.append((rows[i], quality.NAMES[q], raw, number, time, unknown))
    cases = [{"table": points_bin(rows).hex()}, *({"history": records, "longest": n} for n in (51, 115, 512))]
    said = " ".join(run(tmp_path, cases)).split(" end")
    for text, longest in zip(said, (51, 115, 512), strict=False):
        assert all(len(x) // 2 <= longest for x in text.split())
        found = [r for message in both(text.split()) for r in message["records"]]
        assert len(found) == len(sent)
        for r, (point, word, raw, number, time, unknown) in zip(found, sent, strict=True):
            assert (r["number"], r["point"], r["quality"]) == (number, point.name, word)
            assert r["value"] == (value_of(point, raw) if word in VALID else None)
            assert (
                r["at"] is None and (r["start"], r["uptime"]) == (time >> 24, time & 0xFFFFFF)
                if unknown
                else r["at"]
            )


def test_alarms_and_whatever_else(tmp_path):
    rows = [points.load().point(n) for n in ("node.door_open", "photocell.illuminance", "air.pm2_5")]
    buf = bytearray(100)
    n = record.pack(
        buf, 0, record.ANSWER, record.RESULT, 12, 217497600, b'lamp/level/result\0{"id":"\xc3\xa9"}'
    )
    k = record.pack(buf, 50, record.LOSS, record.DROPPED, 13, 217497600, struct.pack("<BII", 3, 5, 9))
    cases = [
        {"table": points_bin(rows).hex()},
        {"alarm": [3, 1, 2, 6, 0, 1, 217497600, 1, 99]},
        {"alarm": [255, 3, 3, 1, 2, 1151, 5 << 24 | 77, 0, 0]},
        {"alarm": [1, 0, 0, 8, 2, None, 217497600, 1, 100]},
        {"record": bytes(buf[:n]).hex()},
        {"record": bytes(buf[50 : 50 + k]).hex()},
    ]
    door, dust, gone, answer, loss = both(run(tmp_path, cases))
    assert door == {"form": "alarm", "alarm": 3, "at": "2026-11-22T08:00:00Z", "state": "raised", "severity": "major",
                    "reason": "equal", "point": "node.door_open", "value": True, "number": 99}  # fmt: skip
    assert (dust["value"], dust["at"], dust["start"], dust["uptime"], dust["number"]) == (
        115.1,
        None,
        5,
        77,
        None,
    )
    assert (gone["value"], gone["state"], gone["reason"]) == (None, "cleared", "gone")
    assert (answer["topic"], answer["said"]) == ("lamp/level/result", {"id": "é"})
    assert loss["class"] == "loss" and loss["bytes"] == "030500000009000000"


def environment(values):
    rows = sorted((points.load().point(n) for n in values), key=lambda p: p.id)
    store = Store(Table(points_bin(rows)))
    for name, raw in values.items():
        store.put(store.index(name), raw)
    compact = Compact(store, [store.index(name) for name in values])
    return store, compact


def test_the_environment_pole_in_51_bytes(record_property):
    store, compact = environment(ENVIRONMENT)
    n = compact.now(51)
    assert len(ENVIRONMENT) == 20 and n <= 51 and compact.rest == 20
    (found,) = both([bytes(compact.buf[:n]).hex()])
    assert list(found["values"]) and len(found["values"]) == 20
    as_json = len(
        json.dumps({p: json.loads(store.text(store.index(p))) for p in ENVIRONMENT}, separators=(",", ":"))
    )
    record_property("compact_bytes", n)
    record_property("json_bytes", as_json)
    print(f"20 points: {n} bytes compact, {as_json} bytes as the shortest JSON of names and values")  # noqa: T201


def test_the_most_important_go_first():
    _, compact = environment(ENVIRONMENT)
    for longest in (11, 51, 115):
        assert compact.now(longest) <= longest
        (found,) = both([bytes(compact.buf[: compact.now(longest)]).hex()])
        assert set(list(ENVIRONMENT)[: compact.rest]) <= set(found["values"])
    assert compact.now(11) and compact.rest >= 1


def test_in_the_worst_smoke_the_rest_follows():
    table = points.load()
    _, compact = environment({name: table.point(name).raw_high for name in ENVIRONMENT})
    first = compact.now(51)
    assert first <= 51 and 12 <= compact.rest < 20
    assert compact.now(51, compact.rest) <= 51 and compact.rest == 20


def test_hostile_bytes_end():
    chance, decoder = random.Random(SEED), generated()
    payloads = [chance.randbytes(chance.randrange(1, 60)) for _ in range(3000)]
    theirs = by_node([x.hex() for x in payloads])
    for x, other in zip(payloads, theirs, strict=True):
        try:
            ours = decoder.decode(x)
        except (ValueError, OverflowError):
            assert other["errors"]
        else:
            assert other["data"] == json.loads(json.dumps(ours)) or other["errors"]
