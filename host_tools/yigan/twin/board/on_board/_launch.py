# Dress this VM as a board: its modules, its file system, its path.
import gc
import json
import sys


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
    if not _hub.settings.get("measure"):
        _virtual.sync()
    import time_

    sys.modules["time"] = time_
    import asyncio_

    sys.modules["_asyncio"] = asyncio_


def _asyncio():
    """With the VM's own ticks, which its C half uses. The rest of it comes when somebody asks, as on a board."""
    import asyncio.core  # noqa: F401


def prepare():
    """Returns what runs the board's own files."""
    virtual = '"virtual": true' in sys.argv[1]
    if not virtual:
        _asyncio()
    gc.collect()
    before = gc.mem_alloc()
    if virtual:
        _virtual_time()
        _asyncio()
    import _boot
    import _hub

    measured = _hub.settings.get("measure")
    facts = json.load(sys.stdin) if measured else _hub.ask("hello", {"version": sys.version})
    ours = _modules(facts, virtual)
    gc.collect()
    if measured:
        print(gc.mem_alloc() - before)
        raise SystemExit
    _boot.take_over(ours, facts)
    return _boot.run


def _modules(facts, virtual):
    """The modules of a port, by name, set up for its chip."""
    import _block
    import machine_
    import micropython_
    import os_
    import sys_
    import time_

    _block.setup(facts)
    machine_.setup(facts, time_.setup(facts), time_, _leave)
    os_.setup(facts)
    sys_.setup(facts)
    ours = {"machine": machine_, "micropython": micropython_, "os": os_, "sys": sys_, "time": time_}
    if facts["radio"] or facts["lan"]:
        import network_
        import socket_
        import tls_

        network_.setup(facts)
        ours.update({"socket": socket_, "tls": tls_, "network": network_})
    if facts["radio"]:
        import bluetooth_

        ours["bluetooth"] = bluetooth_
    if facts["port"] == "esp32":
        import esp32_
        import flashbdev_

        esp32_.setup(facts)
        flashbdev_.setup(_block.Flash())
        ours.update({"esp32": esp32_, "flashbdev": flashbdev_})
    else:
        import rp2_
        import uctypes_

        rp2_.setup(facts, _block.Flash)
        ours.update({"rp2": rp2_, "uctypes": uctypes_})
    if virtual:
        ours.update({name: sys.modules[name] for name in ("select", "_asyncio")})
    return ours
