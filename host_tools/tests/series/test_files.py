"""Series in files: what is written is what is read, and what is wrong is named with its line."""

import random
from zoneinfo import ZoneInfo

import pytest

from yigan import series
from yigan.errors import ConfigError
from yigan.series import Sample, files

QUALITIES = ("good", "uncertain", "fault", "comm_fault", "manual")


def some(seed: int, count: int = 300) -> list[Sample]:
    chance = random.Random(seed)
    found = []
    for k in range(count):
        quality = chance.choice(QUALITIES)
        value = None if quality.endswith("fault") else round(chance.uniform(-50, 5000), 3)
        name, unit = chance.choice((("air.pm2_5", "ug/m3"), ("weather.temperature", "Cel"), ("lamp.on", "1")))
        found.append(Sample(1_763_769_600 + 7.125 * k, name, value, unit, quality))
    return found


@pytest.mark.parametrize("ending", ("csv", "parquet"))
@pytest.mark.parametrize("seed", range(3))
def test_what_is_written_is_read(tmp_path, ending, seed):
    written = some(seed)
    path = tmp_path / f"deep/er/x.{ending}"
    assert files.write(written, path) == len(written)
    assert list(files.read(path)) == written
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # no draft stays


def test_parquet_in_pandas(tmp_path):
    import pandas

    written = some(4)
    files.write(written, tmp_path / "x.parquet")
    frame = pandas.read_parquet(tmp_path / "x.parquet")
    assert list(frame.columns) == list(files.HEAD)
    assert frame["value"].count() == sum(s.value is not None for s in written)
    assert frame["time"].iloc[0] == pandas.Timestamp(written[0].time, unit="s", tz="UTC")


def test_many_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_GROUP", 50)
    written = some(5, 175)
    files.write(written, tmp_path / "x.parquet")
    assert list(files.read(tmp_path / "x.parquet")) == written


def test_nothing_to_write(tmp_path):
    for name in ("x.csv", "x.parquet"):
        assert files.write([], tmp_path / name) == 0
        assert list(files.read(tmp_path / name)) == []


def test_wide(tmp_path):
    at = 1_763_769_600.0
    written = [Sample(at, "a.b", 1.5, "Cel"), Sample(at, "c", None, "1", "fault"), Sample(at + 1, "c", 2.0, "1")]
    files.write(written, tmp_path / "w.csv", wide=True)
    assert (tmp_path / "w.csv").read_text() == (
        "time,a.b [Cel],c\n2025-11-22T00:00:00.000Z,1.5,\n2025-11-22T00:00:01.000Z,,2\n"
    )
    assert list(files.read(tmp_path / "w.csv")) == [written[0], Sample(at + 1, "c", 2.0)]


def test_a_line_of_watch(tmp_path):
    path = tmp_path / "w.jsonl"
    path.write_text(
        '{"time": 1763769600.5, "name": "lamp.on", "value": true, "text": "true", "unit": "1", "quality": "good", "age": 0}\n'
        "\n"
        '{"time": 1763769601, "name": "air.pm2_5", "value": null, "text": null, "unit": "ug/m3", "quality": "fault"}\n'
    )
    assert list(files.read(path)) == [
        Sample(1763769600.5, "lamp.on", 1.0, "1"),
        Sample(1763769601.0, "air.pm2_5", None, "ug/m3", "fault"),
    ]


HEAD = "time,point,value\n"


@pytest.mark.parametrize(
    ("text", "line", "word"),
    (
        ("", 1, "time"),
        ("when,what\n", 1, "time"),
        (HEAD + "2026-01-01T00:00:00Z,a,1\nyesterday,a,1\n", 3, "yesterday"),
        (HEAD + "2026-01-01T00:00:00,a,1\n", 2, "time zone"),
        (HEAD + "2026-01-01T00:00:00Z,a,much\n", 2, "much"),
        (HEAD + "2026-01-01T00:00:00Z,a\n", 2, "2 cells"),
    ),
)
def test_wrong_lines(tmp_path, text, line, word):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        list(files.read(path))
    assert caught.value.where == f"{path}:{line}" and word in str(caught.value)


@pytest.mark.parametrize("name", ("x.xls", "x.parquet", "gone.csv", "x.jsonl"))
def test_wrong_files(tmp_path, name):
    if not name.startswith("gone"):
        (tmp_path / name).write_text("no such thing\n")
    with pytest.raises(ConfigError) as caught:
        list(files.read(tmp_path / name))
    assert str(tmp_path / name) in caught.value.where


def test_a_file_that_fails_leaves_the_old_one(tmp_path):
    path = tmp_path / "x.csv"
    files.write(some(1), path)
    before = path.read_bytes()

    def breaking():
        yield from some(2)
        raise ConfigError("the source ended")

    with pytest.raises(ConfigError):
        files.write(breaking(), path)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_times():
    assert series.moment("2026-11-22T08:00+08:00", None) == series.moment("2026-11-22T08:00", ZoneInfo("Asia/Shanghai"))
    assert series.moment("1763769600", None) == 1763769600
    assert series.iso(series.moment("2026-11-22T00:00:00.125Z", None)) == "2026-11-22T00:00:00.125Z"


def test_select():
    chosen = list(series.select(some(3), ["air.", "lamp.on"], 1_763_769_700, 1_763_769_900))
    assert {s.name for s in chosen} == {"air.pm2_5", "lamp.on"}
    assert all(1_763_769_700 <= s.time < 1_763_769_900 for s in chosen)
    with pytest.raises(ConfigError, match="No data of air.pm2_6"):
        series.by_point(chosen, ["air.pm2_6"])
