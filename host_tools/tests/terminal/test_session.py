"""A session at a port: what is typed, what the terminal is told, what a script gets to know."""

import pytest
from pole_here import Pole
from stage import until

from yigan.errors import ConfigError, DeviceError, LinkError, YiganError
from yigan.terminal import script
from yigan.terminal.commands import COMMANDS, help_text
from yigan.terminal.completion import Words
from yigan.terminal.heard import Settings
from yigan.terminal.record import Record
from yigan.terminal.session import Session
from yigan.terminal.wire import Wire


@pytest.fixture(scope="module")
def pole():
    with Pole() as found:
        yield found


def session_at(port, seen, reconnect=True, **settings):
    return Session(lambda tell: Wire(str(port), reconnect=reconnect, tell=tell), seen, Settings(**settings))


@pytest.fixture
def session(cable, seen):
    with session_at(cable.path, seen) as found:
        yield found


@pytest.fixture
def at_pole(pole, seen):
    with session_at(pole.console.port, seen) as found:
        yield found


def test_a_pole_is_asked_and_answers(at_pole, seen):
    at_pole.typed("get lamp.level")
    until(lambda: "ok" in seen.kinds)
    assert "lamp.level = 50.0 %  good" in seen.lines and at_pole.names == {"lamp.level"}
    at_pole.typed("set lamp.level 400")
    until(lambda: "error" in seen.kinds)
    assert seen.lines[-1] == "lamp.level: The value is out of its range."


def test_a_watch_tells_changes(at_pole, seen, pole):
    at_pole.typed("watch lamp.level 0")
    until(lambda: "point" in seen.kinds)
    pole.put("lamp.level", 123)
    until(lambda: "lamp.level = 12.3 %  good" in seen.lines)
    at_pole.typed("unwatch")
    until(lambda: "ok" in seen.kinds)
    pole.put("lamp.level", 500)


def test_text_goes_with_its_end(session, cable):
    session.typed("print(1)")
    assert cable.take() == b"print(1)\r\n"
    session.typed(":eol cr")
    session.typed(" get it")
    assert cable.take() == b" get it\r"
    session.typed(":eol lf")
    session.typed("::colon")
    assert cable.take() == b":colon\n"
    session.typed(":send set 灯")
    assert cable.take() == "set 灯\n".encode()
    session.typed("\udcff")
    assert cable.take() == b"\xff\n"


def test_without_a_pole_everything_is_text(session, cable):
    session.typed(":pole off")
    session.typed("get lamp.")
    assert cable.take() == b"get lamp.\r\n"
    session.typed(":pole")
    session.typed("/identify")
    assert cable.take().startswith(b"\n#y0 {")


def test_control_keys_and_lines(session, cable, seen):
    session.typed(":ctrl c")
    assert cable.take() == b"\x03"
    for line in (":reset", ":break", ":baud 9600", ":time", ":time iso", ":hex on", ":decode nmea"):
        session.typed(line)
    assert session.wire.baud == 9600
    assert (session.settings.time, session.settings.hex, session.settings.decode) == ("iso", True, "nmea")


def test_what_is_written_wrong_is_said(session, seen):
    for line in (":nonsense", ":t maybe", ":baud fast", ":ctrl", ":log", ":", ":b 1", "set x"):
        with pytest.raises(ConfigError):
            session.typed(line)
        session.tried(line)
    assert len(seen.notes) == 8


def test_every_command_is_explained(session, seen):
    for line in ("help", "?", ":help", ":h"):
        session.typed(line)
    assert len(seen.notes) == 4 and set(seen.notes) == {help_text()}
    for name in COMMANDS:
        assert f":{name}" in help_text()


def test_silence_is_said(session, cable, seen):
    session.typed("identify")
    for each in session.asking._open.values():
        each.until = 0.0
    until(lambda: seen.notes)
    assert "No answer to identify" in seen.notes[0]


def test_it_goes_on_behind_a_pulled_cable(session, cable, seen, tmp_path):
    log, raw = Record(tmp_path / "log"), Record(tmp_path / "raw", raw=True)
    session.records = [log, raw]
    cable.say(b"one\r\ntw")
    until(lambda: seen.lines == ["one"] or "tw" in seen.lines)
    cable.pull()
    until(lambda: seen.notes)
    assert seen.lines[-1] == "tw"  # what was open is not lost
    session.typed("lost")
    assert "Not sent" in seen.notes[-1]
    cable.plug()
    until(lambda: session.wire.here)
    cable.say(b"\x1bthree\n")
    until(lambda: "^[three" in seen.lines)
    assert (tmp_path / "raw").read_bytes() == b"one\r\ntw\x1bthree\n"
    signs = [line.split(" ", 1)[1] for line in (tmp_path / "log").read_text().splitlines()]
    gone, back = (f"- {cable.path} is gone; waiting for it.", f"- {cable.path} is back.")
    assert signs == ["< one", "< tw", gone, "> lost", back, "< ^[three"]


