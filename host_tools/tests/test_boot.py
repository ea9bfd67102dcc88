"""The launcher, firmware/boot.py, on the real littlefs: what it starts, and that no power cut leaves a pole without."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from nor import Nor, board_like, cut_everywhere

BOOT = compile((Path(__file__).parents[2] / "firmware" / "boot.py").read_text(encoding="utf-8"), "boot.py", "exec")


def boot(fs):
    """Run boot.py against `fs`; (folder it changed into, watchdog timeout or None)."""
    seen = SimpleNamespace(cwd="/", wdt=None, path=[])

    def chdir(path):
        seen.cwd = path

    class WDT:
        def __init__(self, timeout):
            seen.wdt = timeout

    modules = {
        "os": SimpleNamespace(stat=board_like(fs.stat), rename=board_like(fs.rename), chdir=chdir),
        "sys": SimpleNamespace(path=seen.path),
        "machine": SimpleNamespace(WDT=WDT),
    }
    kept = {name: sys.modules.get(name) for name in modules}

    def fetch(name, *_):
        return modules[name]

    builtins = {**vars(__import__("builtins")), "open": board_like(fs.open), "__import__": fetch}
    exec(BOOT, {"__builtins__": builtins, "__name__": "boot"})  # noqa: S102 - this is the program under test
    assert kept == {name: sys.modules.get(name) for name in modules}
    return seen


def put(fs, path, text):
    with fs.open(path, "w") as file:
        file.write(text)


def slots(fs, *names):
    for name in names:
        fs.mkdir("/" + name)
        put(fs, f"/{name}/main.py", "#")
        put(fs, f"/{name}/manifest", "#")


def record(fs):
    with fs.open("/boot.rec") as file:
        return file.readline()


@pytest.mark.parametrize(
    "names, before, cwd, wdt, after",
    [
        ("", None, "/", None, None),
        ("a", None, "/a", None, None),
        ("b", None, "/b", None, None),
        ("ab", "1 b ok 0 a\n", "/b", None, "1 b ok 0 a\n"),
        ("ab", "1 b try 3 a\n", "/b", 8000, "1 b try 2 a\n"),
        ("ab", "1 b try 0 a\n", "/a", None, "1 a ok 0 b\n"),
        ("b", "1 b try 0 -\n", "/b", 8000, "1 b try 0 -\n"),
        ("a", "1 b ok 0 a\n", "/a", None, "1 b ok 0 a\n"),
        ("a", "1 b try 2 a\n", "/a", None, "1 b try 2 a\n"),
        ("ab", "garbage\n", "/a", None, "garbage\n"),
        ("ab", "1 c ok 0 a\n", "/a", None, "1 c ok 0 a\n"),
        ("ab", "", "/a", None, ""),
    ],
)
def test_it_starts_the_right_slot(names, before, cwd, wdt, after):
    fs = Nor().mount(fresh=True)
    slots(fs, *names)
    if before is not None:
        put(fs, "/boot.rec", before)
    seen = boot(fs)
    assert (seen.cwd, seen.wdt) == (cwd, wdt)
    if after is not None:
        assert record(fs) == after


def test_a_bad_slot_is_left_after_its_attempts():
    fs = Nor().mount(fresh=True)
    slots(fs, "a", "b")
    put(fs, "/boot.rec", "1 b try 3 a\n")
    assert [boot(fs).cwd for _ in range(6)] == ["/b", "/b", "/b", "/a", "/a", "/a"]


@pytest.mark.parametrize(
    "before, after, cwd", [("1 b try 2 a\n", "1 b try 1 a\n", "/b"), ("1 b try 0 a\n", "1 a ok 0 b\n", "/a")]
)
def test_the_power_may_go_at_any_write(before, after, cwd):
    def prepare(fs):
        slots(fs, "a", "b")
        put(fs, "/boot.rec", before)

    def check(fs):
        assert record(fs) in (before, after)
        assert boot(fs).cwd == cwd

    assert cut_everywhere(prepare, boot, check) >= 3
