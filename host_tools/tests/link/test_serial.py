"""What goes wrong with ports has a sentence of its own."""

import errno
import os
import socket
import subprocess
import sys
import threading
import tty

import pytest
import serial as pyserial

from yigan import lang
from yigan.errors import LinkError
from yigan.link import holder, ports, serial


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("YIGAN_LANG", "en")
    yield
    lang.choose(None)


@pytest.fixture
def pty():
    """(master descriptor, path of the slave)."""
    master, slave = os.openpty()
    tty.setraw(slave)
    path = os.ttyname(slave)
    os.close(slave)
    yield master, path
    try:
        os.close(master)
    except OSError:
        pass


def test_bytes_both_ways(pty):
    master, path = pty
    with serial.open(path) as port:
        port.write(b"hello")
        assert os.read(master, 10) == b"hello"
        os.write(master, b"\x00\xff\r\n")
        assert port.read(1.0) == b"\x00\xff\r\n"
        assert port.read(0.0) == b""


def test_drain_takes_all_that_came(pty):
    master, path = pty
    with serial.open(path) as port:
        os.write(master, b"x" * 3000)
        assert port.drain(0.1) == b"x" * 3000


def test_not_there_names_what_is(monkeypatch):
    monkeypatch.setattr(serial.list_ports, "comports", list)
    with pytest.raises(LinkError) as caught:
        serial.open("/dev/ttyNoSuchPort")
    assert "no such port" in str(caught.value) and "only charges" in str(caught.value)


def test_a_file_is_no_port(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(LinkError, match="not a serial port"):
        serial.open(str(path))


def test_busy_names_who_holds_it(pty):
    _, path = pty
    code = (
        "import serial, sys, time\n"
        f"port = serial.Serial({path!r}, exclusive=True)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LinkError, match="busy") as caught:
            serial.open(path)
        assert str(other.pid) in caught.value.hint
        assert other.pid in dict(holder.of(path))
        other.stdin.close()
    with serial.open(path):
        assert holder.of(path) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_not_permitted_says_how_to_be(monkeypatch, pty, number):
    def refuse(*_, **__):
        raise pyserial.SerialException(number, "Permission denied")

    monkeypatch.setattr(serial.serial, "serial_for_url", refuse)
    monkeypatch.setattr(serial, "group_of", lambda name: "dialout")
    with pytest.raises(LinkError) as caught:
        serial.open(pty[1])
    assert "usermod -aG dialout" in caught.value.hint


def test_pulled_out_in_the_middle(pty):
    master, path = pty
    with serial.open(path) as port:
        os.close(master)
        with pytest.raises(LinkError, match="gone"):
            for _ in range(10):
                port.write(b"x")
                port.read(0.1)


def test_nobody_at_a_network_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        number = unused.getsockname()[1]
    for kind in ("socket", "rfc2217"):
        with pytest.raises(LinkError, match="Nobody answers"):
            serial.open(f"{kind}://127.0.0.1:{number}")


@pytest.mark.parametrize("name", ["rfc2217://x", "socket://:1", "socket://h:many", "rfc2217://h:99999"])
def test_no_address(name):
    with pytest.raises(LinkError, match="no address") as caught:
        serial.open(name)
    assert "HOST:PORT" in caught.value.hint


def test_socket_port():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def echo():
            peer, _ = server.accept()
            with peer:
                while data := peer.recv(100):
                    peer.sendall(data.upper())

        thread = threading.Thread(target=echo, daemon=True)
        thread.start()
        with serial.open(f"socket://127.0.0.1:{server.getsockname()[1]}") as port:
            port.write(b"hello")
            assert port.drain(0.3) == b"HELLO"
        thread.join(2)


def test_a_port_that_comes_back(tmp_path, pty):
    link = tmp_path / "port"
    timer = threading.Timer(0.3, lambda: link.symlink_to(pty[1]))
    timer.start()
    serial.open_within(str(link), 5.0).close()
    timer.join()
    with pytest.raises(LinkError):
        serial.open_within(str(tmp_path / "never"), 0.2)


def test_chinese(monkeypatch):
    monkeypatch.setenv("YIGAN_LANG", "zh")
    with pytest.raises(LinkError, match="没有这个端口"):
        serial.open("/dev/ttyNoSuchPort")


class Listed:
    def __init__(self, device, vid):
        self.device, self.vid, self.pid = device, vid, 0xEA60 if vid else None
        self.description, self.serial_number = "CP2102", "0001"


@pytest.mark.parametrize(
    ("devices", "answer"),
    [
        ([Listed("/dev/ttyS0", None)], "No board is plugged in"),
        ([], "No board is plugged in"),
        ([Listed("/dev/ttyUSB0", 0x10C4), Listed("/dev/ttyUSB1", 0x10C4)], "Several boards"),
    ],
)
def test_only_board_or_a_question(monkeypatch, devices, answer):
    monkeypatch.setattr(ports.list_ports, "comports", lambda: devices)
    with pytest.raises(LinkError, match=answer):
        ports.only()


def test_only_board(monkeypatch):
    devices = [Listed("/dev/ttyS0", None), Listed("/dev/ttyUSB3", 0x10C4)]
    monkeypatch.setattr(ports.list_ports, "comports", lambda: devices)
    assert ports.only() == "/dev/ttyUSB3"
    assert [port.usb for port in ports.every()] == ["10c4:ea60", ""]
