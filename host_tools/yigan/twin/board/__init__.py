"""The virtual board: a MicroPython VM that wears a board's flash, console, pins and buses.

One process per board (`python -m yigan.twin.board DIR`). It owns the VM, the flash image, the twins on the
wires and the way in (a pty, RFC 2217, a socket); `yigan.twin.virtual.VirtualBoard` is its remote control.
The firmware inside must not be able to tell, except that nothing catches fire.
"""
