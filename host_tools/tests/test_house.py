"""Holds the drawing of the house true: who may import whom, who may print, what must stand beside what.

The rules are those of docs/architecture.md. Each test lists every place that breaks its rule.
"""

import ast
import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from yigan import cards, errors
from yigan.bundle import syntax

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE, HOST = ROOT / "firmware", ROOT / "host_tools"
POLE, YIGAN = FIRMWARE / "pole", HOST / "yigan"

EVERYBODY = {"again", "errors", "quality", "seldom"}
# A room of the firmware, and whom of `pole` it may import beside EVERYBODY and itself.
ROOMS = {
    "errors": set(),
    "quality": set(),
    "seldom": set(),
    "again": {"cpython"},
    "cpython": set(),
    "clock": {"cpython"},
    "codec": set(),
    "crypto": {"codec"},
    "protocol": {"codec", "crypto"},
    "drivers": {"clock", "codec", "protocol"},
    "store": {"clock"},
    "config": {"clock", "store"},
    "log": {"clock"},
    "keep": {"clock", "codec"},
    "judge": {"clock", "log", "protocol", "store"},
    "segments": {"codec"},
    "journal_reader": {"codec", "segments"},
    "journal": {"clock", "codec", "journal_reader", "segments"},
    "breadcrumb": {"clock"},
    "supervise": {"clock", "log"},
    "trial": {"protocol"},
    "services": {"store", "codec", "protocol", "crypto", "clock", "log", "judge", "journal", "load", "supervise"},
    "connection": {"clock", "log", "codec", "protocol"},
    "uplinks": {"connection", "store", "codec", "protocol", "crypto", "clock", "log", "load"},
    "tools": {"clock", "log", "codec", "protocol", "journal_reader"},
    "hal": {"clock", "load", "codec"},  # a bus kind is a module, found by name
}
JOINERS = {"load", "app", "__init__"}  # the only place that joins
NOT_TOGETHER = {"drivers", "services", "tools", "uplinks"}  # a module of these imports no other of its room...
EXCEPT = {  # ...but these are buses that others stand on, or parts of a driver loaded on demand
    ("drivers", "modbus_rtu"), ("drivers", "dali_bus"), ("drivers", "dlt645_bus"), ("drivers", "dlt645_control"),
    ("drivers", "dali_memory"), ("drivers", "dlt645_items"), ("drivers", "modbus_settings"), ("drivers", "frames"),
    ("services", "console_desk"),
}  # fmt: skip

BOARD_ONLY = {"machine", "network", "esp32", "rp2", "bluetooth"}
OUTSIDE = {"asyncio", "time", "socket", "select", "os", "ssl"} | BOARD_ONLY  # I/O, time
PURE = {"codec", "protocol", "crypto"}

COLUMNS = 140  # the formatter's 110 is for code; a sentence in two languages may be longer
LINES = 400
TEST_LINES = 500  # vectors are long, and read by nobody
FUNCTION_LINES = 60


def files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of all that a file imports, in whatever function; `from a import b` is `a.b`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides where it goes"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def place(path: Path, line: int, text: str) -> str:
    return f"{path.relative_to(ROOT)}:{line}: {text}"


def none(broken) -> None:
    broken = list(broken)
    assert not broken, "\n" + "\n".join(broken)


def room(path: Path) -> str:
    return path.relative_to(POLE).parts[0].removesuffix(".py")


def pole_imports() -> Iterator[tuple[Path, int, list[str]]]:
    """(file, line, [room, module, ...]) for every import of `pole` in the firmware's package."""
    for path in files(POLE):
        for line, name in imports(path):
            if name.startswith("pole."):
                yield path, line, name.split(".")[1:]


def test_every_room_of_the_firmware_has_its_rule():
    none(
        place(p, 1, "a room without a rule: add it to ROOMS")
        for p in files(POLE)
        if room(p) not in ROOMS and room(p) not in JOINERS
    )


