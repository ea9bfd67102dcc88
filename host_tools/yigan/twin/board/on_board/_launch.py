# Dress this VM as a board: its modules, its file system, its path.
import gc
import sys

_PLAIN = ("machine", "micropython", "os", "sys", "socket", "tls", "network", "esp32", "rp2", "bluetooth")


def _leave(cls, names):
    """Take attributes away that this port's class lacks."""
    for name in names.split():
        delattr(cls, name)


def _virtual_time():
    """Before asyncio is loaded: it must count in the same ticks as everybody."""
    import _hub
    import _virtual

    _hub._virtual = _virtual
    sys.modules["select"] = _virtual
    _virtual.sync()
    import time_

    sys.modules["time"] = time_
    import asyncio_

    sys.modules["_asyncio"] = asyncio_


def _asyncio():
    """All of it, with the VM's own ticks, which its C half uses."""
    import asyncio.core
    import asyncio.event
    import asyncio.funcs
    import asyncio.lock
    import asyncio.stream  # noqa: F401


def prepare():
    virtual = '"virtual": true' in sys.argv[1]
    if not virtual:
        _asyncio()
    gc.collect()
    before = gc.mem_alloc()
    if virtual:
        _virtual_time()
        _asyncio()
    import _block
    import _boot
    import _hub
    import bluetooth_
    import esp32_
    import machine_
    import micropython_
    import network_
    import os_
    import rp2_
    import socket_
    import sys_
    import time_
    import tls_

    settings = _hub.settings
    gc.collect()
    cost = gc.mem_alloc() - before
    if settings.get("measure"):
        print(cost)
        raise SystemExit
    facts = _hub.ask("hello", {"version": sys.version, "shims": cost})
    _block.setup(facts)
    clock = time_.setup(facts)
    machine_.setup(facts, clock, time_, _leave)
    for part in (os_, sys_, esp32_):
        part.setup(facts)
    network_.setup(facts)
    rp2_.setup(facts, _block.Flash)
    ours = {
        "machine": machine_,
        "micropython": micropython_,
        "os": os_,
        "sys": sys_,
        "time": time_,
    }
    if facts["radio"]:
        ours.update({"socket": socket_, "tls": tls_, "network": network_, "bluetooth": bluetooth_})
    if virtual:
        ours.update({name: sys.modules[name] for name in ("select", "_asyncio")})
    ours[facts["port"]] = esp32_ if facts["port"] == "esp32" else rp2_
    _boot.take_over(ours, facts)
    return _boot.run
