"""`yigan deploy`: what a technician sees of it."""

import json
from pathlib import Path

import pytest
import small
from small import says
from stage import home, until, virtual  # noqa: F401

from yigan import bundle, cli, lang


@pytest.fixture
def file(tmp_path):
    def made(word, **config):
        path = tmp_path / f"{word}.bundle"
        bundle.write(small.bundle(word, **config), path)
        return str(path)

    return made


def test_blank_then_changed_then_nothing(virtual, file, capsys):  # noqa: F811
    board = virtual()
    assert cli.main(["deploy", file("one"), "--port", board.port]) == 0
    out, err = capsys.readouterr()
    assert "PASS small-0001 is on Generic ESP32 module with ESP32, slot a" in out and "Sending" in err
    assert says(board) == "one"

    assert cli.main(["deploy", file("two"), "--port", board.port]) == 0
    out = capsys.readouterr().out
    row = next(line.split() for line in out.splitlines() if line.strip().startswith("sent"))
    assert row == ["sent", "1", "0.0", "word"] and "copied on the board" in out and "boot.py" not in out
    assert says(board) == "two"

    assert cli.main(["deploy", file("two"), "--port", board.port]) == 0
    assert "nothing to send" in capsys.readouterr().out
    assert says(board) == "two"


def test_dry_run_writes_nothing(virtual, file, capsys):  # noqa: F811
    board = virtual()
    cli.main(["deploy", file("one"), "--port", board.port])
    assert says(board) == "one"
    capsys.readouterr()
    assert cli.main(["deploy", file("two"), "--port", board.port, "--dry-run"]) == 0
    assert "Nothing was written" in capsys.readouterr().out
    assert says(board) == "one"
    assert cli.main(["deploy", file("two"), "--port", board.port, "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["dry_run"] and told["changed"] and told["sent"] == ["word"] and told["packed"] < 300
    assert says(board) == "one"


def test_json_and_the_board_that_was_meant(virtual, file, capsys):  # noqa: F811
    board = virtual()
    assert cli.main(["deploy", file("one"), "--port", board.port, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (
        told["pole"] == "small-0001" and told["changed"] and told["launcher"] and told["port"] == board.port
    )
    mac = ":".join(told["uid"][k : k + 2] for k in range(0, 12, 2)).upper()
    assert cli.main(["deploy", file("one"), "--port", board.port, "--uid", mac]) == 0
    assert cli.main(["deploy", file("two"), "--port", board.port, "--uid", "00:11:22:33:44:55"]) == 7
    assert "expected 001122334455" in capsys.readouterr().err
    assert says(board) == "one"


def test_in_chinese(virtual, file, capsys):  # noqa: F811
    board = virtual()
    lang.choose("zh")
    assert cli.main(["deploy", file("one"), "--port", board.port]) == 0
    assert "成功" in capsys.readouterr().out
    assert cli.main(["deploy", "--help"]) == 0
    out = capsys.readouterr().out
    assert "示例" in out and "yigan deploy build/demo-0001.bundle" in out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["deploy"], 2, "POLE.toml|BUNDLE is missing"),
        (["deploy", "no-such.bundle", "--port", "x"], 3, "Cannot read the bundle"),
        (["deploy", "BUNDLE", "--port", "/dev/ttyNone"], 4, "no such port"),
        (["deploy", "LINUX", "--port", "/dev/ttyNone"], 7, "runs Linux"),
    ],
)
def test_usage(file, words, code, told, capsys):
    files = {"BUNDLE": file("one"), "LINUX": file("linux", port="linux", board="rpi-gateway")}
    assert cli.main([files.get(word, word) for word in words]) == code
    assert told in capsys.readouterr().err


def test_a_damaged_bundle_never_reaches_the_board(virtual, file, capsys):  # noqa: F811
    board, path = virtual(), file("one")
    raw = bytearray(Path(path).read_bytes())
    raw[raw.index(b"main.py") + 12] ^= 1  # of its content
    Path(path).write_bytes(raw)
    until(lambda: ">>> " in board.log())  # its file system is made
    before = board.stats()["flash"]
    assert cli.main(["deploy", path, "--port", board.port]) == 6
    err = capsys.readouterr().err
    assert "The bundle is damaged" in err and "Build it again" in err
    assert board.stats()["flash"] == before
    assert cli.main(["deploy", file("one"), "--port", board.port]) == 0
    assert says(board) == "one"
