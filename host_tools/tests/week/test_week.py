"""A week of outages with other dice each time: what the pole's policy and its datagrams must hold."""

import json
import re
from pathlib import Path

import pytest

from yigan import cli, week
from yigan.errors import ConfigError

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "links-week.toml"
SEEDS = range(20261122, 20261128)


@pytest.fixture(scope="module", params=SEEDS)
def report(request):
    return week.play(week.load(EXAMPLE), request.param)


def test_no_alarm_is_lost_or_doubled(report):
    assert len(report.raised) == 280 and report.lost == [] and report.doubled == 0
    for k in range(2):  # every link that can
        assert {a.alarm for a in report.arrivals if a.link == k and a.alarm} == set(range(1, 281))
    assert report.repeated > 0, "no acknowledgement was lost: these dice prove nothing"


def test_over_and_back_within_what_is_declared(report):
    found = report.over_and_back()
    assert len(found) >= 3
    for _, over, back in found:
        assert over <= week.ANSWER_S + report.week.fall_s + 5
        assert (
            report.week.hold_down_s <= back <= report.week.hold_down_s + 60 + 5
        )  # 60: the longest wait between two tries


def test_no_flapping_in_an_hour_of_ten_per_cent_loss(report):
    hours = [o for o in report.week.outages if o.loss == 10]
    assert hours and all(report.changes(o.begin, o.end + 600) == 0 for o in hours)


def test_a_loose_plug_is_trusted_less_each_time(report):
    (loose,) = [o for o in report.week.outages if o.every_s]
    assert report.changes(loose.begin, loose.end) <= 8  # twenty times it broke


def test_budgets_are_held(report):
    for k, line in enumerate(report.week.lines):
        if line.budget_kb_day:
            assert max(row[k] for row in report.bytes_day) <= 1024 * line.budget_kb_day
            assert max(row[k] for row in report.bytes_day) > 10000


def test_live_values_come_by_one_link_at_a_time(report):
    """Where any link was up the city is not left without values longer than the slower one's interval and a change."""
    live = [a for a in report.arrivals if not a.alarm]
    gone = [o for o in report.week.outages if o.link.startswith("NB")][0]
    for a, b in zip(live, live[1:]):
        if b.at < gone.begin or a.at > gone.end + 3600:
            assert b.at - a.at <= 300 + week.ANSWER_S + report.week.fall_s + 60, (a, b)


def test_a_small_budget_is_held_too():
    tight = week.load(EXAMPLE)
    tight.lines[1].budget_kb_day = 8
    report = week.play(tight)
    assert max(row[1] for row in report.bytes_day) <= 8 * 1024
    assert report.lost == [] and report.doubled == 0


def test_the_verb(tmp_path, capsys):
    picture = tmp_path / "week.svg"
    assert cli.main(["--lang", "en", "links", "--simulate", str(EXAMPLE), "-o", str(picture), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["lost"] == [] and row["doubled"] == 0 and len(row["links"]) == 2
    assert "NB-IoT" in picture.read_text(encoding="utf-8")
    assert cli.main(["links", "--simulate", str(EXAMPLE), "-o", "week.pdf"]) == 2


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [('class = "wide"', 'class = "wd"', "wide"), ('begin = "2 09:12"', 'begin = "9.12"', "2 09:12"),
     ('link = "fibre, MQTT"', 'link = "fibre"', "fibre"), ("fall_s", "fal_s", "fall_s")],
)  # fmt: skip
def test_a_wrong_file_is_told(tmp_path, was, now, words):
    file = tmp_path / "week.toml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").replace(was, now, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        week.load(file)
    assert re.search(words, caught.value.what + caught.value.hint)
