"""What a reading costs between its driver and the store: with nothing declared, calibrated, and judged by rules."""

import tempfile
from collections.abc import Iterator

from benchmarks.harness import FIRMWARE, Row, compile_firmware, cost, run

_TURNS = 50  # readings in one turn of the loop, as the texts say

_POLE = """
import gc
from points_bin import build
from pole import clock
from pole.judge import Judge
from pole.log import Log
from pole.quality import GOOD, UNCERTAIN
from pole.store import I16, U16, Store, Table

clock.ticks_ms = lambda: 1000
store = Store(Table(build([(k, "air.p%d" % k, U16 if k else I16, 1, False, 0, 30000) for k in range(20)])))
LINE = [[0, 0, -12, 5417, 5000, 0, 15]]  # 1.0834 x raw - 1.25
TABLE = [[1000 * k, 1000 * k, 1100 * k, 263, 250, 225, 19] for k in range(9)]
RULES = [[2, UNCERTAIN, 0, -1, 1, 1], [4, UNCERTAIN, 9000, -1, 1, 1], [5, UNCERTAIN, 3600, -1, 1, 1],
         [7, UNCERTAIN, 900, 0, 1, 1]]
store.put(0, 500)
def judge(**options):
    store.judge = Judge(store, Log(), options)
    return store.judge
def readings(sink):
    for _ in range(50):
        sink.put(3, 9000, GOOD)
"""

_CASES = (
    ("nothing declared", "sink = store"),
    ("another point calibrated", "sink = judge(calibration=[[4, LINE]])"),
    ("slope and offset", "sink = judge(calibration=[[3, LINE]])"),
    ("a table of ten", "sink = judge(calibration=[[3, TABLE]])"),
    ("four rules", "sink = judge(plausibility=[[3, RULES]])"),
    ("slope, offset, four rules", "sink = judge(calibration=[[3, LINE]], plausibility=[[3, RULES]])"),
)

_HEAP = (
    _POLE
    + """
gc.collect()
before = gc.mem_alloc()
judge(calibration=[[k, LINE] for k in range(1, 11)], plausibility=[[k, RULES] for k in range(1, 11)])
gc.collect()
print(gc.mem_alloc() - before)
"""
)

_MODULES = """
import gc, sys
sys.path.append(sys.argv[1])
from pole import clock, log, store
gc.collect()
before = gc.mem_alloc()
import pole.judge
gc.collect()
print(gc.mem_alloc() - before)
"""

# As a driver would do it in floats: the same line, rounded
_FLOATS = """
def corrected(raw):
    return int(raw * 1.0834 - 12.5 + 0.5)
def turn():
    for _ in range(50):
        corrected(9000)
"""
_INTEGERS = """
from pole.protocol.calibration import corrected
LINE = [0, 0, -12, 5417, 5000, 0, 15]
def turn():
    for _ in range(50):
        corrected(LINE, 9000)
"""


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = (compile_firmware(folder, keep=True), FIRMWARE / "tests")
        for what, setup in _CASES:
            one = cost(_POLE + setup, "readings(sink)", 1500, path=path)
            yield Row(f"reading: {what}, CPU", one.cpu_us / _TURNS, None, "us")
            yield Row(f"reading: {what}, heap", one.heap / _TURNS, None, "bytes", "<= 0")
        ours, floats = (cost(text, "turn()", 3000, path=path) for text in (_INTEGERS, _FLOATS))
        yield Row(
            "reading: a line by integers or by floats, CPU",
            ours.cpu_us / _TURNS,
            floats.cpu_us / _TURNS,
            "us",
        )
        yield Row(
            "reading: a line by integers or by floats, heap",
            ours.heap / _TURNS,
            floats.heap / _TURNS,
            "bytes",
            "<= 1",
        )
        heap = int(run(_HEAP, path=path).out)
        yield Row(
            "reading: ten points calibrated and judged by four rules each, heap",
            heap,
            None,
            "bytes",
            "<= 12000",
        )
        code = int(run(_MODULES, [path[0]], path=path).out)
        yield Row("reading: the code, where something is declared, heap", code, None, "bytes", "<= 12000")
