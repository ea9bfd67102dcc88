"""plot and export, from files and from a running pole."""

import json

import pytest
from pole_here import Pole

from yigan import cli, lang
from yigan.series import Sample, files

AT = 1_763_769_600


@pytest.fixture(autouse=True)
def english(monkeypatch, tmp_path):
    monkeypatch.setenv("YIGAN_LANG", "en")
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("YIGAN_VIA", raising=False)
    yield
    lang.choose(None)


@pytest.fixture
def yigan(capsys):
    def run(*words):
        code = cli.main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "a.csv"
    files.write((Sample(AT + 60 * k, f"air.pm{n}", k + n, "ug/m3") for k in range(100) for n in (1, 10)), path)
    return path


def test_plot_a_file(yigan, csv, tmp_path):
    picture = tmp_path / "x.svg"
    code, out, _ = yigan("plot", "--from", csv, "air.pm10", "--tz", "Asia/Shanghai", "-o", picture)
    assert code == 0 and "air.pm10" in out and "air.pm1 " not in out and "08:00" in out and str(picture) in out
    assert "air.pm10" in picture.read_text()


def test_plot_for_a_program(yigan, csv):
    code, out, _ = yigan("plot", "--from", csv, "--json", "--since", "2025-11-22T08:10+08:00", "--until", AT + 1200)
    row = json.loads(out)["points"]["air.pm1"]
    assert code == 0
    assert row == {"samples": 10, "usable": 10, "unit": "ug/m3", "first": "2025-11-22T00:10:00.000Z",
                   "last": "2025-11-22T00:19:00.000Z", "min": 11, "max": 20}  # fmt: skip


def test_nothing_to_draw(yigan, csv):
    for words in (("water.ph",), ("--since", AT + 90_000)):
        code, _, err = yigan("plot", "--from", csv, *words)
        assert code == 3 and "nothing to draw" in err


@pytest.mark.parametrize(
    "words", (("--since", "soon"), ("--tz", "Mars/Olympus"), ("-o", "x.gif"), ("--height", "2"), ("--for", "0"))
)
def test_wrong_words(yigan, csv, words):
    code, out, err = yigan("plot", "--from", csv, *words)
    assert code in (2, 3) and words[-1] in err and not out


def test_export_a_file_twice(yigan, csv, tmp_path):
    code, out, _ = yigan("export", "air.pm1", "--from", csv, "--from", csv, "-o", tmp_path / "b.parquet", "--json")
    assert code == 0 and json.loads(out)["samples"] == 200
    code, out, _ = yigan("export", "--from", tmp_path / "b.parquet", "-o", tmp_path / "c.csv", "--wide")
    assert code == 0 and (tmp_path / "c.csv").read_text().startswith("time,air.pm1 [ug/m3]\n")


def test_export_says_what_is_missing(yigan, csv, tmp_path):
    assert yigan("export", "-o", tmp_path / "x.csv")[0] == 2
    code, _, err = yigan("export", "--from", csv, "-o", tmp_path / "x.xls")
    assert code == 3 and "x.xls" in err
    code, _, err = yigan("export", "--from", csv, "-o", tmp_path / "x.parquet", "--wide")
    assert code == 3 and not (tmp_path / "x.parquet").exists()


def test_a_running_pole(yigan, tmp_path):
    with Pole() as pole:
        way = ("--via", f"console:{pole.console.port}")
        code, out, err = yigan("export", "air.", "--for", "0.6", "-o", tmp_path / "x.csv", *way)
        assert code == 0, err
        code, out, _ = yigan("plot", "air.pm2_5", "--for", "0.6", "--json", *way)
    found = list(files.read(tmp_path / "x.csv"))
    pm = next(s for s in found if s.name == "air.pm2_5")
    assert pm.value == 35 and pm.unit == "ug/m3" and pm.quality == "good"
    assert json.loads(out)["points"]["air.pm2_5"]["max"] == 35
