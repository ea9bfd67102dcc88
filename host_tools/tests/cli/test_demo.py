"""`yigan demo`: its own judgement with acts that fail, and once the whole of it."""

import json

import pytest
from rich.console import Console

from yigan.cli import demo, main
from yigan.errors import VerifyError
from yigan.story import until


class _Story:
    def last_words(self) -> str:
        return "last words"


def fails(story):
    raise VerifyError("The lamp did not reach 40 %.")


def test_an_act_that_fails_ends_the_demo(monkeypatch, capsys):
    reached = []
    acts = [(("one", "一"), ("", ""), lambda story: "seen"), (("two", "二"), ("", ""), fails),
            (("three", "三"), ("", ""), reached.append)]  # fmt: skip
    monkeypatch.setattr(demo, "ACTS", acts)
    happened, failed = demo._play(Console(), _Story())
    assert [act["ok"] for act in happened["acts"]] == [True, False] and not happened["ok"]
    said = capsys.readouterr().out
    assert failed.exit_code == 6 and not reached
    assert "did not reach 40 %" in said and "last words" in said and "three" not in said


def test_what_does_not_come_true_is_an_error():
    with pytest.raises(VerifyError, match="never"):
        until("It never came.", lambda: False, patience_s=0.05, pause_s=0.01)
    assert until("It came.", iter([0, 0, 7]).__next__, patience_s=5, pause_s=0) == 7


def test_the_whole_demo(capsys):
    """Told to people and to a machine at once: the first on stderr, with --json."""
    assert main(["demo", "--json"]) == 0, capsys.readouterr().err
    said, shown = capsys.readouterr()
    assert shown.count("✓") == 2 * len(demo.ACTS)
    happened = json.loads(said)
    assert happened["ok"] and [act["ok"] for act in happened["acts"]] == [True] * len(demo.ACTS)
    street = {row["pole"]: row for row in happened["street"]}
    assert list(street) == ["demo-0001", "environment-0001", "water-0001"]
    assert all(row["live"] > 20 for row in street.values())
    assert "hydro.rain_total 1.0 mm" in street["water-0001"]["shown"]
