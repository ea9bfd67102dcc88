"""Every driver has its rows in the benchmarks: what a reading costs is known before it is on a pole."""

from pathlib import Path

from yigan import cards
from yigan.conf.plan import SHARED_KINDS

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_every_driver_is_measured():
    text = "".join(path.read_text(encoding="utf-8") for path in BENCHMARKS.glob("*.py"))
    kinds = [kind for kind in cards.kinds("drivers") if kind not in SHARED_KINDS]
    assert [kind for kind in kinds if f"from pole.drivers.{kind} import Driver" not in text] == []
