"""Files as people's editors leave them."""

import pytest
from checkout import GOOD

from yigan import conf
from yigan.conf import document
from yigan.errors import ConfigError


def test_a_place_reads_like_a_compilers(write):
    doc = document.read(write(GOOD))
    assert str(doc.place("bus", "uart1", "rx")).endswith("pole.toml:10:bus.uart1.rx")
    assert str(doc.place("point", "air.pm2_5", "deadband")).endswith(':point."air.pm2_5".deadband')
    assert doc.place("peripheral", 0, "not there").line == doc.lines["peripheral", 0]
    assert doc.place("nothing", "at", "all").line == 1


@pytest.mark.parametrize("change", [lambda s: "\ufeff" + s, lambda s: s.replace("\n", "\r\n")])
def test_notepad_is_welcome(write, tmp_path, change):
    path = tmp_path / "notepad.toml"
    path.write_bytes(change(GOOD.replace('"log"', '"lag"')).encode())
    (finding,) = conf.check(conf.load(path))
    assert finding.place.line == 15


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ('id = "a"\n# 灯杆\n'.encode("gbk"), ":2"),
        (b'id = "a"\nboard = \n', ":2"),
        (b'id = "a"\nid = "b"\n', ":2"),
        (b'id = "a', ":1"),
        (b"\x00", ":1"),
    ],
)
def test_what_is_no_toml_is_told_by_line(tmp_path, raw, where):
    path = tmp_path / "broken.toml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError) as caught:
        conf.load(path)
    assert caught.value.where.endswith("broken.toml" + where) and caught.value.what


def test_a_missing_file_names_its_neighbours(write):
    path = write(GOOD)
    with pytest.raises(ConfigError) as caught:
        conf.load(path.with_name("pol.toml"))
    assert "pole.toml" in caught.value.hint
    with pytest.raises(ConfigError):
        conf.load(path.parent)


def test_any_toml_can_be_checked(write):
    """Every shape of every section: findings, never an exception."""
    values = [
        "5",
        '"x"',
        "[]",
        "[1]",
        "[[]]",
        "{}",
        "{a = {b = [1]}}",
        "true",
        "1979-05-27",
        "[{}]",
        "[{kind = 5}]",
    ]
    for section in ("id", "board", "site", "bus", "peripheral", "uplink", "interface", "point", "service"):
        for value in values:
            rest = 'board = "esp32-devkit"\n' if section != "board" else ""
            pole = conf.load(write(f"{section} = {value}\n{rest}"))
            assert any(f.level == "error" for f in conf.check(pole)), (section, value)


@pytest.mark.parametrize(
    "room", ["bus.lamp", "site", "point.'lamp.level_actual'", "peripheral.0", "uplink.0", "interface.0"]
)
def test_any_value_of_any_key_can_be_checked(write, room):
    """A wrong type anywhere is a finding or nothing, never an exception."""
    keys = {
        "bus.lamp": ["kind", "pin", "freq_hz"],
        "site": ["latitude", "longitude", "timezone"],
        "point.'lamp.level_actual'": ["deadband", "min_s", "max_s", "ttl_s", "low", "high"],
        "peripheral.0": ["kind", "name", "bus", "instance", "period_s", "twin", "minimum", "curve"],
        "uplink.0": ["kind", "name", "port", "writers"],
        "interface.0": ["kind", "ssid", "password"],
    }
    values = ["-1", "99999999999", "nan", '""', '"x"', "[]", "{}", "true", "1979-05-27", '["a", 5, {}]']
    for key in keys[room]:
        for value in values:
            parts = {
                "peripheral.0": {"kind": '"dimmer"', "bus": '"lamp"'},
                "uplink.0": {"kind": '"server"'},
                "interface.0": {"kind": '"wifi"', "ssid": '"a"'},
            }
            text = 'id = "a"\nboard = "esp32-devkit"\n'
            if room in parts:
                parts[room][key] = value
            else:
                text += f"[{room}]\n{key} = {value}\n"
            for name, row in parts.items():
                text += f"[[{name[:-2]}]]\n" + "".join(f"{k} = {v}\n" for k, v in row.items())
            conf.check(conf.load(write(text)))
