"""The bench: many boards at once become the poles of a roster, and everything that happens is written down.

roster = Roster.read("POLES.csv")
bench = Bench(roster, Ledger())
events = bench.subscribe()
bench.start()
"""

from yigan.bench.bench import Bench
from yigan.bench.ledger import Ledger, Row
from yigan.bench.roster import Roster
from yigan.bench.slot import Slot

__all__ = ["Bench", "Ledger", "Roster", "Row", "Slot"]
