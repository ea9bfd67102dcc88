"""`yigan ports`: rows, sentences, JSON, and the live view."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from plugged import bus, port, sysfs  # noqa: F401
from stage import home, until, virtual  # noqa: F401

from yigan import cli
from yigan.flash import drives
from yigan.link import ports
from yigan.link.ports import Identity, advice, stray


@pytest.fixture
def yigan(capsys):
    """`yigan("ports", ...)` -> (exit code, output, errors)."""

    def run(*words):
        code = cli.main(["ports", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture(autouse=True)
def bench(bus, monkeypatch):  # noqa: F811
    """Nothing is plugged in but what a test plugs; `asked` tells who was asked."""
    asked = []

    def ask(device):
        asked.append(device)
        return Identity(
            "micropython", device, chip="esp32", revision="v3.0", uid="240ac4123456", says=f"Ready: {device}"
        )

    monkeypatch.setattr(ports, "ask", ask)
    monkeypatch.setattr(drives, "found", list)
    monkeypatch.setattr(stray, "strays", list)
    return asked


def test_nothing(yigan):
    code, out, err = yigan()
    assert (code, err) == (0, "") and "No board is plugged in." in out and "only charges" in out
    code, out, err = yigan("--json")
    assert (code, json.loads(out)) == (0, []) and "only charges" in err


def test_a_table_and_what_to_do(yigan, bus, bench):  # noqa: F811
    bus += [port("/dev/ttyUSB0", location="1-1"), port("/dev/ttyUSB1", usb="1a86:7523")]
    code, out, _ = yigan()
    row = next(line for line in out.splitlines() if "/dev/ttyUSB1" in line)
    assert code == 0 and "CH340" in row and "esp32 v3.0" in row and "240ac4123456" in row
    assert "/dev/ttyUSB0: Ready: /dev/ttyUSB0" in out and sorted(bench) == ["/dev/ttyUSB0", "/dev/ttyUSB1"]
    assert "\x1b" not in out


def test_json(yigan, bus):  # noqa: F811
    bus.append(port("COM5", serial="A1", location="1-1"))
    code, out, _ = yigan("--json")
    (row,) = json.loads(out)
    assert code == 0 and row == {
        **row, "device": "COM5", "kind": "micropython", "usb": "10c4:ea60", "adapter": "CP210x", "serial": "A1",
        "location": "1-1", "holders": [], "chip": "esp32", "revision": "v3.0", "uid": "240ac4123456", "pole": "",
    }  # fmt: skip


def test_chinese(yigan, bus):  # noqa: F811
    assert "没有插入板子" in yigan("--lang", "zh")[1]
    bus.append(port("/dev/ttyUSB0"))
    out = yigan("--lang", "zh")[1]
    assert "端口" in out and "芯片" in out


def test_not_asked(yigan, bus, bench):  # noqa: F811
    bus += [port("/dev/ttyACM0", usb="303a:0002"), port("/dev/tty.usbserial-1")]
    code, out, _ = yigan("--no-ask")
    assert code == 0 and not bench and "ESP32-S2 ROM" in out and "/dev/ttyACM0: A chip in its loader" in out


def test_a_modem_is_not_typed_at_unless_it_is_named(yigan, bus, bench):  # noqa: F811
    bus.append(port("/dev/ttyUSB2", usb="2c7c:0125", description="EC25"))
    assert "No board that we know" in yigan()[1] and not bench
    assert "Ready" in yigan("/dev/ttyUSB2")[1] and bench == ["/dev/ttyUSB2"]


def test_what_has_no_port(yigan, bus, bench, monkeypatch, tmp_path):  # noqa: F811
    one = stray.Stray("1a86:7523", "1-2", "CH340", "modprobe it")
    boot = stray.Stray("2e8a:0003", "1-3", "RP2040 BOOTSEL", "picotool")
    monkeypatch.setattr(stray, "strays", lambda: [one, boot])
    out = yigan()[1]
    assert "USB 1-2: modprobe it" in out and "USB 1-3: picotool" in out
    monkeypatch.setattr(drives, "found", lambda: [drives.Drive(tmp_path, "RPI-RP2", "rp2040")])
    out = yigan("--json")[1]
    assert [row["device"] or row["location"] for row in json.loads(out)] == [str(tmp_path), "1-2"]


def test_names_that_lead_nowhere(yigan):
    code, out, _ = yigan("/dev/ttyNone")
    assert code == 0 and "not there" in out and "no such port" in out
    assert "No port matches /dev/ttyNo*" in yigan("/dev/ttyNo*")[1]
    assert yigan("--for", "3")[0] == 2


def test_sysfs_of_this_system_is_read(monkeypatch, yigan, sysfs):  # noqa: F811
    sysfs.plug("1-2", "1a86:7523")
    monkeypatch.undo()
    monkeypatch.setattr(stray.strays, "__defaults__", (sysfs.root, sysfs.root))
    assert "modprobe ch341" in yigan()[1]


def test_watch_line_by_line(yigan, bus, bench, monkeypatch):  # noqa: F811
    bus.append(port("/dev/ttyUSB0", serial="A1", location="1-1"))
    looks = iter(range(100))

    def look():
        if next(looks) == 3:
            bus[0] = port("/dev/ttyUSB1", serial="A1", location="1-1")
        return list(bus)

    monkeypatch.setattr(ports.list_ports, "comports", look)
    code, out, _ = yigan("--watch", "--for", "2.5", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    told = [(row["change"], row["device"], row["was"], row["kind"]) for row in rows]
    assert code == 0 and told == [
        ("came", "/dev/ttyUSB0", "", "asking"),
        ("is", "/dev/ttyUSB0", "", "micropython"),
        ("renamed", "/dev/ttyUSB1", "/dev/ttyUSB0", "asking"),
        ("is", "/dev/ttyUSB1", "", "micropython"),
    ]


def test_ctrl_c_ends_the_watch(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "yigan.cli", "ports", "--watch", f"{tmp_path}/*"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "YIGAN_LANG": "en"},
    )  # fmt: skip
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130 and "Interrupted" in err and "Traceback" not in err


@pytest.mark.skipif(not shutil.which("script"), reason="no terminal to be had")
def test_a_live_table_on_a_terminal(tmp_path):
    done = subprocess.run(
        ["script", "-qec", f"{sys.executable} -m yigan.cli ports --watch --for 1 '{tmp_path}/*'", "/dev/null"],
        capture_output=True, text=True, timeout=30, env={**os.environ, "YIGAN_LANG": "en", "TERM": "xterm"},
    )  # fmt: skip
    assert done.returncode == 0 and "No port matches" in done.stdout and "\x1b[" in done.stdout


def test_a_board_for_real(virtual, tmp_path):  # noqa: F811
    board = virtual()
    folder = tmp_path / "bench"
    folder.mkdir()
    (folder / "slot1").symlink_to(os.path.realpath(board.port))
    done = subprocess.run(
        [sys.executable, "-m", "yigan.cli", "ports", f"{folder}/*", board.socket, "--json"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    rows = json.loads(done.stdout)
    assert [row["device"] for row in rows] == [str(folder / "slot1"), board.socket]
    assert rows[0]["kind"] == "micropython" and rows[0]["chip"] == "esp32" and len(rows[0]["uid"]) == 12


def test_the_doctor_says_the_same(monkeypatch, bus):  # noqa: F811
    from yigan.doctor import bench as room

    bus.append(port("/dev/ttyUSB0"))
    monkeypatch.setattr(
        room.ports,
        "every",
        lambda: [ports.Found("/dev/ttyUSB0", usb="10c4:ea60", usable=False, group="uucp")],
    )
    (row,) = room.serial_ports()
    assert row[3] == advice.denied("uucp")
