"""A resolved plan as the two files the device reads (format: docs/bundle.md; reader: pole/store.py, pole/config.py)."""

import ipaddress
import json
import struct

from yigan import cards, points
from yigan.boards import Board
from yigan.conf import alarm, calibration, lighting, links, measurable, plausibility, statistics, zone
from yigan.conf.plan import Device, Line, Member, Plan
from yigan.conf.pole import Part
from yigan.points import Point

CLIENTS = frozenset(("writers", "readers", "gateway_users"))  # options that are lists of addresses
_WRITABLE = 0x10
_LINE_KEYS = ("baud", "parity", "stop", "bits")
_SERIAL = ("uart", "rs485")
_SERVED = "served"  # a serial line on which the pole answers
_SOLDERED = ("chip", "spi", "sck", "mosi", "miso", "cs", "irq", "reset", "mdc", "mdio", "phy_addr")  # of an Ethernet chip
_DALI = {"esp32": "dali_rmt", "rp2": "dali_pio"}  # what makes the edges


def points_bin(rows: list[Point]) -> bytes:
    """The point table of one pole: columns in the order of ids."""
    units = sorted({p.unit for p in rows})
    names = [p.name.encode() for p in rows]
    ends, end = [], 0
    for name in names:
        end += len(name)
        ends.append(end)
    columns = (
        ("H", [p.id for p in rows]),
        ("B", [p.kind | (_WRITABLE if p.writable else 0) for p in rows]),
        ("b", [p.decimals for p in rows]),
        ("B", [units.index(p.unit) for p in rows]),
        ("i", [_signed(p.raw_low) for p in rows]),
        ("i", [_signed(p.raw_high) for p in rows]),
        ("i", [_signed(p.report.deadband) for p in rows]),
        ("H", [p.report.min_s for p in rows]),
        ("H", [p.report.max_s for p in rows]),
        ("H", [p.ttl_s for p in rows]),
        ("H", ends),
    )
    body = b"".join(struct.pack(f"<{len(rows)}{code}", *values) for code, values in columns)
    return (
        struct.pack("<2sBBHH", b"YP", 1, 0, len(rows), end)
        + body
        + b"".join(names)
        + "\n".join(units).encode()
    )


def _signed(value: int) -> int:
    """The 32 bits of a u32 limit as the i32 column holds them."""
    return value - (1 << 32) if value >= 1 << 31 else value


def config_json(plan: Plan) -> bytes:
    """Compact JSON, keys as written here, no trailing newline."""
    pole, board, places = plan.pole, plan.board, {p.id: n for n, p in enumerate(plan.rows)}
    assert board is not None
    config = {
        "v": 1,
        "id": pole.id,
        "board": board.name,
        "port": board.port,
        "site": {
            "lat": round(pole.site.latitude * 1_000_000),
            "lon": round(pole.site.longitude * 1_000_000),
            "tz_min": zone.minutes(pole.site.timezone),
            "tz": pole.site.timezone,
        },
        "buses": {line.name: _bus(line, board.port) for line in plan.lines.values() if line.users},
        "peripherals": [_peripheral(device, places) for device in plan.devices],
        "services": [_service(plan, member, places) for member in plan.services],
        "uplinks": [_led(plan, k, _uplink(plan, member, places)) for k, member in enumerate(plan.uplinks)],
        "interfaces": [_interface(board, part) for part in pole.interfaces],
    }
    return json.dumps(config, ensure_ascii=False, separators=(",", ":")).encode()


def _interface(board: Board, part: Part) -> dict:
    """What hal.interface gets: the board's pins, what the file says, and the usual rest of a fixed address."""
    soldered = {k: v for k, v in board.parts.get(part.kind, {}).items() if k in _SOLDERED}
    fixed = {"netmask": "255.255.255.0", "dns": part.options.get("gateway")} if "address" in part.options else {}
    written = {k: v for k, v in part.options.items() if (k, v) != ("ipv6", "off")}  # nothing to load for that
    return {"kind": part.kind, **soldered, **fixed, **written}


def _bus(line: Line, port: str) -> dict:
    """What hal.bus gets: kind, id, pins and, on a serial line, its speed and frame."""
    entry = {k: v for k, v in line.settings.items() if k != "note"}
    if line.kind in _SERIAL:
        entry = {**entry, **line_settings(line)}
    if line.server:
        entry["kind"] = _SERVED  # hal/served.py; hal/linux.py
    if line.kind == "dali":
        entry["kind"] = _DALI.get(port, "dali")
    if line.driver:
        entry["driver"] = line.driver
        entry["options"] = line.options
    return entry


