"""Every work on a board is in the ledger, also a single one; a ledger that cannot be written stops nobody."""

import pytest
import small
from small import says
from stage import home, virtual  # noqa: F401

from yigan import bundle, cli
from yigan.bench.ledger import Ledger
from yigan.cli._record import record
from yigan.errors import Refused


@pytest.fixture
def file(tmp_path):
    bundle.write(small.bundle("one"), tmp_path / "one.bundle")
    return str(tmp_path / "one.bundle")


def test_a_deploy_is_a_row(virtual, file):  # noqa: F811
    board = virtual()
    assert cli.main(["deploy", file, "--port", board.port]) == 0
    assert cli.main(["deploy", file, "--port", board.port, "--dry-run"]) == 0
    (row,) = Ledger().rows()
    assert (row.kind, row.result, row.pole, row.uid) == ("deploy", "passed", "small-0001", board.about()["uid"])
    assert row.bundle == bundle.read(file).hash and row.port == board.port and "@" in row.person


def test_a_failure_is_a_row_with_its_reason(tmp_path, file):
    assert cli.main(["deploy", file, "--port", str(tmp_path / "none")]) == 4
    (row,) = Ledger().rows()
    assert (row.result, row.error) == ("failed", "LinkError") and "no such port" in row.what


def test_what_was_interrupted_says_so():
    with pytest.raises(KeyboardInterrupt), record("flash", "COM5", board="esp32-devkit"):
        raise KeyboardInterrupt
    (row,) = Ledger().rows()
    assert (row.kind, row.result, row.board) == ("flash", "interrupted", "esp32-devkit")


def test_a_refusal_keeps_its_class():
    with pytest.raises(Refused), record("up", "COM5"):
        raise Refused("No.", hint="Never.")
    (row,) = Ledger().rows()
    assert (row.result, row.error, row.what, row.hint) == ("failed", "Refused", "No.", "Never.")


def test_a_ledger_that_cannot_be_written_stops_nobody(virtual, file, home, capsys):  # noqa: F811
    home.mkdir()
    (home / "ledger.sqlite").write_bytes(b"not a ledger" * 100)
    board = virtual()
    assert cli.main(["deploy", file, "--port", board.port]) == 0
    assert "ledger cannot be" in capsys.readouterr().err.lower() and says(board) == "one"
