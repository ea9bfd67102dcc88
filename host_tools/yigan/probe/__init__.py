"""An unknown Modbus slave, read without harm: what it answers, what that may mean, and which register map fits.

`line` is whatever can put a question to a slave: fieldbus.Line (the line of a pole), or adapter.Adapter (a port here).
Only functions 3, 4 and 43 are used; nothing is written.
"""

from yigan.probe import search
from yigan.probe.adapter import Adapter
from yigan.probe.fit import Fit, fits
from yigan.probe.identity import identity
from yigan.probe.search import Found, Search

__all__ = ["Adapter", "Fit", "Found", "Search", "fits", "identity", "search"]
