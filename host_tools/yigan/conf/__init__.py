"""The pole file: load it, check it against its board, compile it to what the device reads.

pole = conf.load("poles/demo.toml")
for finding in conf.check(pole): ...
files = conf.compile(pole)        # {"config.json": b"...", "points.bin": b"..."}
wirings = conf.twins(pole)        # what hangs on which bus, for the virtual board
"""

from yigan.conf.document import Change, Finding, Place
from yigan.conf.pole import Pole, load
from yigan.conf.verdict import check, compile, plan
from yigan.conf.wiring import Wiring, twins

__all__ = ["Change", "Finding", "Place", "Pole", "Wiring", "check", "compile", "load", "plan", "twins"]
