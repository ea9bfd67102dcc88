"""Options for all tests: `--strict-skips` for CI, `--pole` for the stories in hil_tests."""

import gc
import os
from pathlib import Path

import pytest

# Tests have a home each; what is compiled for all of them is made once.
os.environ.setdefault("YIGAN_CACHE", str(Path(__file__).parent / "build" / "cache"))

# Collecting 6,000 tests makes a million objects, none of them garbage. Whoever calls gc.collect(), as the firmware and its
# fuzz do, would look through all of them each time: they are put out of the collector's sight.
gc.disable()

# Seconds each, most of them spent waiting for a board: `make test` begins with these, so that no worker is left alone
# with one at the end.
LONGEST_FIRST = (
    "host_tools/tests/uplinks/test_links.py",
    "hil_tests/test_links.py",
    "host_tools/tests/cli/test_demo.py",
    "hil_tests/test_environment.py",
    "host_tools/tests/web/test_page.py",
    "hil_tests/test_first_light.py",
    "host_tools/tests/deploy/test_carry.py",
    "hil_tests/test_cabinet.py",
    "host_tools/tests/twin/rom/test_esptool.py",
    "hil_tests/test_water.py",
    "host_tools/tests/uplinks/test_mqtt5.py",
    "host_tools/tests/uplinks/test_modbus_gateway_masters.py",
    "hil_tests/test_road.py",
    "host_tools/tests/link/test_asking.py",
    "host_tools/tests/web/test_gang.py",
    "host_tools/tests/deploy/test_faults.py",
    "hil_tests/test_interfaces.py",
    "host_tools/tests/bench/test_bench.py",
    "host_tools/tests/bench/test_moved.py",
    "host_tools/tests/bench/test_flashed.py",
    "host_tools/tests/test_adding_a_peripheral.py",
    "host_tools/tests/flash/test_esp.py",
    "host_tools/tests/flash/test_pulled.py",
    "host_tools/tests/uplinks/test_modbus_rtu_masters.py",
    "host_tools/tests/uplinks/test_mqtt.py",
    "host_tools/tests/cli/test_up_all.py",
    "host_tools/tests/cli/test_up.py",
    "host_tools/tests/test_street.py",
    "host_tools/tests/test_journal.py",
    "host_tools/tests/uplinks/test_nothing_lost.py",
    "hil_tests/test_sensor_bench.py",
    "hil_tests/test_calibration.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    place = {name: at for at, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop():
    gc.enable()
    _forget_what_stays()


@pytest.hookimpl(trylast=True)  # behind the fixtures of the file
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
