"""Pictures of series: gaps stay gaps, peaks stay peaks."""

import re
from datetime import UTC
from zoneinfo import ZoneInfo

from yigan.series import Sample, draw

AT = 1_763_769_600  # 2025-11-22T00:00Z


def line(values, name="air.pm2_5", unit="ug/m3", step=60):
    return [
        Sample(AT + step * k, name, v, unit, "good" if v is not None else "fault") for k, v in enumerate(values)
    ]


def test_a_gap_parts_the_line():
    samples = line([1, 2, None, None, 3, 4, 5])
    assert [[s.value for s in run] for run in draw.pieces(samples)] == [[1, 2], [3, 4, 5]]


def test_thinning_keeps_every_peak():
    values = [float(k % 7) for k in range(50_000)]
    values[31_234], values[44_444] = 900.0, -900.0
    drawn = [s.value for run in draw.pieces(line(values)) for s in run]
    assert len(drawn) < 10_000 and max(drawn) == 900 and min(drawn) == -900


def test_ticks_are_round_moments_of_the_local_clock():
    shanghai = ZoneInfo("Asia/Shanghai")
    assert [text for _, text in draw.ticks(AT + 61, AT + 3 * 3600, 4, shanghai)] == ["09:00", "10:00", "11:00"]
    assert [text for _, text in draw.ticks(AT + 61, AT + 3 * 86400, 4, shanghai)] == ["2025-11-23", "2025-11-24", "2025-11-25"]
    assert draw.ticks(AT, AT + 10, 12, UTC)[3] == (AT + 3, "00:00:03")


def test_a_panel_a_unit():
    lines = {"a": line([1, 2], "a"), "b": line([3, 4], "b", "Cel"), "c": line([5, 6], "c")}
    assert [(unit, list(group)) for unit, group in draw.panels(lines)] == [("ug/m3", ["a", "c"]), ("Cel", ["b"])]
    text = draw.in_terminal(lines, 60, 8, UTC, colour=False)
    assert text.count("┌") == 2 and "Cel" in text and "00:00" in text and "\x1b" not in text
    assert all(len(row) <= 61 for row in text.split("\n"))


def test_pictures_say_the_same_twice(tmp_path):
    lines = {"a": line([1, None, 2, 3], "a"), "b": line([None, None], "b", "Cel"), "c": line([7], "c", "1")}
    for name in ("x", "y"):
        draw.to_files(lines, [tmp_path / f"{name}.svg", tmp_path / f"{name}.png"], "Title", UTC)
    assert (tmp_path / "x.svg").read_bytes() == (tmp_path / "y.svg").read_bytes()
    words = re.findall(r">([^<>\n]+)</text>", (tmp_path / "x.svg").read_text())
    assert {"a", "b", "c", "Title", "ug/m3", "Cel"} <= set(words)
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
