# `machine.mem32` of a board: of all its registers, those that a program can rely on and the twin keeps.
import _hub

# The eight scratch registers of the watchdog block (RP2040 datasheet 4.7.6, RP2350 datasheet 12.9).
_SCRATCH = {"rp2040": 0x4005800C, "rp2350": 0x400D800C}


class Memory:
    """Words of memory by address. Elsewhere a chip would do harm or stop at a bus fault: here it is an error."""

    def __init__(self, name, base):
        self._name, self._base = name, base

    def _register(self, address):
        at = address - self._base if self._base else -1
        if not 0 <= at < 32 or at & 3:
            raise ValueError("%s[0x%08x]: a virtual board has no such register" % (self._name, address))
        return at >> 2

    def __getitem__(self, address):
        return _hub.ask("scratch", self._register(address), None)

    def __setitem__(self, address, value):
        _hub.ask("scratch", self._register(address), value & 0xFFFFFFFF)


def setup(facts):
    """mem8, mem16 and mem32."""
    return Memory("mem8", 0), Memory("mem16", 0), Memory("mem32", _SCRATCH.get(facts["name"], 0))
