"""Which process is which: a pid is used again, a pid with its start time is not."""

import ctypes
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def birth(pid: int) -> str:
    """A text that tells this process from every other that has or had its pid; "" when there is no such process."""
    if sys.platform == "linux":
        return _linux(pid)
    if os.name == "nt":
        return _windows(pid)
    done = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def own() -> tuple[int, str]:
    """(pid, birth) of this process."""
    return os.getpid(), _own(os.getpid())


@lru_cache(maxsize=1)
def _own(pid: int) -> str:
    return birth(pid)


def _linux(pid: int) -> str:
    """Boot and clock tick of the start. Source: proc(5), /proc/pid/stat field 22; a zombie does nothing any more."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()  # the name before may hold blanks and brackets
    return "" if fields[0] in "ZX" else f"{_BOOT.read_text().strip()[:8]}:{fields[19]}"


def _windows(pid: int) -> str:
    """Creation time by GetProcessTimes (Windows API, processthreadsapi.h); not tried on a real Windows here."""
    kernel = ctypes.windll.kernel32
    handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return ""
    times = [ctypes.c_uint64() for _ in range(4)]
    good = kernel.GetProcessTimes(handle, *[ctypes.byref(time) for time in times])
    kernel.CloseHandle(handle)
    return str(times[0].value) if good and not times[1].value else ""
