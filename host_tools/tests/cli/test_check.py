"""`yigan check` and `yigan build` as a technician types them."""

import json

import pytest
from checkout import GOOD

from yigan import bundle, cli

pytestmark = pytest.mark.usefixtures("here")


def test_a_good_file(write, capsys):
    assert cli.main(["check", str(write(GOOD))]) == 0
    assert capsys.readouterr().out == "1 file(s), 0 error(s), 0 warning(s).\n"


def test_errors_are_told_by_line_and_decide_the_exit_code(write, capsys):
    path = write(GOOD.replace('"log"', '"lag"'))
    assert cli.main(["check", str(path)]) == 3
    out = capsys.readouterr().out
    assert f"{path}:15:peripheral.curve: error: curve cannot be 'lag'.\n    Did you mean log?\n" in out
    assert cli.main(["check", str(path), "--lang", "zh"]) == 3
    assert "错误：" in capsys.readouterr().out


def test_warnings_pass_unless_strict(write, capsys):
    path = write(GOOD.replace("rx = 16", "rx = 15"))
    assert cli.main(["check", str(path)]) == 0
    assert "warning" in capsys.readouterr().out
    assert cli.main(["check", "--strict", str(path)]) == 3


def test_json(write, capsys):
    bad, good = write(GOOD.replace('"log"', '"lag"')), write(GOOD, "good.toml")
    assert cli.main(["check", "--json", str(bad), str(good), str(good.parent / "none.toml")]) == 3
    rows = json.loads(capsys.readouterr().out)
    assert [(row["code"], row["line"]) for row in rows] == [("bad_value", 15), ("unreadable", 1)]
    assert rows[0]["file"] == str(bad) and rows[0]["key"] == "peripheral.curve" and rows[0]["hint"]


def test_build(write, capsys, tmp_path):
    assert cli.main(["build", str(write(GOOD)), "-o", str(tmp_path)]) == 0
    assert bundle.read(tmp_path / "good-1.bundle").id == "good-1"
    assert "good-1.bundle" in capsys.readouterr().out


def test_build_explains(write, capsys, tmp_path):
    path = str(write(GOOD))
    assert cli.main(["build", path, "-o", str(tmp_path / "x.bundle"), "--explain"]) == 0
    out = capsys.readouterr().out
    assert "pole.drivers.dust" in out and "pole/app.mpy" in out and "of 167,936 bytes" in out
    assert cli.main(["build", path, "-o", str(tmp_path), "--explain", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["ram"]["used"] == sum(row["ram"]["rows"].values())
    assert row["files"]["config.json"] > 0


def test_build_refuses_a_wrong_pole_and_leaves_nothing(write, capsys, tmp_path):
    assert cli.main(["build", str(write(GOOD.replace('"log"', '"lag"'))), "-o", str(tmp_path / "out")]) == 3
    assert ":15:peripheral.curve" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
