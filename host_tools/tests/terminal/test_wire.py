"""A port that goes and comes back; files that keep what was said."""

import re
import socket
import threading
from pathlib import Path

import pytest
from stage import until

from yigan.errors import ConfigError, LinkError
from yigan.link import serial
from yigan.terminal import wire
from yigan.terminal.record import Record, iso
from yigan.terminal.wire import Wire


@pytest.fixture
def told():
    return []


@pytest.fixture
def line(cable, told):
    found = Wire(str(cable.path), tell=told.append)
    yield found
    found.close()


def test_bytes_both_ways(cable, line):
    cable.say(b"\x00\xffhi")
    assert line.read(1.0) == b"\x00\xffhi" and line.read(0.01) == b""
    assert line.write(b"yes") and cable.take() == b"yes"


def test_it_is_waited_for_and_taken_up_again(cable, line, told):
    cable.pull()
    until(lambda: line.read(0.05) == b"" and not line.here)
    assert len(told) == 1 and "is gone; waiting" in told[0]
    assert not line.write(b"lost") and line.trouble is not None
    line.read(0.01)
    cable.plug()
    until(lambda: line.read(0.01) == b"" and line.here)
    assert told[1:] == [f"{cable.path} is back."] and line.trouble is None
    cable.say(b"again")
    assert line.read(1.0) == b"again"


def test_it_may_end_the_session_instead(cable):
    line = Wire(str(cable.path), reconnect=False)
    cable.pull()
    with pytest.raises(LinkError, match="gone"):
        for _ in range(10):
            line.read(0.05)
    assert not line.here


def test_it_comes_back_under_another_name(cable, told, tmp_path):
    other = tmp_path / "other"
    found = [""]
    line = Wire(str(cable.path), tell=told.append, find=lambda: found[0])
    cable.pull()
    until(lambda: line.read(0.01) == b"" and not line.here)
    line.read(0.01)
    cable.path = other
    cable.plug()
    found[0] = str(other)
    until(lambda: line.read(0.01) == b"" and line.here)
    assert told[-1].endswith(f"is back as {other}.") and line.name == str(other)
    line.close()


def test_why_it_does_not_open_is_said_once(cable, line, told, monkeypatch):
    cable.pull()
    until(lambda: line.read(0.01) == b"" and not line.here)
    cable.plug()

    def busy(name, baud):
        raise LinkError("Port is busy.", hint="It is held by 7 minicom.")

    monkeypatch.setattr(wire.serial, "open", busy)
    line.read(0.01)
    assert len(told) == 1  # it may settle
    monkeypatch.setattr(wire, "_SETTLE_S", 0.0)
    line.read(0.01)
    line.read(0.01)
    assert told[1:] == ["Port is busy. It is held by 7 minicom."]


def test_not_there_at_the_start(tmp_path):
    with pytest.raises(LinkError, match="no such port"):
        Wire(str(tmp_path / "none"))


def test_long_pieces_leave_the_board_time(cable, line, monkeypatch):
    pieces, port = [], line._port
    monkeypatch.setattr(port, "write", pieces.append)
    monkeypatch.setattr(wire.time, "sleep", lambda seconds: pieces.append(seconds))
    line.write(b"x" * 150)
    assert [len(each) for each in pieces if isinstance(each, bytes)] == [64, 64, 22]
    assert all(each > 64 * 10 / serial.BAUD for each in pieces if isinstance(each, float))


def test_control_lines_of_a_port_without_any(line):
    line.reset()
    line.send_break()
    line.set_baud(9600)
    assert line.baud == 9600
    line.close()
    line.set_baud(1200)
    line.reset()
    line.send_break()


def test_a_server_that_goes_and_comes(told):
    with socket.create_server(("127.0.0.1", 0)) as server:
        ends = []
        thread = threading.Thread(
            target=lambda: [ends.append(server.accept()[0]) for _ in range(2)], daemon=True
        )
        thread.start()
        line = Wire(f"socket://127.0.0.1:{server.getsockname()[1]}", tell=told.append)
        until(lambda: ends)
        ends[0].sendall(b"one")
        assert line.read(1.0) == b"one"
        ends[0].close()
        until(lambda: line.read(0.01) == b"" and not line.here)
        until(lambda: line.read(0.01) == b"" and line.here)
        until(lambda: len(ends) == 2)
        ends[1].sendall(b"two")
        assert line.read(1.0) == b"two" and len(told) == 2
        line.close()
        ends[1].close()


def test_a_record_of_lines(tmp_path):
    path = tmp_path / "log"
    path.write_text("old\n")
    record = Record(path)
    record.line(0.25, "<", "灯\udcff")
    record.exact(b"not here")
    written = path.read_text(encoding="utf-8")  # before it is closed
    record.close()
    record.line(1.0, "<", "late")
    assert re.fullmatch(r"old\n\S+\.250[+-]\d\d:\d\d < 灯\\udcff\n", written)
    assert path.read_text(encoding="utf-8") == written and iso(0.25) in written


def test_a_record_of_bytes(tmp_path):
    record = Record(tmp_path / "raw", raw=True)
    record.exact(b"\x00\r\n")
    record.line(0.0, "<", "not here")
    record.exact(b"\xff")
    assert (tmp_path / "raw").read_bytes() == b"\x00\r\n\xff"
    record.close()


def test_a_record_that_cannot_be(tmp_path):
    with pytest.raises(ConfigError, match="cannot be written"):
        Record(tmp_path / "none" / "log")


def test_a_full_disk_ends_the_record_only():
    record = Record(Path("/dev/full"))
    record.line(0.0, "<", "x")
    assert "logging has ended" in record.lost
    record.line(0.0, "<", "x")
