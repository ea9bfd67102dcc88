"""docs/adding-a-peripheral.md, done as it stands: its files are written into a copy of the checkout, its commands are run
there one after another, and must print what the page shows.

In the page: a path in backticks alone on its line names the file of the fence below it; in a `console` fence `$ ` begins
a command, and `...` stands for anything.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "adding-a-peripheral.md"
COPIED = (
    "benchmarks",
    "boards",
    "conftest.py",
    "docs",
    "firmware",
    "hil_tests",
    "host_tools",
    "poles",
    "pyproject.toml",
)
FENCE = re.compile(r"^(?:`(?P<file>[\w./]+)`\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
SOON_S = 12.0  # a value travels: `yigan get` is asked again until it says what the page says
PROGRAMS = {
    "yigan": ["-m", "yigan.cli"],
    "pytest": ["-m", "pytest", "-p", "no:cacheprovider"],
    "python": [],
    "ruff": ["-m", "ruff"],
}


@dataclass
class Step:
    """A file to write with this text, or a command that prints it."""

    file: str
    command: str
    text: str


def steps(page: str) -> list[Step]:
    """In the order of the page."""
    found = []
    for fence in FENCE.finditer(page):
        if fence["file"]:
            found.append(Step(fence["file"], "", fence["text"]))
        elif fence["kind"] == "console":
            for piece in re.split(r"^\$ ", fence["text"], flags=re.M)[1:]:
                command, _, printed = piece.partition("\n")
                found.append(Step("", command, printed))
    return found


def says(printed: str, wanted: str) -> bool:
    pattern = r"\s+".join(map(re.escape, wanted.split())).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern, " ".join(printed.split()), re.S) is not None


class Copy:
    """A checkout of its own, a state folder of its own, and a shell of a kind."""

    def __init__(self, folder: Path):
        self.root = folder / "yigan"
        self.root.mkdir()
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, self.root / name)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "YIGAN_ROOT", "COLUMNS"))}
        self.environment = {
            **kept,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(self.root / "host_tools"),
            "YIGAN_HOME": str(folder / "home"),
            "YIGAN_LANG": "en",
            "YIGAN_SHARED": os.environ.get("YIGAN_SHARED", str(ROOT.parent / "shared")),
            "YIGAN_NODE_HOME": os.environ.get("YIGAN_NODE_HOME", str(ROOT)),
        }

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        assert not path.exists(), f"{name} is no new file"
        path.write_text(text, encoding="utf-8")

    def run(self, command: str) -> str:
        program, *words = shlex.split(command)
        done = subprocess.run(
            [sys.executable, *PROGRAMS[program], *words],
            cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def follow(self, steps: list[Step]) -> None:
        for step in steps:
            if step.command:
                self.shows(step.command, step.text)

    def shows(self, command: str, wanted: str) -> None:
        deadline = time.monotonic() + (SOON_S if command.startswith("yigan get") else 0)
        while not says(printed := self.run(command), wanted):
            assert time.monotonic() < deadline, f"$ {command}\n{printed}--- and the page says\n{wanted}"


@pytest.fixture
def copy(tmp_path):
    made = Copy(tmp_path)
    yield made
    with contextlib.suppress(AssertionError):
        made.run("yigan virtual stop --all")


def test_the_page(copy):
    """The desk and the pole at the same time: one computes, the other waits."""
    desk, heading, pole = PAGE.read_text(encoding="utf-8").partition("\n## On a pole\n")
    assert heading
    for step in [*steps(desk), *steps(pole)]:
        if step.file:
            copy.write(step.file, step.text)
    with ThreadPoolExecutor(2) as both:
        list(both.map(copy.follow, (steps(desk), steps(pole))))


def test_no_fence_is_left_out():
    """A fence that names no file, or whose command is not understood, would prove nothing."""
    page = PAGE.read_text(encoding="utf-8")
    found = steps(page)
    assert len([s for s in found if s.file]) + page.count("\n```console\n") == page.count("\n```") / 2
    assert len([s for s in found if s.command]) == len(re.findall(r"^\$ ", page, re.M))


def test_three_dots():
    assert says(" a   12 b\n", "a ... b") and says("anything", "...") and says("", "")
    assert not says("a 12 c", "a ... b") and not says("more", "") and not says("a b", "a")
