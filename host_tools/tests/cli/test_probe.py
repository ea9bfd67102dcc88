"""yigan sensor probe: what a technician with an unknown sensor types and reads."""

import json
import os
import threading
import tty

import pytest
from slaves_on_a_way import Wire, slave

from yigan import cli, lang
from yigan.cli import _way
from yigan.conf import regmap
from yigan.twin import modbus_rtu


@pytest.fixture
def desk(monkeypatch, capsys):
    """`desk(*slaves)`: a pole's line with them. `.run(words)` through the pole, `.port()`: a local port with the first."""
    lang.choose("en")
    made = []

    class Desk:
        def __init__(self, *slaves):
            self.wire = Wire(*slaves)
            monkeypatch.setattr(_way, "connect", lambda way_to: self.wire)

        def run(self, *words):
            code = cli.main(["sensor", "probe", *words])
            out, err = capsys.readouterr()
            return code, out, err

        def port(self):
            ours, theirs = os.openpty()
            for end in (ours, theirs):
                tty.setraw(end)
            made.extend((theirs, ours))
            threading.Thread(target=self.serve, args=(ours,), daemon=True).start()
            return os.ttyname(theirs)

        def serve(self, ours):
            try:
                while data := os.read(ours, 300):
                    if reply := modbus_rtu.reply(self.wire.slaves[0], data):
                        os.write(ours, reply)
            except OSError:  # closed
                return

    yield Desk
    for end in made:
        os.close(end)
    lang.choose(None)


def test_through_a_pole(desk):
    code, out, _ = desk(slave("xy_md02", 5, temperature=21.5)).run(
        "--via", "console:x", "--address", "5", "--last", "15"
    )
    assert code == 0
    assert "3: 0101-0104, 4: 0001-0002" in out
    lines = [line for line in out.splitlines() if "xy_md02" in line]
    assert lines and "fits" in lines[0] and "temperature 21.5" in lines[0]


def test_at_a_port_of_this_computer(desk, tmp_path):
    bench = desk(slave("sdm120"))
    target = tmp_path / "meter.toml"
    code, out, _ = bench.run(bench.port(), "--map", "sdm120", "--last", "3", "--write", str(target))
    assert code == 0 and "fits" in out and "Written" in out and "230.2 *" in out
    assert regmap.read(target).fields == regmap.load("sdm120").fields


def test_who_it_says_it_is(desk):
    bench = desk(slave("aqt530"))
    code, out, _ = bench.run(bench.port(), "--map", "aqt530", "--last", "3", "--json")
    told = json.loads(out)
    assert code == 0 and told["identification"]["product"] == "AQT530" and told["complete"]
    assert told["maps"][0]["verdict"] == "fits" and told["maps"][0]["values"]["air.no2"] == pytest.approx(
        39.4897, 1e-4
    )
    assert {"function": 3, "first": 8, "last": 12} in told["spans"]


def swapped(tmp_path, name, order):
    """A map of that name as somebody misread it."""
    text = (regmap.folder() / f"{name}.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace('order = "abcd"', f'order = "{order}"'), encoding="utf-8")
    return str(path)


def test_a_wrong_word_order_is_caught_and_mended(desk, tmp_path):
    bench, mine, mended = (
        desk(slave("sensecap_one")),
        swapped(tmp_path, "sensecap_one", "cdab"),
        tmp_path / "mended.toml",
    )
    code, out, err = bench.run(bench.port(), "--map", mine, "--last", "3", "--write", str(mended))
    assert code == 6 and "-> abcd" in out and "word order must be wrong" in err and 'order = "abcd"' in err
    assert {field.kind for field in regmap.read(mended).fields} == {"i32_abcd"}
    code, _, err = bench.run(bench.port(), "--map", str(mended), "--last", "3")
    assert code == 0 and not err.strip()


def test_a_map_that_does_not_fit(desk):
    code, _, err = desk(slave("noise")).run("--map", "sen0601", "--last", "3")
    assert code == 6 and "soil.temperature" in err
    code, _, err = desk(slave("noise", la=10)).run("--map", "noise", "--last", "3")
    assert code == 6 and "implausible" in err


def test_what_else_can_go_wrong(desk):
    code, _, err = desk().run("--address", "9", "--last", "3")
    assert code == 4 and "address 9" in err and "A to A" in err
    code, _, err = desk(slave("noise", la=50), slave("noise", la=77)).run("--last", "3")
    assert code == 7 and "Unplug" in err
    code, _, err = desk(slave("noise")).run("--map", "noize")
    assert code == 3 and "noise" in err
    code, _, err = desk(slave("noise")).run("/dev/ttyNone")
    assert code == 4


def test_a_stranger_in_chinese(desk, tmp_path):
    bench = desk(slave("xy_md02", 1, temperature=-99.9))
    lang.choose("zh")
    code, out, _ = bench.run("--last", "3", "--capability", "soil", "--write", str(tmp_path / "x.toml"))
    assert code == 0 and "可读的功能码与寄存器" in out and "已写出" in out
    assert 'capability = "soil"' in (tmp_path / "x.toml").read_text(encoding="utf-8")
