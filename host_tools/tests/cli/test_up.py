"""`yigan up`: from a pole file to a pole that answers, on a virtual board."""

import json

import pytest
from stage import virtual  # noqa: F401

from yigan import bundle, cli, conf, home, lang
from yigan.deploy import commission
from yigan.twin.virtual import VirtualBoard

POLE = """\
id = "up-0001"
board = "{board}"

[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"
"""


@pytest.fixture(autouse=True)
def english(monkeypatch, tmp_path):
    monkeypatch.setenv("YIGAN_LANG", "en")
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(
        bundle.version, "current", lambda: "1.2.3"
    )  # a commit beside the test is no new bundle
    monkeypatch.setattr(commission, "_SETTLED_S", 0.2)
    yield
    lang.choose(None)


@pytest.fixture
def pole(tmp_path):
    path = tmp_path / "up.toml"
    path.write_text(POLE.format(board="esp32-devkit"), encoding="utf-8")
    return path


def test_blank_board_then_again(virtual, pole, capsys):  # noqa: F811
    board = virtual()
    assert cli.main(["up", str(pole), "--port", board.port, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pole"] == told["identity"]["pole"] == "up-0001"
    assert told["identity"]["bundle"] == told["bundle"] and told["deploy"]["slot"] == "a"
    names = {row["name"]: row for row in told["points"]}
    assert names["node.uptime"]["quality"] == "good"

    assert cli.main(["up", str(pole), "--port", board.port]) == 0
    out, err = capsys.readouterr()
    assert "nothing to send" in out and "node.uptime" in out and "Starting the pole" in err

    assert cli.main(["get", "node.uptime", "--value", "--port", board.port]) == 0
    assert int(capsys.readouterr().out) >= 0


def test_a_bundle_file_on_a_board_of_its_own_usb(virtual, tmp_path, capsys):  # noqa: F811
    file = tmp_path / "s3.toml"
    file.write_text(POLE.format(board="esp32s3-pole"), encoding="utf-8")
    bundle.make(conf.load(file), tmp_path / "s3.bundle")
    board = virtual("esp32s3-pole")
    assert cli.main(["up", str(tmp_path / "s3.bundle"), "--port", board.port]) == 0
    assert "up-0001 is up" in capsys.readouterr().out


def test_the_wrong_board(virtual, pole, capsys):  # noqa: F811
    board = virtual("rp2-pico")
    assert cli.main(["up", str(pole), "--port", board.port]) == 7
    assert "The bundle is for esp32-devkit" in capsys.readouterr().err


def test_another_pole_is_told(virtual, pole, capsys):  # noqa: F811
    board = virtual()
    cli.main(["up", str(pole), "--port", board.port])
    pole.write_text(pole.read_text().replace("up-0001", "up-0002"))
    assert cli.main(["up", str(pole), "--port", board.port]) == 0
    assert "was pole up-0001; it is up-0002" in capsys.readouterr().out


def test_virtual_keeps_running_and_is_used_again(pole, capsys):
    try:
        assert cli.main(["up", str(pole), "--virtual", "--json"]) == 0
        board = VirtualBoard(home.virtual("up-0001"))
        first = board.pid()
        capsys.readouterr()
        assert cli.main(["up", str(pole), "--virtual", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["deploy"]["sent"] == [] and board.pid() == first
        assert cli.main(["get", "node.uptime", "--value"]) == 0
    finally:
        VirtualBoard(home.virtual("up-0001")).stop()


def test_a_pole_that_does_not_come_up(virtual, pole, capsys, monkeypatch):  # noqa: F811
    """What it printed last is in the message."""
    board = virtual()
    made = bundle.build(conf.load(pole))
    broken = {k: v for k, v in made.files.items() if k != "manifest"}
    broken["main.py"] = b"raise ValueError('no lamp today')\n"
    bundle.write(bundle.archive.seal(broken, made.id, made.version), pole.with_suffix(".bundle"))
    monkeypatch.setattr(commission, "START_S", 6.0)
    assert cli.main(["up", str(pole.with_suffix(".bundle")), "--port", board.port]) == 4
    assert "no lamp today" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["up"], 2),
        (["up", "POLE", "--virtual", "--port", "x"], 2),
        (["up", "no-such.toml", "--virtual"], 3),
        (["up", "no-such.bundle", "--port", "x"], 3),
        (["up", "POLE", "--port", "/dev/ttyNone"], 4),
    ],
)
def test_usage(pole, words, code, capsys):
    assert cli.main([str(pole) if word == "POLE" else word for word in words]) == code


def test_a_gateway_is_no_board(tmp_path, capsys):
    file = tmp_path / "gateway.toml"
    file.write_text(POLE.format(board="rpi-gateway"), encoding="utf-8")
    assert cli.main(["up", str(file), "--port", "/dev/ttyNone"]) == 7
    assert "Linux" in capsys.readouterr().err
