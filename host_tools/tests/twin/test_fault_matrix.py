"""Every driver against every fault of its twin: what becomes of its points, who counts it, and how it comes back.

The rows are each twin's own MATRIX: fault -> qualities that its points may have under it; `absent` (no power) is added.
What a twin may say beside: MATRIX_OPTIONS (options without which its driver cannot be), STIR (a quantity and two values
of it: a stuck part must not follow, one that is well again must), PULL (0: its pin rests low), ACTIVE (0: low is yes).
`pytest -s` prints the table, build/fault_matrix.txt keeps it.
"""

import asyncio

import pytest
from telling import tell
from twin import rigs

from pole import clock as pole_clock
from pole.quality import NAMES
from yigan import cards
from yigan.conf.plan import SHARED_KINDS
from yigan.twin import virtual_time

KINDS = [kind for kind in cards.kinds("drivers") if kind not in SHARED_KINDS]
ANSWERS = ("uart", "rs485", "modbus", "i2c", "dali")  # a part on these tells that it is there
ASKED = {"noise", "slow", "stuck", "silent"}  # of all that answer; `range` of all that measure
GOOD = {"good", "uncertain"}
LIMIT_S = 400
SHORT = {"good": "good", "uncertain": "unc", "comm_fault": "comm", "fault": "fault", "range": "range", "never": "never",
         "stale": "stale", "warming": "warm"}  # fmt: skip
told: dict[tuple[str, str], str] = {}


def faults(kind):
    return ["absent", *rigs.twin_module(kind).MATRIX]


CASES = [(kind, fault) for kind in KINDS for fault in faults(kind)]


class Case:
    """One driver under one fault."""

    def __init__(self, folder, kind, fault):
        self.kind, self.fault = kind, fault
        self.module = rigs.twin_module(kind)
        self.bench = rigs.Bench(rigs.pole_file(folder, kind))
        driver = cards.driver(kind)
        self.answers = driver.bus in ANSWERS

    def allowed(self):
        matrix = self.module.MATRIX
        if self.fault != "absent":
            return set(matrix[self.fault])
        return {"comm_fault", "fault"} if self.answers else set(matrix.get("silent", ("good",)))

    def put(self, on):
        twin = self.bench.twin
        if self.fault != "absent":
            twin.fault(self.fault, on)
        elif on:
            twin.stop()
        else:
            twin.start()

    def qualities(self, points):
        if not self.bench.points:
            return {self.bench.outcome}
        return {NAMES[self.bench.store.quality(i)] for i in points}

    def values(self, points):
        return {i: self.bench.store.raw(i) for i in points}

    async def until_well(self, points):
        """Seconds until all of these are valid; None when they never are."""
        for second in range(LIMIT_S):
            if self.qualities(points) <= GOOD:
                return second
            await asyncio.sleep(1)
        return None

    async def play(self):
        bench = self.bench
        bench.start()
        try:
            await asyncio.sleep(5)
            await self.until_well([i for i in bench.points if NAMES[bench.store.quality(i)] != "never"])
            await asyncio.sleep(40)  # warm-ups, slow banks
            well = [i for i in bench.points if NAMES[bench.store.quality(i)] in GOOD]
            assert well or not bench.points, f"{self.kind} has no good point after a minute"
            await self.suffer(well)
        finally:
            await bench.stop()

    async def suffer(self, well):
        bench, before = self.bench, self.bench.complaints()
        stir = [(name, *values) for name, values in getattr(self.module, "STIR", {}).items()]
        for name, first, _ in stir:
            bench.twin.set(name, first)
        period_s = bench.peripheral.period_ms / 1000
        await asyncio.sleep(10 + period_s)
        self.put(True)
        await asyncio.sleep(12 + 4 * period_s)  # a single miss is forgiven
        steady = self.values(well)
        for name, _, second in stir if self.fault == "stuck" else ():
            bench.twin.set(name, second)
        seen = set()
        for _ in range(int(20 + period_s)):
            await asyncio.sleep(1)
            seen |= self.qualities(well)
        assert seen <= self.allowed(), (
            f"{self.kind}, {self.fault}: {sorted(seen)} instead of {sorted(self.allowed())}"
        )
        if self.fault == "stuck" and stir:
            assert self.values(well) == steady, "a stuck part cannot follow"
        if seen & {"comm_fault", "fault"} and self.answers:
            assert bench.complaints() > before, f"{self.kind}, {self.fault}: nobody counts it"
        self.put(False)
        back = await self.until_well(well)
        assert back is not None, f"{self.kind} does not come back after {self.fault}: {self.qualities(well)}"
        if stir:
            await self.follows(well, stir)
        words = "/".join(sorted(SHORT[q] for q in seen))
        told[self.kind, self.fault] = f"{words or '-'} {back}s +{bench.complaints() - before}"

    async def follows(self, well, stir):
        """A part that is well again shows what changes."""
        for value in (1, 2):
            for name, *values in stir:
                self.bench.twin.set(name, values[value - 1])
            await asyncio.sleep(15 + 2 * self.bench.peripheral.period_ms / 1000)
            if value == 1:
                steady = self.values(well)
        assert self.values(well) != steady, f"{self.kind} does not follow after {self.fault}"


@pytest.mark.parametrize(("kind", "fault"), CASES)
def test_fault(tmp_path, kind, fault):
    async def story():
        await Case(tmp_path, kind, fault).play()

    virtual_time.run(story(), pole_clock)


@pytest.mark.parametrize("kind", KINDS)
def test_the_rows_are_all_there(kind):
    module, card = rigs.twin_module(kind), cards.driver(kind)
    assert set(module.MATRIX) <= set(module.Twin.FAULTS), "rows without a fault"
    names = [name for allowed in module.MATRIX.values() for name in allowed]
    assert set(names) <= set(NAMES) and all(isinstance(allowed, tuple) for allowed in module.MATRIX.values())
    if card.bus in ANSWERS:
        missing = ASKED - set(module.MATRIX)
        missing |= (
            {"range"} - set(module.MATRIX) if card.points and card.capability not in ("", "lamp") else set()
        )
        assert not missing, f"the twin of {kind} cannot be {', '.join(sorted(missing))}"


def test_the_table(request):
    """Kept whole only when all of it was run."""
    if len(told) < len(CASES):
        return
    lines = [f"{'driver':14} {'fault':14} quality of its points, seconds until well again, what was counted"]
    for kind in KINDS:
        lines += [f"{kind:14} {fault:14} {told[kind, fault]}" for fault in faults(kind)]
    tell("fault_matrix", "\n".join(lines))
