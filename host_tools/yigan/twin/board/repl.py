"""Where MicroPython's REPL stands, told from what goes in and what comes out.

Ctrl-C is a character while the REPL reads and an interrupt while code runs, and only the stream knows which.
Source: MicroPython shared/runtime/pyexec.c (prompts, raw mode, raw paste).
"""

RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_FRIENDLY = (b">>> ", b"... ", b"=== ")
_RAW = (RAW_BANNER, b"\x04>")
_PASTE = b"R\x01\x80\x00\x01"
_LONGEST = len(RAW_BANNER)


class Repl:
    """`reading`: it waits for a line. `raw`: the last prompt was the raw one. `prompted`: one has come by now."""

    def __init__(self) -> None:
        self.fresh()

    def fresh(self) -> None:
        """A program runs; no prompt has come yet."""
        self.reading = self.raw = self.prompted = False
        self._ends = b""
        self._tail = b""

    def heard(self, data: bytes) -> bool:
        """The VM said `data`; True when it ends in a prompt, so that the VM reads now."""
        said = self._tail + data
        self.prompted = self.prompted or _FRIENDLY[0] in said or RAW_BANNER in said
        self._tail = said[-_LONGEST:]
        if self._tail.endswith(_RAW) or (self.raw and self._tail.endswith(_PASTE)):
            self.reading, self.raw, self._ends = True, True, b"\x04"
        elif self._tail.endswith(_FRIENDLY):
            self.reading, self.raw, self._ends = True, False, b"\r\n\x04"
        else:
            self._ran()
            return False
        return True

    def _ran(self) -> None:
        """What was typed before the prompt came has ended the line since: no echo has a line end, raw mode no OK."""
        line = self._tail[self._tail.rfind(b"\n") + 1 :]
        if self.raw:
            self.reading = self.reading and not line.startswith((b">OK", b"OK"))
        elif line != self._tail and not line.startswith(_FRIENDLY):
            self.reading = False

    def told(self, data: bytes) -> None:
        """The VM was given `data`: with the character that ends its line, it goes to work."""
        if any(end in data for end in self._ends):
            self.reading = False

    @property
    def left_raw(self) -> bool:
        """It ended by Ctrl-D in raw mode, which prints OK first."""
        return self._tail.endswith(b"OK\r\n")
