"""What the doctor finds missing, and what it says about it."""

import json
import subprocess
import sys

import pytest

from yigan import cli, doctor, lang
from yigan.doctor import bench, tools
from yigan.link import ports
from yigan.link.ports import advice


@pytest.fixture(autouse=True)
def english(monkeypatch, tmp_path):
    monkeypatch.setenv("YIGAN_LANG", "en")
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path))
    yield
    lang.choose(None)


def found(name):
    return {finding.name: finding for finding in doctor.look()}[name]


def test_this_machine(capsys):
    assert cli.main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "ready" in out and "MicroPython VM" in out


def test_json(capsys):
    assert cli.main(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ready"] and {"name", "state", "what", "hint"} == set(told["findings"][0])


def test_chinese(capsys):
    assert cli.main(["doctor", "--lang", "zh"]) == 0
    assert "本机已就绪" in capsys.readouterr().out


def test_no_vm(monkeypatch, capsys):
    monkeypatch.setenv("YIGAN_MICROPYTHON", "/no/such/micropython")
    assert cli.main(["doctor"]) == 3
    out = capsys.readouterr().out
    assert "/no/such/micropython" in out and "missing" in out


def test_a_vm_that_is_none(monkeypatch):
    monkeypatch.setenv("YIGAN_MICROPYTHON", sys.executable)
    finding = found("MicroPython VM")
    assert finding.state == "ok" or finding.hint  # CPython counts its versions higher


def test_an_old_vm(monkeypatch):
    monkeypatch.setattr(tools, "_said", lambda command: "version 1 20 0\n")
    finding = found("MicroPython VM")
    assert (finding.state, finding.hint) == ("missing", "1.24 or later is needed.")


def test_a_vm_that_hangs(monkeypatch):
    def hang(*_, **__):
        raise subprocess.TimeoutExpired("micropython", 10)

    monkeypatch.setattr(tools.subprocess, "run", hang)
    assert found("MicroPython VM").state == found("mpy-cross").state == "missing"


def test_a_missing_package_comes_with_its_command(monkeypatch):
    monkeypatch.setattr(tools, "_NEEDS", ("click", "no-such-package"))
    finding = found("Python packages")
    assert finding.state == "missing" and finding.hint.endswith("pip install no-such-package")


def test_what_only_tests_need_is_no_hindrance(monkeypatch):
    monkeypatch.setattr(tools.shutil, "which", lambda *_, **__: None)
    assert [tools.node()[0][1], tools.mosquitto()[0][1]] == ["note", "note"]
    assert "apt-get install mosquitto" in tools.mosquitto()[0][3] or "brew" in tools.mosquitto()[0][3]


def port(**changes):
    whole = {"device": "/dev/ttyUSB0", "usb": "10c4:ea60", "description": "CP2102", "serial": "1", "usable": True,
             "group": "dialout", "holders": ()}  # fmt: skip
    return ports.Found(**{**whole, **changes})


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({}, "ok", ""),
        ({"usable": False}, "missing", "usermod -aG dialout"),
        ({"holders": ((42, "minicom"),)}, "note", "42 minicom"),
        ({"usb": ""}, "note", "only charges"),
    ],
)
def test_ports(monkeypatch, changes, state, words):
    monkeypatch.setattr(bench.ports, "every", lambda: [port(**changes)])
    (row,) = bench.serial_ports()
    assert row[1] == state and words in row[2] + row[3]


@pytest.mark.skipif(sys.platform != "linux", reason="groups of ports are Linux's")
def test_groups(monkeypatch):
    monkeypatch.setattr(advice.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(advice.os, "getegid", lambda: 99999)
    monkeypatch.setattr(advice.os, "getgroups", lambda: [99999])
    (row,) = bench.group()
    assert row[1] == "note" and "usermod -aG" in row[3]
    monkeypatch.setattr(advice.os, "getgroups", lambda: list(range(100)))
    assert bench.group()[0][1] == "ok"


def test_a_state_folder_that_cannot_be(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path / "file" / "x"))
    assert bench.state_folder()[0][1] == "missing"
