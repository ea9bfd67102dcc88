"""What a roster says, and where it is wrong."""

import json

import pytest

from yigan import conf
from yigan.bench import Roster
from yigan.errors import ConfigError

POLE = """\
id = "demo-0001"
board = "esp32-devkit"

[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"

[[interface]]
kind = "wifi"
ssid = "site"
password = "12345678"

[[uplink]]
kind = "modbus_tcp"

[[uplink]]
kind = "mqtt"
host = "broker.example"
"""


@pytest.fixture
def write(tmp_path):
    (tmp_path / "demo.toml").write_text(POLE, encoding="utf-8")

    def table(text, encoding="utf-8"):
        path = tmp_path / "POLES.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return table


def wrong(path, where, what):
    with pytest.raises(ConfigError, match=what) as error:
        Roster.read(path)
    assert error.value.where.endswith(where), error.value.where
    return error.value


def config(row):
    return json.loads(conf.compile(row.pole)["config.json"])


def test_a_row_changes_what_the_file_says(write):
    roster = Roster.read(write(
        "file,id,MAC,site.latitude,uplink.mqtt.host,uplink.1.port,interface.wifi.password\r\n"
        "demo.toml,demo-0002,A0:B1:C2:D3:E4:F5,30.5,10.0.0.7,8883,00012345\r\n"
        "\r\n"
        "demo.toml,demo-0003,,,,,\r\n"
    ))  # fmt: skip
    first, second = roster.rows
    assert (first.id, first.uid, first.board, first.chip) == (
        "demo-0002",
        "a0b1c2d3e4f5",
        "esp32-devkit",
        "esp32",
    )
    assert first.set == {"id": "demo-0002", "site.latitude": 30.5, "uplink.1.host": "10.0.0.7", "uplink.1.port": 8883,
                         "interface.0.password": "00012345"}  # fmt: skip
    told = config(first)
    assert told["id"] == "demo-0002" and told["site"]["lat"] == 30500000
    assert (
        told["uplinks"][1]["options"]["host"] == "10.0.0.7"
        and told["interfaces"][0]["password"] == "00012345"
    )
    assert (second.id, second.uid, config(second)["site"]["lat"]) == ("demo-0003", "", 31230000)
    assert second.place.line == 4 and roster.row("demo-0003") is second and roster.key.endswith("POLES.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_as_excel_saves_it_in_china(write, encoding, separator):
    text = "file,id,备注\n".replace("备注", "interface.wifi.ssid") + "demo.toml,demo-0002,南京路\n"
    (row,) = Roster.read(write(text.replace(",", separator), encoding)).rows
    assert config(row)["interfaces"][0]["ssid"] == "南京路"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_however_lines_end(write, end):
    table = write(end.join(["file,id", "demo.toml,demo-0002", "", "demo.toml,demo-0003", ""]))
    assert [(row.id, row.place.line) for row in Roster.read(table).rows] == [
        ("demo-0002", 2),
        ("demo-0003", 4),
    ]


def test_a_folder_of_pole_files(tmp_path):
    for n in (2, 1):
        (tmp_path / f"p{n}.toml").write_text(POLE.replace("0001", f"000{n}"), encoding="utf-8")
    assert [row.id for row in Roster.read(tmp_path).rows] == ["demo-0001", "demo-0002"]
    (tmp_path / "p3.toml").write_text(POLE, encoding="utf-8")
    error = wrong(tmp_path, "p3.toml", "demo-0001 stands twice")
    assert "p1.toml" in error.what


def test_a_folder_without_any(tmp_path):
    wrong(tmp_path, tmp_path.name, "no pole file")


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "POLES.csv", "no rows"),
        ("id,uid\na,\n", "POLES.csv:1", "no column `file`"),
        ("file,id,id\n", "POLES.csv:1:id", "stands twice"),
        ("file,id\n", "POLES.csv", "no rows"),
        ("file,id\n,x\n", "POLES.csv:2:file", "No pole file is named"),
        ("file\nnone.toml\n", "POLES.csv:2:file", "none.toml: No such file"),
        ("file,id\ndemo.toml,a,b\n", "POLES.csv:2", "more cells"),
        ("file,id\ndemo.toml,a\ndemo.toml,a\n", "POLES.csv:3:id", "a stands twice; first at .*POLES.csv:2:id"),
        ("file,id\ndemo.toml,\ndemo.toml,\n", "POLES.csv:3:id", "demo-0001 stands twice"),
        ("file,id,uid\ndemo.toml,a,a0b1c2d3e4f5\ndemo.toml,b,A0-B1-C2-D3-E4-F5\n", "POLES.csv:3:uid", "stands twice"),
        ("file,uid\ndemo.toml,12345\n", "POLES.csv:2:uid", "12345 is no MAC"),
        ("file,id\ndemo.toml,no blanks please\n", "POLES.csv:2:id", "cannot be a pole id"),
        ("file,site.latitude\ndemo.toml,north\n", "POLES.csv:2:site.latitude", "must be a number, not a text"),
        ("file,site.latitude\ndemo.toml,99\n", "POLES.csv:2:site.latitude", "99"),
        ("file,site.hight\ndemo.toml,3\n", "POLES.csv:2:site.hight", "unknown"),
        ("file,uplink.lora.port\ndemo.toml,3\n", "POLES.csv:2:uplink.lora.port", "no single lora"),
        ("file,id.x\ndemo.toml,3\n", "POLES.csv:2:id.x", "leads nowhere"),
        ("file,what is this\ndemo.toml,3\n", "POLES.csv:2:what is this", "is no column and no key"),
        ("file,id\ndemo.toml\0,a\n", "POLES.csv:2", "no table: NUL"),
        ("file,id\ndemo.toml," + "x" * 200000 + "\n", "POLES.csv:2", "no table: field larger"),
        ("file,备注\ndemo.toml,x\n", "POLES.csv:2:备注", "A column without a name is for notes"),
        ("file,board\ndemo.toml,rpi-gateway\n", "POLES.csv:2:file", "runs Linux"),
    ],
)  # fmt: skip
def test_what_is_wrong_and_where(write, text, where, what):
    wrong(write(text), where, what)


def test_all_that_is_wrong_is_told_at_once(write):
    error = wrong(
        write("file,id,site.latitude\ndemo.toml,a,north\ndemo.toml,b,95\nx.toml,c,\n"),
        ":2:site.latitude",
        "text",
    )
    assert "POLES.csv:3:site.latitude" in error.hint and "POLES.csv:4:file" in error.hint


def test_a_fault_of_the_file_points_into_the_file(write, tmp_path):
    (tmp_path / "demo.toml").write_text(POLE.replace('"mqtt"', '"mqttt"'), encoding="utf-8")
    error = wrong(write("file,id\ndemo.toml,a\ndemo.toml,b\n"), "demo.toml:18:uplink.kind", "mqttt")
    assert "Wrong, too" not in error.hint  # one fault of one file is told once
    (tmp_path / "demo.toml").write_text("id = 1 2", encoding="utf-8")
    wrong(write("file,id\ndemo.toml,a\n"), "demo.toml:1", "not TOML")


def test_neither_utf8_nor_gbk(write, tmp_path):
    (tmp_path / "POLES.csv").write_bytes(b"file\n\xff\xff\xff\n")
    wrong(tmp_path / "POLES.csv", "POLES.csv", "neither UTF-8 nor GBK")
    wrong(tmp_path / "NONE.csv", "NONE.csv", "Cannot read the roster")