def test_keys_for_a_port_that_is_away_are_counted_out_once(session, cable, seen):
    session.change(raw=True)
    cable.pull()
    until(lambda: seen.notes)
    for _ in range(3):
        session.keys(b"x")
    assert len(seen.notes) == 2


def test_a_liar_does_not_fill_the_memory(session, seen):
    for n in range(5000):
        session.message({"n": 1, "r": {"p": f"p{n}"}})
    assert len(session.names) == 4096


def test_logging_is_begun_and_ended(session, cable, seen, tmp_path):
    raw = Record(tmp_path / "raw", raw=True)
    session.records = [raw]
    for name in ("a", "b"):
        session.typed(f":log {tmp_path / name}")
        cable.say(name.encode() + b"\n")
        until(lambda name=name: name in seen.lines)
    session.typed(":log off")
    cable.say(b"c\n")
    until(lambda: "c" in seen.lines)
    kept = [(tmp_path / name).read_text().split(" < ")[1:] for name in ("a", "b")]
    assert kept == [["a\n"], ["b\n"]] and (tmp_path / "raw").read_bytes() == b"a\nb\nc\n"


def test_a_full_disk_is_said_and_the_session_goes_on(session, cable, seen):
    session.typed(":log /dev/full")
    cable.say(b"a\n")
    until(lambda: any("logging has ended" in note for note in seen.notes))
    assert session.records == [] and not session.over


def test_without_reconnecting_it_ends(cable, seen):
    with session_at(cable.path, seen, reconnect=False) as session:
        cable.pull()
        until(lambda: session.over)
    assert isinstance(session.failure, LinkError)


def test_a_script_gets_its_answers(pole, seen):
    with session_at(pole.console.port, seen) as session:
        script.run(session, ["get lamp.level", "get air.pm2_5"])
    assert seen.kinds.count("ok") == 2 and session.failure is None


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["set lamp.level 400"], DeviceError),
        (["set lamp.level"], ConfigError),
        (["get no.such"], DeviceError),
    ],
)
def test_a_script_knows_what_went_wrong(pole, seen, lines, error):
    with pytest.raises(YiganError) as caught, session_at(pole.console.port, seen) as session:
        script.run(session, lines)
        if session.failure:
            raise session.failure
    assert isinstance(caught.value, error)


def test_a_script_without_an_answer(cable, seen, monkeypatch):
    monkeypatch.setattr("yigan.terminal.asking.PATIENCE_S", 0.2)
    with pytest.raises(LinkError, match="No answer to identify"), session_at(cable.path, seen) as session:
        script.run(session, ["identify"])


def test_a_script_whose_port_goes(cable, seen):
    with pytest.raises(LinkError, match="gone"), session_at(cable.path, seen) as session:
        cable.pull()
        script.run(session, [], seconds=0.3)


def test_a_script_for_some_time_hears_all_of_it(cable, seen):
    with session_at(cable.path, seen) as session:
        cable.say(b"a\nb")
        script.run(session, [b"\x03"], seconds=0.3)
        assert cable.take() == b"\x03"
    assert seen.lines == ["a", "b"]


def completed(session, before):
    return list(Words(session).words(before))


def test_completion(session):
    assert "get" in completed(session, "g") and "/get" in completed(session, "/g")
    assert {"lamp.", "lamp.level", "air.pm2_5"} <= set(completed(session, "get la"))
    assert "lamp.level_actual" not in completed(session, "set ") and "lamp.level" in completed(
        session, "set "
    )
    assert completed(session, "set node.identify ") == ["true", "false"]
    assert completed(session, "set lamp.level 4 ") == []
    assert ":time" in completed(session, ":") and list(completed(session, ":time r")) == [
        "off",
        "relative",
        "iso",
    ]
    assert completed(session, "restart ") == ["soft", "hard"] and completed(session, ":nothing x") == []
    session.names = {"pump.on"}  # what this pole has is better than what poles may have
    assert completed(session, "get ") == ["pump.", "pump.on"]
    session.settings.pole = False
    assert completed(session, "g") == []
