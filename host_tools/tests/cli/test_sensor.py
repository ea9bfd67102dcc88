"""yigan sensor: what a technician with a bag of sensors types and reads."""

import json

import click
import pytest
from slaves_on_a_way import Wire, slave

from yigan import cli, lang
from yigan.cli import _way

POLE = """\
id = "bag-1"
board = "esp32s3-pole"

[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"
"""
PARTS = (("weather", "xy_md02", 1), ("sound", "noise", 2), ("ground", "jxbs_3001", 3))


@pytest.fixture
def bench(monkeypatch, capsys, tmp_path):
    """`bench(*slaves)`: a line; `.run(words)`; `.hands`: what happens at each prompt."""
    lang.choose("en")

    class Bench:
        def __init__(self, *slaves):
            self.wire, self.hands, self.asked = Wire(*slaves), [], []
            monkeypatch.setattr(_way, "connect", lambda way_to: self.wire)
            monkeypatch.setattr(click, "prompt", self.prompt)

        def prompt(self, text, **_):
            self.asked.append(text)
            self.hands.pop(0)()

        def plug(self, kind, address=1):
            def hand():
                part = slave(kind, address)
                part.start()
                self.wire.slaves.append(part)

            return hand

        def run(self, *words):
            code = cli.main([*words, "--via", "console:test"])
            out, err = capsys.readouterr()
            return code, out, err

        def file(self):
            text = POLE
            for name, kind, address in PARTS:
                text += f'\n[[peripheral]]\nkind = "modbus_sensor"\nname = "{name}"\nbus = "rs485"\nmap = "{kind}"\n'
                text += f"address = {address}\n"
            path = tmp_path / "bag.toml"
            path.write_text(text)
            return str(path)

    yield Bench
    lang.choose(None)


def test_scan(bench):
    code, out, _ = bench(slave("xy_md02", 5)).run("sensor", "scan", "--last", "8")
    assert code == 0 and "xy_md02" in out and "one device" in out
    code, out, _ = bench(slave("noise", 1, la=50), slave("noise", 1, la=61)).run(
        "sensor", "scan", "--last", "3", "--json"
    )
    assert code == 0 and [(row["address"], row["state"]) for row in json.loads(out)] == [(1, "garbled")]
    code, out, _ = bench(slave("noise", 1, la=50), slave("noise", 1, la=61)).run(
        "sensor", "scan", "--last", "3"
    )
    assert "SEVERAL AT ONCE" in out and "Unplug all sensors but one" in out
    code, out, _ = bench().run("--lang", "zh", "sensor", "scan", "--last", "3")
    assert code == 0 and "无应答" in out


def test_address(bench):
    desk = bench(slave("noise"))
    desk.hands = [desk.wire.restart]
    code, out, _ = desk.run("sensor", "address", "noise", "7")
    assert (code, desk.wire.slaves[0].address) == (0, 7) and "It answers at 7." in out
    assert "off and on" in desk.asked[0]


def test_address_refused(bench):
    assert bench(slave("noise"), slave("noise", 7)).run("sensor", "address", "noise", "7")[0] == 7
    assert bench().run("sensor", "address", "noise", "7")[0] == 4
    assert bench(slave("phg_2091")).run("sensor", "address", "phg_2091", "7")[0] == 3
    assert bench().run("sensor", "address", "noise", "300")[0] == 2


def test_a_bag_of_sensors_one_by_one(bench):
    """All three leave their makers with address 1; the one that stays there comes last."""
    desk = bench()
    desk.hands = [
        desk.plug("noise"), desk.wire.restart, desk.plug("jxbs_3001"), desk.wire.restart, desk.plug("xy_md02"),
    ]  # fmt: skip
    code, out, err = desk.run("sensor", "assign", desk.file(), "--json")
    assert code == 0, err
    assert {row["name"]: row["address"] for row in json.loads(out)} == {name: a for name, _, a in PARTS}
    assert sorted(part.address for part in desk.wire.slaves) == [1, 2, 3]
    assert desk.hands == [] and "sound" in desk.asked[0] and "weather" in desk.asked[-1]


def test_two_plugged_in_at_once_are_told_apart_by_unplugging(bench):
    desk = bench()

    def both():
        desk.plug("noise")()
        desk.plug("xy_md02")()

    desk.hands = [
        both, lambda: desk.wire.slaves.pop(), desk.wire.restart, desk.plug("jxbs_3001"), desk.wire.restart, desk.plug("xy_md02"),
    ]  # fmt: skip
    code, _, err = desk.run("sensor", "assign", desk.file())
    assert code == 0 and "Unplug all but one" in err
    assert sorted(part.address for part in desk.wire.slaves) == [1, 2, 3]
