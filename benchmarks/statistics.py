"""Statistics on the VM: what a sample, a finished hour and a service's second cost in CPU and heap.

The peer keeps the samples of a period in lists and works the record out at its end: as most scripts do.
"""

import tempfile
from collections.abc import Iterator

from benchmarks.harness import Row, compile_firmware, cost, run

_CORE = """
from pole.protocol import statistics as rules
one = rules.Statistics(bytes([{how}] * 10), [60, 600, 3600, 86400], [1, 1, 1, 1], [28800] * 4)
at = [216000000]
"""

_SECOND = """
at[0] += 1
ended = one.tick(at[0] - 215000000, at[0])
for k in range(10):
    if ended:
        one.finish(k, ended)
    one.add(k, {value}, 0, one.weight, {other})
"""

_MINUTE = """
for k in range(10):
    one.add(k, 350, 0, 60)
    one.finish(k, {ended})
"""

_LISTS = """
at = [0]
sizes = (60, 600, 3600, 86400)
kept = [[[] for size in sizes] for k in range(10)]
"""

_LISTS_SECOND = """
at[0] += 1
for k in range(10):
    value = 35.0 + k
    for j in range(4):
        samples = kept[k][j]
        samples.append(value)
        if len(samples) == sizes[j]:
            told = sum(samples) / sizes[j], min(samples), max(samples)
            kept[k][j] = []
"""

_EAR = """
from pole.protocol import noise
sums, histogram = noise.Sums(600), noise.Histogram()
at = [216000001]
"""

_EAR_SECOND = """
at[0] += 1
sums.second(at[0], at[0])
sums.add(450 + at[0] % 300, 1, True)
histogram.add(450 + at[0] % 300, 1)
"""

_MEMORY = """
import gc
gc.collect()
before = gc.mem_alloc()
from pole.protocol import statistics as rules, level, bearing, wide
gc.collect()
code = gc.mem_alloc() - before
one = rules.Statistics(bytes(10), [60, 600, 3600, 86400], [1, 1, 1, 1], [28800] * 4)
gc.collect()
print(code, gc.mem_alloc() - before - code)
"""

# the numbers of rules.MEAN, LEVEL and DIRECTION: the build folds their names away
_KINDS = (
    ("a mean", 0, 350, 0),
    ("a level", 1, "500 + at[0] % 300", 0),
    ("a wind", 2, "at[0] * 7 % 3600", 321),
)


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        compile_firmware(folder)
        peer = cost(_LISTS, _LISTS_SECOND, 3000, few=50, heap="8m", path=[folder])
        for name, how, value, other in _KINDS:
            ours = cost(
                _CORE.format(how=how),
                _SECOND.format(value=value, other=other),
                6000,
                few=50,
                path=[folder],
            )
            theirs = 1e6 / peer.cpu_us * 10 if how == 0 else None
            yield Row(
                f"statistics: {name}, four periods",
                1e6 / ours.cpu_us * 10,
                theirs,
                "samples per CPU s",
                ">= 20000",
                better="higher",
            )
            yield Row(
                f"statistics: {name}, heap",
                ours.heap / 10,
                peer.heap / 10 if how == 0 else None,
                unit="B a sample",
                bar="<= 1",
            )
        ours = cost(_EAR, _EAR_SECOND, 6000, few=50, path=[folder])
        yield Row(
            "statistics: a meter's second of noise",
            1e6 / ours.cpu_us,
            unit="samples per CPU s",
            bar=">= 2000",
            better="higher",
        )
        yield Row("statistics: noise, heap", ours.heap, unit="B a sample", bar="<= 1")
        for name, ended in (("minute", 1), ("hour with its minutes", 7)):
            setup = _CORE.format(how=0) + "one.tick(1, at[0])\none.tick(3602, at[0] + 3600)\n"
            ours = cost(setup, _MINUTE.format(ended=ended), 1000, path=[folder])
            yield Row(f"statistics: a finished {name}", ours.cpu_us / 10, unit="us a point")
        code, data = map(int, run(_MEMORY, path=[folder]).out.split())
        yield Row("statistics: code of all manners", code, unit="B of heap")
        yield Row("statistics: ten points, four periods", data / 10, unit="B a point", bar="<= 1024")
