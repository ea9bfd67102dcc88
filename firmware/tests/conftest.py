"""The same test files on three interpreters.

On CPython pytest collects them as they are. Each file is also one item on the MicroPython VM, where the firmware
is bytecode as on a board, and one on the 32-bit MicroPython in Node, where it is source. Such an item fails with
the traceback that the interpreter printed, and reports how many tests ran inside. A file or class says what not
every interpreter has: `NEEDS = ("sockets",)`.
"""

import ast
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest

from benchmarks.harness import compile_firmware
from yigan import vm
from yigan.errors import LinkError

TESTS = Path(__file__).resolve().parent
FIRMWARE = TESTS.parent
ROOT = FIRMWARE.parent
SHARED = Path(os.environ.get("YIGAN_SHARED", ROOT.parent / "shared"))
NODE_HOME = Path(os.environ.get("YIGAN_NODE_HOME", ROOT))  # holds node_modules

PROVIDES = {
    "cpython": {"cpython", "sockets", "files", "ssl"},
    "micropython": {"micropython", "sockets", "files", "ssl", "cryptolib"},
    "wasm32": {"files"},
}
_TIMEOUT_S = 90


def needs(path: Path) -> set[str]:
    """The module's NEEDS, read without running it."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "NEEDS":
            return set(ast.literal_eval(node.value))
    return set()


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".py" and file_path.name.startswith("test_"):
        return Elsewhere.from_parent(parent, path=file_path)
    return None


def pytest_pycollect_makemodule(module_path, parent):
    if needs(module_path) <= PROVIDES["cpython"]:
        return None  # pytest's own way
    return NotHere.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(items):
    """Drop the classes that need what CPython has not: that is no skip."""
    items[:] = [i for i in items if set(getattr(getattr(i, "cls", None), "NEEDS", ())) <= PROVIDES["cpython"]]


class NotHere(pytest.File):
    """A file of which nothing runs on CPython."""

    def collect(self):
        return []


class Elsewhere(pytest.File):
    """A test file, once for each interpreter that is not CPython."""

    def collect(self):
        wanted = needs(self.path)
        for interpreter in ("micropython", "wasm32"):
            if wanted <= PROVIDES[interpreter]:
                yield OnInterpreter.from_parent(self, name=interpreter)


class Failed(Exception):
    """The interpreter's own output says why."""


class OnInterpreter(pytest.Item):
    funcargs: ClassVar[dict] = {}  # plugins look there for fixtures: a file has none

    def runtest(self):
        provides = ",".join(sorted(PROVIDES[self.name]))
        test = self.path.relative_to(TESTS).as_posix()
        command, environment = _COMMAND[self.name](test, provides)
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            cwd=TESTS,
        )
        self._judge(done)

    def _judge(self, done):
        lines = done.stdout.splitlines()
        inner = next((ln for ln in reversed(lines) if ln.startswith("inner: ")), None)
        output = "\n".join(ln for ln in lines if not ln.startswith("ok  ")) + "\n" + done.stderr
        if inner is None:
            raise Failed(f"it ended with {done.returncode} before its last test\n{output}")
        counts = json.loads(inner.removeprefix("inner: "))
        self.user_properties.append(("inner", counts["passed"]))
        if counts["failed"]:
            raise Failed(output)
        if counts["skipped"]:
            pytest.skip(f"{self.name}: " + "; ".join(counts["skipped"]))

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, (Failed, subprocess.TimeoutExpired)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, None, f"{self.path.name} on {self.name}"


@functools.cache
def _bytecode() -> tempfile.TemporaryDirectory:
    """The firmware compiled once; the folder goes when pytest ends."""
    folder = tempfile.TemporaryDirectory(prefix="yigan-mpy-")
    compile_firmware(folder.name, keep=True)  # tests look at private names
    return folder


def _on_vm(test: str, provides: str):
    try:
        binary = vm.find()
    except LinkError as error:
        pytest.skip(str(error))
    path = f".frozen:{TESTS / 'micro'}:{TESTS}:{_bytecode().name}"
    command = [binary, "-X", "heapsize=1m", str(TESTS / "micro" / "one.py"), test, provides, str(TESTS)]
    return command, {"MICROPYPATH": path}


def _on_node(test: str, provides: str):
    node = os.environ.get("YIGAN_NODE") or shutil.which("node")
    package = NODE_HOME / "node_modules" / "@micropython"
    if not node or not package.is_dir():
        pytest.skip("the 32-bit MicroPython needs Node and its npm package: `make test` installs them")
    script = TESTS / "micro" / "wasm.mjs"
    data = SHARED / "data"
    return [
        node, str(script), str(NODE_HOME), str(FIRMWARE), test, provides, *([str(data)] if data.is_dir() else [])
    ], {}


_COMMAND = {"micropython": _on_vm, "wasm32": _on_node}


def pytest_terminal_summary(terminalreporter):
    """How many tests ran inside each interpreter: an item of pytest's stands for a whole file."""
    passed = terminalreporter.stats.get("passed", [])
    counts = {}
    for report in passed:
        inner = dict(report.user_properties).get("inner")
        if inner is not None:
            name = report.nodeid.rsplit("::", 1)[-1]
            files, tests = counts.get(name, (0, 0))
            counts[name] = files + 1, tests + inner
    for name, (files, tests) in sorted(counts.items()):
        terminalreporter.write_line(f"{name}: {tests} tests of {files} files")
    terminalreporter.write_line(f"cpython: {sys.version.split()[0]}")
