"""The small unittest that the firmware's tests run on: what fails in there must fail out here."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from yigan import vm
from yigan.errors import LinkError

MICRO = Path(__file__).resolve().parents[2] / "firmware" / "tests" / "micro"

INSIDE = '''
import unittest

NEEDS = ("sockets",)

class Good(unittest.TestCase):
    def setUp(self):
        self.made = [1]
        self.addCleanup(self.made.clear)

    def test_passes(self):
        self.assertEqual(self.made, [1])
        with self.assertRaises(ValueError) as caught:
            int("x")
        self.assertIsInstance(caught.exception, ValueError)

class Bad(unittest.TestCase):
    def test_wrong(self):
        self.assertEqual(b"a", b"b", "why")

    def test_nothing_raised(self):
        with self.assertRaises(ValueError):
            pass

    def test_another_raised(self):
        with self.assertRaises(ValueError):
            {}["a"]

    @unittest.skip("because")
    def test_left_out(self):
        self.fail("ran")

class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError(5)

    def test_never_reached(self):
        pass

class NotHere(unittest.TestCase):
    NEEDS = ("cpython",)

    def test_cannot_run(self):
        self.fail("ran")
'''


@pytest.fixture
def told(tmp_path):
    try:
        machine = vm.find()
    except LinkError as error:
        pytest.skip(str(error))
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "test_inside.py").write_text(INSIDE)
    done = subprocess.run(
        [machine, str(MICRO / "one.py"), "room/test_inside.py", "sockets,files", str(tmp_path)],
        env={**os.environ, "MICROPYPATH": f".frozen:{MICRO}"},
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_what_fails_inside_is_counted(told):
    counts = json.loads(told.rpartition("inner: ")[2])
    assert counts == {"passed": 1, "failed": 4, "skipped": ["Bad.test_left_out: because"]}


def test_a_failure_shows_its_place_and_its_reason(told):
    assert "FAIL Bad.test_wrong" in told
    assert "b'a' != b'b': why" in told
    assert 'test_inside.py", line' in told
    assert "KeyError" in told


def test_what_an_interpreter_lacks_is_left_out(told):
    assert "NotHere" not in told
