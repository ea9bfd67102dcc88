"""A Raspberry Pi's root: what is put there, what is left alone, what is refused."""

import configparser
import contextlib
import json
import os
import socket
import subprocess
import sys

import pytest
from stage import until

from yigan import bundle, conf, places
from yigan.errors import ConfigError, Refused, VerifyError
from yigan.flash import linux

POLE = """id = "gate-7"
board = "rpi-gateway"
[site]
latitude = 31.2
longitude = 121.5
timezone = "Asia/Shanghai"
[[uplink]]
kind = "modbus_tcp"
port = {port}
writers = ["127.0.0.1"]
"""


@pytest.fixture
def gateway(tmp_path):
    def make(port=1502):
        (tmp_path / "gate.toml").write_text(POLE.format(port=port))
        return bundle.make(conf.load(tmp_path / "gate.toml"), tmp_path / f"gate-{port}.bundle") and tmp_path / f"gate-{port}.bundle"

    return make


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def test_everything_it_needs_to_start(root, gateway):
    done = linux.install(root, gateway())
    assert done.pole == "gate-7" and done.was == ""
    current = root / "opt/yigan/current"
    assert os.readlink(current) == f"slots/{done.hash}"
    assert (current / "main.py").exists() and (current / "pole/app.py").exists()
    assert json.loads((current / "config.json").read_text())["id"] == "gate-7"
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str
    unit.read(root / "etc/systemd/system/yigan-pole.service")
    assert unit["Service"]["User"] == "yigan" and unit["Service"]["WorkingDirectory"] == "/opt/yigan/current"
    wanted = root / "etc/systemd/system/multi-user.target.wants/yigan-pole.service"
    assert os.readlink(wanted) == "/etc/systemd/system/yigan-pole.service"
    assert "u yigan" in (root / "etc/sysusers.d/yigan.conf").read_text()
    rules = (root / "etc/udev/rules.d/70-yigan.rules").read_text()
    assert 'SYMLINK+="pole/$env{ID_PATH_TAG}"' in rules and "{{" not in rules


def test_it_runs_from_there_and_writes_nothing_beside_itself(root, gateway):
    """As the unit starts it: systemd makes all but the state folder read-only."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    linux.install(root, gateway(port))
    slot = root / "opt/yigan/current"
    before = sorted(slot.rglob("*"))
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen([sys.executable, "-u", "main.py"], cwd=slot, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        until(lambda: listens(port), 15)
        assert process.poll() is None
    finally:
        process.terminate()
        process.communicate()
    assert sorted(slot.rglob("*")) == before


def listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 0.2).close()
        return True


def test_again_changes_nothing_and_a_newer_one_keeps_the_older(root, gateway):
    first = linux.install(root, gateway())
    assert linux.install(root, gateway()).written == ()
    second = linux.install(root, gateway(1503))
    assert second.was == first.hash and second.written[-1] == "opt/yigan/current"
    third = linux.install(root, gateway(1504))
    assert {p.name for p in (root / "opt/yigan/slots").iterdir()} == {second.hash, third.hash}


def test_what_was_half_written_is_mended(root, gateway):
    file = gateway()
    done = linux.install(root, file)
    spoiled = root / "opt/yigan/current/pole/app.py"
    spoiled.write_bytes(spoiled.read_bytes()[:100])
    assert linux.install(root, file).written == (f"opt/yigan/slots/{done.hash}/pole/app.py",)


def test_what_is_no_root_is_refused(root, gateway, tmp_path):
    (root / "cmdline.txt").write_text("the boot partition")
    with pytest.raises(Refused, match="does not look like"):
        linux.install(root, gateway())
    assert [p.name for p in root.iterdir()] == ["cmdline.txt"]
    (root / "etc").mkdir()
    (root / "etc/os-release").write_text("ID=debian\n")
    assert linux.install(root, gateway()).written
    with pytest.raises(ConfigError):
        linux.install(tmp_path / "none", gateway())


def test_bundles_of_boards_and_damaged_ones_are_refused(root, gateway, tmp_path):
    bundle.make(conf.load(places.root() / "poles/demo.toml"), tmp_path / "board.bundle")
    with pytest.raises(Refused, match="for esp32 boards"):
        linux.install(root, tmp_path / "board.bundle")
    file = gateway()
    file.write_bytes(file.read_bytes()[:-300])
    with pytest.raises(VerifyError):
        linux.install(root, file)
    assert not list(root.iterdir())


def test_the_verb(root, gateway, capsys):
    from yigan.cli import main

    assert main(["--lang", "en", "flash", "--root", str(root), str(gateway()), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changed"]
    assert main(["--lang", "zh", "flash", "--root", str(root), str(gateway())]) == 0
    assert "无需改动" in capsys.readouterr().out
    assert main(["flash", "--root", str(root)]) == 2