def test_imports_flow_one_way():
    none(
        place(path, line, f"{room(path)} may not import {target[0]}")
        for path, line, target in pole_imports()
        if room(path) not in JOINERS and target[0] not in ROOMS[room(path)] | EVERYBODY | {room(path)}
    )


def test_drivers_services_and_uplinks_do_not_know_each_other():
    none(
        place(path, line, f"imports its neighbour {target[1]}")
        for path, line, target in pole_imports()
        if room(path) in NOT_TOGETHER and target[0] == room(path) and tuple(target[:2]) not in EXCEPT
    )


def test_codecs_protocols_and_crypto_are_pure():
    none(
        place(path, line, f"{name}: no I/O, no time here")
        for path in files(POLE)
        if room(path) in PURE
        for line, name in imports(path)
        if name.split(".")[0] in OUTSIDE
    )


def test_only_hal_clock_and_boot_touch_the_board():
    allowed = {POLE / "clock.py", FIRMWARE / "boot.py"}
    sources = [*files(POLE), *FIRMWARE.glob("*.py")]
    none(
        place(path, line, f"imports {name}")
        for path in sources
        if path not in allowed and POLE / "hal" not in path.parents
        for line, name in imports(path)
        if name.split(".")[0] in BOARD_ONLY
    )


def test_a_twin_shares_nothing_with_the_driver_it_proves():
    none(
        place(path, line, f"imports {name}")
        for path in files(YIGAN / "twin")
        for line, name in imports(path)
        if name.split(".")[0] == "pole"
    )


def test_nothing_imports_the_command_line_or_the_page():
    serves = YIGAN / "cli" / "station.py"  # but the verb that serves the page
    none(
        place(path, line, f"imports {name}")
        for path in files(YIGAN)
        if path != serves
        for line, name in imports(path)
        for top in ("cli", "web")
        if (name + ".").startswith(f"yigan.{top}.") and YIGAN / top not in path.parents
    )


def prints(path: Path) -> Iterator[tuple[int, str]]:
    """(line, call) of all that prints or exits, but where the file is a program itself."""
    body = [n for n in tree(path).body if not (isinstance(n, ast.If) and "__main__" in ast.unparse(n.test))]
    for node in ast.walk(ast.Module(body, [])):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in ("print", "sys.exit", "exit", "quit", "click.echo", "os._exit"):
                yield node.lineno, name


def test_only_the_command_line_prints_or_exits():
    def speaks(path: Path) -> bool:
        # `__main__` is a command of its own; what lies in on_board runs on a board, whose console is its only way out.
        return YIGAN / "cli" in path.parents or path.name == "__main__.py" or "on_board" in path.parts

    none(
        place(path, line, name)
        for path in files(YIGAN)
        if not speaks(path)
        for line, name in prints(path)
    )


def test_the_firmware_logs_and_does_not_print():
    allowed = {POLE / "app.py", FIRMWARE / "boot.py"}  # to whoever interrupted the pole at its console
    sources = [*files(POLE), *FIRMWARE.glob("*.py")]
    none(
        place(path, line, name)
        for path in sources
        if path not in allowed and POLE / "hal" not in path.parents
        for line, name in prints(path)
        if name == "print"
    )


def kinds(folder: str) -> list[str]:
    return sorted(p.stem for p in (POLE / folder).glob("*.py") if p.stem != "__init__")


def is_driver(kind: str) -> bool:
    """modbus_rtu is a bus that drivers stand on: no device, no twin."""
    body = tree(POLE / "drivers" / f"{kind}.py").body
    return any(isinstance(node, ast.ClassDef) and node.name == "Driver" for node in body)


def test_every_driver_has_a_twin():
    wanted = [YIGAN / "twin" / f"{k}.py" for k in kinds("drivers") if is_driver(k)]
    none(f"no {twin.relative_to(ROOT)}" for twin in wanted if not twin.exists())


