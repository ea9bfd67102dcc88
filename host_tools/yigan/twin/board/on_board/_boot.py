# The port's own start: mount the flash (format a new one), then boot.py and main.py.
import gc
import io
import sys
import vfs

import _block
import _hub

_OURS = "/on_board/"
_BOOT = """# Runs on every start, also after a wake from deep sleep, before main.py.
"""
facts = {}


def take_over(ours, told):
    """Put a board's modules in the place of the VM's, and its file system in the place of the host's."""
    facts.update(told)
    for name in list(sys.modules):
        if not name.startswith("asyncio"):
            del sys.modules[name]
    for name, module in ours.items():
        sys.modules[name] = sys.modules["u" + name] = module
    _mount()
    sys.path[:] = ["", ".frozen", "/lib"]
    gc.collect()


def _mount():
    vfs.umount("/")
    device = _block.Flash()
    sizes = {"readsize": facts["page"], "progsize": facts["page"]}
    try:
        flash = vfs.VfsLfs2(device, **sizes)
    except OSError:  # a new chip, or a file system beyond repair: the port makes a fresh one
        vfs.VfsLfs2.mkfs(device, **sizes)
        flash = vfs.VfsLfs2(device, **sizes)
    vfs.mount(flash, "/")
    if facts["port"] == "esp32" and facts["blank"]:
        with open("boot.py", "w") as file:
            file.write(_BOOT)


def run(main):
    """boot.py, then main.py of the current folder unless the reset came from the raw REPL."""
    for name in [n for n in main if n[0] != "_" or n == "__file__"]:
        del main[name]
    try:
        _hub.ask("booting")
        _file("boot.py", main)
        if facts["main"]:
            _file("main.py", main)
    except KeyboardInterrupt as error:  # between the two
        _show(error)
    _booted()


def _booted():
    """Tell it for sure: an interrupt may have been under way. From its answer on there comes none."""
    while True:
        try:
            _hub.ask("booted")
            return
        except KeyboardInterrupt:
            pass


def _file(name, main):
    """Run a file, if it is there, as the port does."""
    try:
        with open(name):
            pass
    except OSError:
        return
    try:
        execfile(name, main)  # noqa: F821
    except SystemExit:
        _hub.ask("reset", "soft")
    except BaseException as error:
        _show(error)


def _show(error):
    """The traceback without our own lines."""
    text = io.StringIO()
    sys.print_exception(error, text)
    for line in text.getvalue().split("\n")[:-1]:
        if _OURS not in line:
            print(line)