def line_settings(line: Line) -> dict[str, object]:
    """baud, parity, stop, bits: the bus's own word, else its users', else their cards', else 9600 8N1."""
    found: dict[str, object] = {"baud": 9600, "parity": "N", "stop": 1, "bits": 8}
    if line.driver:
        found.update(cards.driver(line.driver).line_settings)
    for source in reversed([line.settings, *(wanted(user) for user in line.users)]):
        found.update({key: source[key] for key in _LINE_KEYS if key in source})
    return found


def wanted(device: Device) -> dict[str, object]:
    """The line settings a peripheral asks for: its own keys, its map's, its card's."""
    found = dict(device.card.line_settings)
    if device.map is not None:
        found.update({k: v for k in _LINE_KEYS if (v := getattr(device.map, k, None))})
    found.update({k: device.part.options[k] for k in _LINE_KEYS if k in device.part.options})
    return found


def _peripheral(device: Device, places: dict[int, int]) -> dict:
    options = dict(device.options)
    if device.map is not None:
        options.pop("map", None)
        options["plan"] = device.map.plan()
        options.pop("settings", None)
        if settings := measurable.rows(device):
            options["settings"] = settings
    if device.card.data.get("scaled"):  # it calculates in the point's own unit
        options["decimals"] = device.points[0].decimals if device.points and device.points[0] else 0
    return {
        "kind": device.card.kind,
        "name": device.part.name,
        **({"bus": device.line.name} if device.line else {}),
        **({"output": 1} if device.card.capability == "lamp" else {}),
        "options": options,
        "points": [places[p.id] if p else -1 for p in device.points],
    }


def _service(plan: Plan, member: Member, places: dict[int, int]) -> dict:
    entry = _member(member, places)
    if member.card.kind == lighting.SERVICE:
        entry["options"] = lighting.options(plan, member.options)
        del entry["points"]  # it finds them by name
    if member.card.kind == alarm.SERVICE:
        entry["options"] = {**member.options, **alarm.options(plan)}
        del entry["points"]
    if member.card.kind == links.SERVICE:
        entry["options"] = {**member.options, "links": links.rows(plan)}
        entry.pop("points", None)
    if member.card.kind == statistics.SERVICE:
        entry["options"] = statistics.options(plan, member)
    if member.card.kind == "sampler":  # judge.py stands between it and the store
        judged = {"calibration": calibration.options(plan), "plausibility": plausibility.options(plan)}
        entry["options"] = {**member.options, **{name: rows for name, rows in judged.items() if rows}}
    return entry


def _uplink(plan: Plan, member: Member, places: dict[int, int]) -> dict:
    entry = _member(member, places, blocks(plan.rows))
    line = plan.lines.get(str(member.options.get("gateway", "")))
    if line and not member.options.get("units"):
        entry["options"]["units"] = sorted({user.options["address"] for user in line.users if "address" in user.options})
    for key in CLIENTS & entry["options"].keys():
        entry["options"][key] = [_client(text) for text in entry["options"][key]]
    return entry


def _client(text: str) -> str:
    """As the board names who calls (hal/net.py): eight words of an IPv6 address, no zeros left out."""
    ip = ipaddress.ip_address(text)
    return str(ip) if ip.version == 4 else ":".join(f"{int(word, 16):x}" for word in ip.exploded.split(":"))


def _led(plan: Plan, k: int, entry: dict) -> dict:
    """An uplink that the link service leads has its place with it."""
    led = any(m.card.kind == links.SERVICE for m in plan.services)
    if "ranges" in entry["options"]:
        entry["options"]["ranges"] = links.ranges(plan)
    return {**entry, "link": k} if led and "link" in plan.uplinks[k].card.data else entry


def _member(member: Member, places: dict[int, int], id_blocks: list[list[int]] | None = None) -> dict:
    entry: dict[str, object] = {"kind": member.card.kind}
    if "name" in member.part.options and "name" not in member.card.options:
        entry["name"] = member.part.options["name"]
    entry["options"] = dict(member.options)
    if (
        "blocks" in member.card.options
    ):  # a server of registers must know where holes are and where nothing is
        entry["options"] = {**member.options, "blocks": id_blocks}
    if member.points:
        entry["points"] = [places[p.id] if p else -1 for p in member.points]
    return entry


def blocks(rows: list[Point]) -> list[list[int]]:
    """First and last id of the block of every capability instance that has a row."""
    table = points.load()
    found = {(p.capability, p.instance) for p in rows}
    ids = [table.capability(name).ids(number) for name, number in found]
    return sorted([block[0], block[-1]] for block in ids)