@pytest.mark.parametrize("folder", ["codec", "crypto", "drivers", "protocol", "services", "tools", "uplinks"])
def test_every_module_of_a_room_has_a_test(folder):
    tests = FIRMWARE / "tests" / folder
    none(f"{folder}/{k}: no {tests.relative_to(ROOT)}/test_{k}.py" for k in kinds(folder) if not covered(tests, k))


def covered(tests: Path, kind: str) -> bool:
    """A file of its own, or a file that imports the module by name."""
    if (tests / f"test_{kind}.py").exists():
        return True
    name = f"pole.{tests.name}.{kind}"
    return any((i + ".").startswith(name + ".") for t in tests.glob("test_*.py") for _, i in imports(t))


@pytest.mark.parametrize("folder", ["drivers", "services", "uplinks"])
def test_every_kind_ends_its_docstring_with_its_card(folder):
    read = {"drivers": cards.driver, "services": cards.service, "uplinks": cards.uplink}[folder]
    for kind in kinds(folder):
        if folder == "drivers" and not is_driver(kind) or folder == "services" and (folder, kind) in EXCEPT:
            continue
        try:
            read(kind)
        except errors.YiganError as error:
            pytest.fail(str(error))


def all_code() -> list[Path]:
    folders = (FIRMWARE, HOST, ROOT / "benchmarks", ROOT / "hil_tests")
    return [p for folder in folders for p in files(folder)]


def test_names_say_what_is_inside():
    vague = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc|stuff)(_|$)")
    none(place(p, 1, "a name that says nothing") for p in all_code() if vague.search(p.stem))
    none(
        place(p, line, name)
        for p, kind, name, line, _ in definitions()
        if kind is ast.ClassDef and re.search(r"(Util|Helper|Manager|Common|Misc)s?$", name)
    )


def test_modules_can_be_read_in_one_sitting():
    lengths = ((p, len(p.read_text(encoding="utf-8").splitlines())) for p in all_code())
    most = {True: TEST_LINES, False: LINES}
    none(place(p, n, f"{n} lines") for p, n in lengths if n > most[p.name.startswith("test_")])


def test_lines_end_somewhere():
    none(
        place(p, number, f"{len(line)} characters")
        for p in all_code()
        for number, line in enumerate(p.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > COLUMNS
    )


@functools.cache
def definitions() -> list[tuple[Path, type, str, int, int]]:
    """(file, kind, name, line, lines) of every function and class."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [
        (path, type(node), node.name, node.lineno, node.end_lineno - node.lineno + 1)
        for path in all_code()
        for node in syntax.nodes(tree(path))
        if isinstance(node, kinds)
    ]


def test_functions_do_one_thing():
    found = [(p, name, line, n) for p, kind, name, line, n in definitions() if kind is not ast.ClassDef]
    long = [place(p, line, f"{name}: {n} lines") for p, name, line, n in found if n > FUNCTION_LINES]
    none(long)
    assert sum(n < 40 for *_, n in found) >= 0.9 * len(found)


def test_every_module_says_what_it_is_for():
    none(
        place(p, 1, "no docstring, no comment")
        for p in all_code()
        if not p.name.startswith("test_") and p.read_text(encoding="utf-8").lstrip()[:1] not in ("", '"', "#")
    )


def committed() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return listed.stdout.splitlines()


def test_no_committed_file_names_a_machine_or_a_registry():
    # Written in halves, so that this file does not find itself.
    hosts = ["pyp" + "i.org", "pythonho" + "sted", "npm" + "js", "deb.deb" + "ian.org"]
    machine = ["/wo" + "rk/", "/ro" + "ot/", "/tmp/" + "lab", "/ho" + "me/"]
    named = re.compile("|".join(map(re.escape, hosts + machine)))
    none(
        f"{name}:{number}: {line.strip()[:90]}"
        for name in committed()
        if (ROOT / name).is_file()
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if named.search(line)
    )
