"""What a benchmark file needs: a `Row` to yield, and a MicroPython VM whose CPU time and heap can be read.

A file `benchmarks/<topic>.py` has `def rows(): yield Row(...)`. Ours and the peer are measured in the same run,
on the same machine, so that their ratio means something where the figures alone do not.
"""

import operator
import os
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from yigan import vm
from yigan.bundle import bytecode, closure

ROOT = Path(__file__).resolve().parent.parent
FIRMWARE = ROOT / "firmware"
SHARED = Path(os.environ.get("YIGAN_SHARED", ROOT.parent / "shared"))

_COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


@dataclass
class Row:
    """One measurement.

    `bar` is what must hold: "<= 256" is about `ours`, ">= 30 x" about the ratio, "" asks for nothing.
    `ratio` is how many times better ours is than the peer: peer/ours where lower is better, ours/peer where
    higher is; it is worked out when not given. `met` likewise. `name` begins with the topic: "nmea: CPU".
    """

    name: str
    ours: float | str
    peer: float | str | None = None
    unit: str = ""
    bar: str = ""
    ratio: float | None = None
    better: str = "lower"
    met: bool | None = None

    def __post_init__(self):
        if self.ratio is None and _number(self.ours) and _number(self.peer):
            above, below = (self.peer, self.ours) if self.better == "lower" else (self.ours, self.peer)
            self.ratio = above / below if below else float("inf")
        if self.met is None and self.bar:
            self.met = self._meets()

    def _meets(self) -> bool:
        sign, limit, *rest = self.bar.split()
        value = self.ratio if rest == ["x"] else self.ours
        return _number(value) and _COMPARE[sign](value, float(limit))

    @property
    def verdict(self) -> str:
        return "info" if self.met is None else "met" if self.met else "NOT met"


def _number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@dataclass
class Ran:
    """A finished run of the VM: what it printed, and the CPU seconds (user + system) of its process."""

    out: str
    cpu_s: float
    wall_s: float


@dataclass
class Cost:
    """What one turn of a loop costs on the VM: CPU microseconds, and bytes of heap with the collector off."""

    cpu_us: float
    heap: float


def command(script, args=(), heap: str = "176k") -> list[str]:
    return [vm.find(), "-X", f"heapsize={heap}", str(script), *map(str, args)]


def environment(*folders) -> dict[str, str]:
    """The VM finds its own frozen modules, then `folders` (the firmware's sources when none are given)."""
    path = [".frozen", *map(str, folders or (FIRMWARE,))]
    return {**os.environ, "MICROPYPATH": ":".join(path)}


def compile_firmware(folder, keep: bool = False) -> Path:
    """All of `pole` as .mpy under `folder`, as a board gets it: its heap then holds no compiler leftovers.

    `keep`: with all its names, for tests that look inside.
    """
    names = [".".join(path.relative_to(FIRMWARE).with_suffix("").parts) for path in (FIRMWARE / "pole").rglob("*.py")]
    wanted = closure.modules(name.removesuffix(".__init__") for name in names)
    for name, code in bytecode.tree(wanted, "x64", keep).items():
        target = Path(folder) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(code)
    return Path(folder)


def run(script: str, args=(), heap: str = "176k", path=(), timeout: float = 120) -> Ran:
    """Run the text of a MicroPython script to its end; RuntimeError with its output if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.py"
        file.write_text(script, encoding="utf-8")
        before, begin = _children_cpu(), time.perf_counter()
        done = subprocess.run(
            command(file, args, heap), env=environment(*path), capture_output=True, text=True, timeout=timeout
        )
        ran = Ran(done.stdout, _children_cpu() - before, time.perf_counter() - begin)
    if done.returncode:
        raise RuntimeError(f"MicroPython ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return ran


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# What a benchmark puts in the place of a sleep.
NAP = """
class Nap:
    "As asyncio's own sleep: nothing is made."
    def __init__(self):
        self.over = StopIteration()
    def __iter__(self):
        return self
    def __next__(self):
        self.over.__traceback__ = None
        raise self.over

nap = Nap()
"""

_LOOP = """
import gc, sys
{setup}
def _turns(n):
    for _i in range(n):
{body}
_turns(2)  # what is made once, is made now
gc.collect()
gc.disable()
_before = gc.mem_alloc()
_turns({few})
_heap = gc.mem_alloc() - _before
gc.enable()
gc.collect()
_turns(int(sys.argv[1]))
print(_heap)
"""


def cost(setup: str, body: str, count: int, few: int = 10, heap: str = "2m", **options) -> Cost:
    """What one turn of `body` costs after `setup`: the VM's start is measured too, and taken off.

    CPU: the difference of a run with `count` turns and one with none. Heap: `few` turns with the
    collector off, so `heap` must hold them. Both texts are MicroPython; `body` may hold several lines.
    """
    indented = "\n".join("        " + line for line in body.strip().splitlines())
    script = _LOOP.format(setup=setup, body=indented, few=few)
    empty = run(script, [0], heap, **options)
    full = run(script, [count], heap, **options)
    return Cost((full.cpu_s - empty.cpu_s) / count * 1e6, int(full.out.split()[-1]) / few)


class Server:
    """A VM that goes on running while the host talks to it: `with Server(script) as vm: ... vm.cpu_s()`.

    `read()` gives the next line it printed, such as the port it listens on.
    """

    def __init__(self, script: str, args=(), heap: str = "176k", path=()):
        self._folder = tempfile.TemporaryDirectory()
        file = Path(self._folder.name) / "script.py"
        file.write_text(script, encoding="utf-8")
        self.process = subprocess.Popen(
            command(file, args, heap), env=environment(*path), stdout=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.communicate()
        self._folder.cleanup()

    def read(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"MicroPython ended with {self.process.wait()}")
        return line.strip()

    def cpu_s(self) -> float:
        """User + system seconds so far, in steps of 10 ms."""
        used = psutil.Process(self.process.pid).cpu_times()
        return used.user + used.system
