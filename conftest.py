"""Options for all tests: `--strict-skips` for CI, `--pole` for the stories in hil_tests."""

import gc
import os
from pathlib import Path

# Tests have a home each; what is compiled for all of them is made once.
os.environ.setdefault("YIGAN_CACHE", str(Path(__file__).parent / "build" / "cache"))

# Collecting 6,000 tests makes a million objects, none of them garbage. Whoever calls gc.collect(), as the firmware does
# four times a second, would look through all of them each time: they are put out of the collector's sight.
gc.disable()


def pytest_collection_finish():
    gc.enable()
    _forget_what_stays()


def pytest_runtest_teardown(item, nextitem):
    if nextitem is None or nextitem.path != item.path:
        _forget_what_stays()


def _forget_what_stays():
    gc.collect()
    gc.freeze()


def pytest_addoption(parser):
    parser.addoption("--strict-skips", action="store_true", help="fail when anything was skipped")
    parser.addoption("--pole", default="poles/demo.toml", help="pole file of the board under test")


def pytest_sessionfinish(session):
    gc.unfreeze()  # hypothesis asks the collector who knows what
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    strict = session.config.getoption("--strict-skips")
    if strict and reporter and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    skipped = len(terminalreporter.stats.get("skipped", []))
    if skipped and terminalreporter.config.getoption("--strict-skips"):
        terminalreporter.write_line(f"{skipped} skipped: that is a failure here", red=True)
