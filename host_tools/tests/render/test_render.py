"""Generated files: current in the checkout, noticed when they are not, and true to the rules of the map."""

import re
import shutil

import pytest

from yigan import cli, places, points, render
from yigan.errors import ConfigError
from yigan.render import capability, markdown, register_map


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of what generation reads, generated."""
    source = places.root()
    for name in ("boards", "firmware/pole"):
        shutil.copytree(source / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(source / "firmware" / "points.toml", tmp_path / "firmware")
    monkeypatch.setenv("YIGAN_ROOT", str(tmp_path))
    assert cli.main(["gen"]) == 0
    return tmp_path


def test_this_checkout_is_current():
    assert not render.stale(), "run yigan gen"


def test_a_second_run_writes_nothing(checkout):
    assert render.write() == []
    assert cli.main(["gen", "--check"]) == 0


def test_check_notices_every_kind_of_drift(checkout, capsys):
    page = checkout / "docs" / "generated" / "points" / "lamp.md"
    good = page.read_text(encoding="utf-8")
    page.write_text(good + "by hand\n", encoding="utf-8")
    assert cli.main(["--lang", "en", "gen", "--check"]) == 6
    assert "lamp.md" in capsys.readouterr().err
    assert "by hand" in page.read_text(encoding="utf-8"), "a check changes nothing"
    assert cli.main(["gen"]) == 0 and page.read_text(encoding="utf-8") == good
    page.unlink()
    assert cli.main(["gen", "--check"]) == 6
    assert cli.main(["gen"]) == 0
    left = page.with_name("gone.md")
    left.write_text("a capability that was\n", encoding="utf-8")
    assert cli.main(["gen", "--check"]) == 6
    assert cli.main(["gen"]) == 0 and not left.exists()


def test_a_new_point_goes_into_lock_and_pages(checkout):
    table = checkout / "firmware" / "points.toml"
    row = 'glow = { id = 15, type = "bool", en = "Glows", zh = "发光" }\n'
    head = "[photocell.points]\n"
    table.write_text(table.read_text(encoding="utf-8").replace(head, head + row), encoding="utf-8")
    assert cli.main(["gen", "--check"]) == 6
    assert cli.main(["gen"]) == 0
    assert (
        (checkout / "firmware" / "points.lock")
        .read_text(encoding="utf-8")
        .endswith("point 655 photocell.glow bool 0 1 r\nrange 655 0 1\n")
    )
    assert "发光" in (checkout / "docs" / "generated" / "modbus-map.md").read_text(encoding="utf-8")


def test_gen_refuses_what_the_lock_forbids_and_writes_nothing(checkout):
    table, lock = checkout / "firmware" / "points.toml", checkout / "firmware" / "points.lock"
    before = lock.read_text(encoding="utf-8")
    table.write_text(
        table.read_text(encoding="utf-8").replace("\nboots = {", "\nstarts = {"), encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"node\.boots"):
        render.write()
    assert cli.main(["gen"]) == 3
    assert lock.read_text(encoding="utf-8") == before


def test_the_map_lists_every_point_where_the_rules_put_it():
    table = points.load()
    text = register_map.page(table)
    rows = dict(re.findall(r"^\| (\d+ \| \w+ \| \w+ \| \w+) \|[^|]*\| `([\w.]+)` ", text, re.M))
    assert {v: k for k, v in rows.items()} == {
        p.name: f"{2 * p.id} | 0x{0x4000 + 2 * p.id:04X} | 0x{0x8000 + p.id:04X} | 0x{0xA000 + p.id:04X}"
        for p in table.points
    }


def test_pages_show_steps_limits_and_dead_bands_in_the_unit():
    table = points.load()
    assert capability.step(table.point("lamp.level")) == "0.1"
    assert capability.step(table.point("gnss.lat")) == "0.000001"
    assert capability.step(table.point("node.uptime")) == "1"
    assert capability.policy(table.point("gnss.lat")).startswith("0.0001 / ")
    assert capability.policy(table.point("weather.temperature")).startswith("0.3 / ")
    assert capability.policy(table.point("node.heap_free")).startswith("1024 / ")
    assert capability.limits(table.point("lamp.level")) == "0 ... 100"


def test_every_value_list_and_both_languages_reach_the_page():
    table = points.load()
    for found in table.capabilities.values():
        text = capability.page(found)
        for p in found.points:
            assert p.en in text and p.zh in text
            assert all(v.en in text and v.zh in text for v in p.values)


def test_a_cell_cannot_break_its_table():
    assert markdown.table(("a",), [("x|y\nz",)]) == "| a |\n| --- |\n| x\\|y z |\n"
