"""How much RAM and flash a pole takes, before a board is at hand. An estimate: `node.heap_free` tells the truth."""

import json
from dataclasses import dataclass, field

from yigan import bundle, places
from yigan.bundle import closure
from yigan.conf import encode
from yigan.conf.plan import Plan

# Measured on MicroPython 1.26.1 for ESP32 and RP2040 (bytes).
_ASYNCIO = 2048  # the event loop and its modules, which are frozen in the stock images
_TASK = 300  # a task object and the frame of its coroutine
_CLIENTS = 3584  # a TCP server with four clients
_TLS = 30 * 1024  # one TLS session: record buffers and handshake
_WIFI = {"esp32": 36 * 1024}  # the driver takes it from the same heap; RP2's has memory of its own
_UART = 800  # object, receive and transmit ring
_MODULE = 0  # a module object is inside the factor

_POINT = 25 + 9 + 3  # columns of the table, raw + quality + moment, three listeners' flags
_JSON = 3  # a parsed configuration against its text
_RESERVE = 64 * 1024  # /id and /var: keys, journal, counters
_BLOCK_INLINE = 128  # littlefs keeps a file up to the cache size inside its directory


@dataclass(frozen=True)
class Budget:
    """Bytes. `ram` and `flash` are (name, bytes) rows; sums against sizes."""

    ram: list[tuple[str, int]] = field(repr=False)
    flash: list[tuple[str, int]] = field(repr=False)
    ram_size: int
    flash_size: int

    @property
    def ram_used(self) -> int:
        return sum(size for _, size in self.ram)

    @property
    def flash_used(self) -> int:
        return sum(size for _, size in self.flash)


def estimate(plan: Plan) -> Budget:
    """The budget of a plan without errors, on a board with MicroPython."""
    board = plan.board
    assert board is not None
    config, points = encode.config_json(plan), encode.points_bin(plan.rows)
    files = bundle.slot_files(config, points, board.arch)
    return Budget(
        _ram(plan, *_code(config, board.arch), len(config)),
        _flash(files, board.flash.block) + _journal(plan),
        board.heap_bytes,
        board.flash.vfs[1],
    )


def _code(config: bytes, arch: str) -> tuple[dict[str, int], int]:
    """(bytes of each module of the source that stays, whichever file it is linked into; of the largest file that is
    loaded for a moment).
    """
    files = closure.needed(json.loads(config))
    passing = {files[name].relative_to(places.firmware()).with_suffix(".mpy").as_posix()
               for name in closure.passing(files) & files.keys()}  # fmt: skip
    code = bundle.shares(config, arch)
    resident = {name: size for path, members in code.items() if path not in passing for name, size in members.items()}
    return resident, max((sum(code[path].values()) for path in passing & code.keys()), default=0)


def _ram(plan: Plan, modules: dict[str, int], moment: int, config_size: int) -> list[tuple[str, int]]:
    """A row for each module, then for what it makes."""
    board = plan.board
    assert board is not None
    rows = [(name, int(modules[name] * board.mpy_heap_factor)) for name in sorted(modules)]
    rows.append(("loaded for a moment", int(moment * board.mpy_heap_factor)))
    tasks = len(plan.devices) + len(plan.services) + len(plan.uplinks) + len(plan.pole.interfaces) + 1
    rows += [
        ("asyncio", _ASYNCIO),
        ("tasks", tasks * _TASK),
        ("points", sum(_POINT + len(p.name) for p in plan.rows)),
        ("configuration", _JSON * config_size),
        (
            "serial lines",
            _UART * sum(1 for x in plan.lines.values() if x.users and x.kind in ("uart", "rs485")),
        ),
        (
            "TCP servers",
            _CLIENTS * sum(1 for m in plan.uplinks if "port" in m.options and "host" not in m.options),
        ),
        ("TLS", _TLS * sum(1 for m in plan.uplinks if m.options.get("tls"))),
        ("Wi-Fi", _WIFI.get(board.port, 0) * sum(1 for part in plan.pole.interfaces if part.kind == "wifi")),
    ]
    return [(name, size) for name, size in rows if size]


def _flash(files: dict[str, bytes], block: int) -> list[tuple[str, int]]:
    """Whole blocks as littlefs gives them; twice for the two slots, and the reserve."""

    def blocks(size: int) -> int:
        return 0 if size <= _BLOCK_INLINE else -(-size // block) * block

    folders = {name.rpartition("/")[0] for name in files}
    rows = [(name, 2 * blocks(len(data))) for name, data in sorted(files.items())]
    rows.append(("folders", 2 * 2 * block * len(folders)))  # a directory is a pair of blocks
    rows.append(("boot.py, /id, /var", _RESERVE))
    return [(name, size) for name, size in rows if size]


def _journal(plan: Plan) -> list[tuple[str, int]]:
    return [("journal", 1024 * s.options["room_kb"]) for s in plan.services if s.card.kind == "journal"]
