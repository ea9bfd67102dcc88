"""The flash of an RP2 through the MicroPython that runs on it: the chip maps it at 0x10000000, so it can be read.

That is the only way to a backup, to "it is there already" and to a check afterwards: the boot drive cannot be read.
"""

import base64
import hashlib
import json
from collections.abc import Callable

from yigan.errors import YiganError
from yigan.link import serial
from yigan.link.rawrepl import RawRepl

_BASE = 0x10000000
_PAGE, _STEP = 0x1000, 0x4000
_ASK = """
import sys, json, binascii, hashlib, machine
try:
    import uctypes
except ImportError:
    uctypes = None
v = sys.implementation
print(json.dumps({"version": ".".join(str(n) for n in v.version[:3]), "platform": sys.platform,
 "machine": getattr(v, "_machine", ""), "uid": binascii.hexlify(machine.unique_id()).decode(), "readable": bool(uctypes)}))
"""
_HASH = """
import hashlib, binascii, uctypes
h, at, n = hashlib.sha256(), {at}, {size}
while n:
    k = min(n, 4096)
    h.update(uctypes.bytearray_at(at, k))
    at += k
    n -= k
print(binascii.hexlify(h.digest()).decode())
"""
_READ = """
import binascii, uctypes
for at in range({at}, {end}, 4096):
    page = uctypes.bytearray_at(at, 4096)
    print("" if page == b"\\xff" * 4096 else binascii.b2a_base64(page).decode()[:-1])
"""


class Program:
    """The running MicroPython of an RP2 at `port`: `facts` {version, platform, machine, uid, readable}. YiganError."""

    def __init__(self, port: str, seconds: float = 3.0):
        self.line = serial.open_within(port, seconds)
        try:
            self.repl = RawRepl(self.line)
            self.repl.enter(soft_reset=False, timeout_s=max(3.0, seconds))
            self.facts = json.loads(self.repl.exec(_ASK))
        except (YiganError, ValueError):
            self.line.close()
            raise

    def holds(self, start: int, data: bytes) -> bool:
        """Whether the flash at address `start` has these bytes."""
        said = self.repl.exec(_HASH.format(at=start, size=len(data)), timeout_s=30)
        return said.strip().decode() == hashlib.sha256(data).hexdigest()

    def read(self, size: int, told: Callable[[int], object]) -> bytes:
        """The first `size` bytes of the flash, or some more; a step at a time, for a console may lose what comes in a flood."""
        found = b""
        while len(found) < size:
            at = _BASE + len(found)
            said = self.repl.exec(_READ.format(at=at, end=at + _STEP), timeout_s=20)
            pages = said.replace(b"\r", b"").split(b"\n")[: _STEP // _PAGE]
            found += b"".join(base64.b64decode(page, validate=True) or b"\xff" * _PAGE for page in pages)
            told(len(found))
        return found

    def leave(self) -> None:
        """Back to the prompt, and off the port."""
        self.repl.leave()
        self.line.close()

    def bootloader(self) -> None:
        """Into BOOTSEL; the port goes away."""
        try:
            self.repl.start("import machine\nmachine.bootloader()")
            self.line.drain(0.2)
        except YiganError:
            pass
        self.line.close()
