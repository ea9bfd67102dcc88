"""Typed lines as requests, and what becomes of them."""

import pytest

from yigan import lang
from yigan.errors import ConfigError
from yigan.link import service
from yigan.terminal import request
from yigan.terminal.asking import Asking


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("get", {"do": "get", "names": "*"}),
        ("get lamp.", {"do": "get", "names": "lamp."}),
        ("/get  lamp. air.pm10", {"do": "get", "names": ["lamp.", "air.pm10"]}),
        ("set lamp.level 40", {"do": "set", "p": "lamp.level", "v": "40"}),
        ("watch", {"do": "watch", "names": "*", "every": 1}),
        ("watch lamp. 5", {"do": "watch", "names": "lamp.", "every": 5}),
        ("unwatch", {"do": "unwatch"}),
        ("log", {"do": "log", "since": 0}),
        ("log 7", {"do": "log", "since": 7}),
        ("identify", {"do": "identify"}),
        ("restart soft", {"do": "restart", "mode": "soft"}),
    ],
)
def test_what_is_asked(line, asked):
    assert request.is_one(line) and request.parse(line) == asked


@pytest.mark.parametrize("line", [" get lamp.", "getx", "print('set')", "", ":get", "set(1)"])
def test_what_is_text(line):
    assert not request.is_one(line)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("set lamp.level", "set NAME VALUE"),
        ("set a b c", "set NAME VALUE"),
        ("log x", "log [SINCE]"),
        ("watch 4000", "SECONDS"),
        ("restart now", "soft"),
        ("unwatch me", "nothing to add"),
        ("/gte lamp.", "get"),
        ("/", "get"),
        ("get " + " ".join(["lamp.level"] * 30), "too long"),
    ],
)
def test_how_it_is_written(line, word):
    with pytest.raises(ConfigError) as caught:
        request.parse(line)
    assert word in str(caught.value)


def test_time_is_of_this_century(monkeypatch):
    monkeypatch.setattr(request.time, "time", lambda: 1577836800 + 5)
    assert request.parse("time") == {"do": "time", "utc": 5}


def test_both_languages_say_all():
    for language in ("en", "zh"):
        lang.choose(language)
        with pytest.raises(ConfigError):
            request.parse("set")


class Line:
    def __init__(self):
        self.sent, self.now, self.away = [], 0.0, False
        self.asking = Asking(self.send, lambda: self.now)

    def send(self, data):
        self.sent.append(service.decode(data.strip()))
        return not self.away

    @property
    def n(self):
        return self.sent[-1]["n"]


@pytest.fixture
def line():
    return Line()


def test_an_answer_ends_the_waiting(line):
    assert line.asking.ask({"do": "get", "names": "*"}) and line.asking.waiting
    line.asking.heard({"n": line.n + 1, "ok": {}})
    line.asking.heard({"n": [], "ok": {}})
    line.asking.heard({"hello": "x"})
    assert line.asking.waiting
    line.asking.heard({"n": line.n, "ok": {}})
    assert not line.asking.waiting and line.asking.tick() == [] and not line.asking.unanswered


def test_rows_keep_it_waiting_and_silence_ends_it(line):
    line.asking.ask({"do": "get", "names": "*"})
    line.now = 2.5
    line.asking.heard({"n": line.n, "r": {}})
    line.now = 5.0
    assert line.asking.tick() == []
    line.now = 5.6
    assert line.asking.tick() == [{"do": "get", "names": "*"}] and line.asking.unanswered
    assert not line.asking.waiting and line.asking.tick() == []


def test_a_refusal_is_kept(line):
    line.asking.ask({"do": "set", "p": "x", "v": "1"})
    line.asking.heard({"n": line.n, "error": "unknown_point", "code": 5})
    assert line.asking.refused["code"] == 5 and not line.asking.waiting


def test_a_port_that_is_away_takes_nothing(line):
    line.away = True
    assert not line.asking.ask({"do": "identify"})
    assert not line.asking.waiting and line.asking.unanswered == {"do": "identify"}


def test_a_watch_is_renewed_before_its_lease_ends(line):
    line.asking.ask({"do": "watch", "names": "*", "every": 1})
    first = line.sent[-1]
    line.asking.heard({"n": line.n, "ok": {"points": 3, "lease": 60}})
    for now, count in ((29.0, 1), (30.0, 2), (31.0, 2), (60.0, 3)):
        line.now = now
        line.asking.tick()
        assert len(line.sent) == count
    assert line.sent[1] == line.sent[2] == first
    line.asking.heard({"hello": "x"})  # it has started anew
    line.asking.tick()
    assert len(line.sent) == 4
    line.asking.ask({"do": "unwatch"})
    line.now = 500.0
    line.asking.tick()
    assert len(line.sent) == 5


def test_a_watch_ends_with_the_session(line):
    line.asking.close()
    assert line.sent == []
    line.asking.ask({"do": "watch", "names": "*", "every": 1})
    line.asking.heard({"n": line.n, "ok": {"points": 3, "lease": 60}})
    line.asking.close()
    assert [each["do"] for each in line.sent] == ["watch", "unwatch"]


@pytest.mark.parametrize("lease", [None, "x", 0, -1, 1 << 40, True])
def test_a_strange_lease_is_a_minute_at_most(line, lease):
    line.asking.ask({"do": "watch", "names": "*", "every": 1})
    line.asking.heard({"n": line.n, "ok": {"lease": lease}})
    line.now = 31.0
    line.asking.tick()
    assert len(line.sent) == 2
