"""The benchmark harness: rows judged against their bars, costs measured on the VM."""

import json
import math

import pytest

from benchmarks import __main__ as run
from benchmarks import harness
from benchmarks.harness import Row
from yigan import vm
from yigan.errors import LinkError


@pytest.mark.parametrize(
    ("row", "ratio", "verdict"),
    [
        (Row("a", 10.0, 300.0, "us", ">= 30 x"), 30, "met"),
        (Row("a", 10.0, 299.0, "us", ">= 30 x"), 29.9, "NOT met"),
        (Row("a", 900.0, 30.0, "1/s", ">= 30 x", better="higher"), 30, "met"),
        (Row("a", 32, None, "B", "<= 32"), None, "met"),
        (Row("a", 33, 2300, "B", "<= 32"), 2300 / 33, "NOT met"),
        (Row("a", 0, 5, "B", "<= 32"), math.inf, "met"),
        (Row("a", 1.5, unit="s"), None, "info"),
        (Row("a", "yes", "no", bar="", met=True), None, "met"),
        (Row("a", 10.0, None, "us", ">= 30 x"), None, "NOT met"),  # no peer, no ratio: not met, never silently so
    ],
)
def test_a_row_is_judged(row, ratio, verdict):
    assert row.ratio == (pytest.approx(ratio) if ratio is not None else None)
    assert row.verdict == verdict


def test_a_row_is_valid_json_whatever_its_ratio():
    told = json.loads(run.as_json(Row("a", 0, 5, "B", "<= 32")))
    assert told["ratio"] is None and told["met"] is True


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (0.0, "0"), (0.01234, "0.0123"), (205.4, "205"), (12345.6, "12,346"), (7, "7")]
)
def test_figures_have_three_digits(value, text):
    assert run.figure(value) == text


@pytest.fixture
def machine():
    try:
        vm.find()
    except LinkError as error:
        pytest.skip(str(error))


def test_the_vm_is_measured(machine):
    nothing = harness.cost("", "pass", 200000)
    work = harness.cost("", "x = bytearray(100)", 200000)
    assert nothing.heap == 0
    assert 100 <= work.heap <= 200
    assert nothing.cpu_us < work.cpu_us


def test_a_script_that_fails_shows_why(machine):
    with pytest.raises(RuntimeError, match="no module named 'nothing'"):
        harness.run("import nothing")


def test_the_firmware_compiles_as_a_board_gets_it(machine, tmp_path):
    folder = harness.compile_firmware(tmp_path)
    assert harness.run("from pole.codec import crc\nprint(crc.__file__)", path=[folder]).out.strip().endswith(".mpy")
