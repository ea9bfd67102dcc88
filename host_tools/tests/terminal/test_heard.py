"""What one gets to see of lines, frames and sentences."""

import json
import random

import pytest

from yigan import lang
from yigan.link import service
from yigan.terminal import frame
from yigan.terminal.heard import Receiver, Settings


class Sink:
    def __init__(self):
        self.heard, self.lines, self.messages, self.text = [], [], [], ""

    def line(self, line):
        self.lines.append(line.data)

    def message(self, message):
        self.messages.append(message)

    def show(self, heard):
        self.heard.append(heard)

    def raw(self, text):
        self.text += text


def read(*reads, **settings):
    """[(kind, text)] and the sink of a receiver that got `reads` and then silence."""
    sink = Sink()
    receiver = Receiver(Settings(**settings), sink)
    for data in reads:
        receiver.feed(data, 1.0)
    receiver.idle(9.0)
    return [(each.kind, each.text) for each in sink.heard], sink


POINT = {"p": "lamp.level", "v": "50.0", "u": "%", "q": "good", "age": 3}


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        ({"hello": "demo-0001", "protocol": 0}, "hello", "Pole demo-0001 has started."),
        ({"n": 1, "r": POINT}, "point", "lamp.level = 50.0 %  good"),
        ({"n": 1, "ok": {**POINT, "v": None, "q": "fault"}}, "point", "lamp.level = -  fault"),
        ({"n": 1, "r": {"s": 4, "t": 7, "l": 2, "w": "air", "x": "no frame", "k": 2}}, "log", "4 7 s  air: no frame"),
        ({"n": 1, "ok": {"pole": "demo-0001", "points": 9}}, "identity", "pole demo-0001, points 9"),
        ({"n": 1, "ok": {}}, "ok", "done"),
        ({"n": 1, "ok": {"points": 4, "lease": 60}}, "lease", "watching 4 points"),
        ({"n": 1, "ok": {"taken": True, "time": "x"}}, "taken", "it took the time: x"),
        ({"n": 1, "do": "get", "names": "*"}, "asked", "an echo of get: a REPL, no pole runs"),
        ({"n": 1, "error": "out_of_range", "code": 2, "at": "lamp.level"}, "error",
         "lamp.level: The value is out of its range."),
        ({"n": 1, "error": "of_tomorrow", "code": 99}, "error", "The pole refused: of_tomorrow."),
        ({"n": 1, "r": {"new": 1}}, "frame", '{"new":1}'),
    ],
)  # fmt: skip
def test_frames_become_readable(message, kind, text):
    told, sink = read(service.encode(message))
    assert told == [(kind, text)] and sink.messages == [message]


@pytest.mark.parametrize(
    "message",
    [
        {"r": {**POINT, "v": 5}},
        {"r": {**POINT, "q": None}},
        {"r": {**POINT, "age": -1}},
        {"r": {**POINT, "age": 1 << 70}},
        {"r": {"s": "1", "t": 1, "l": 1, "w": "", "x": ""}},
        {"r": []},
        {"ok": 5},
        {"hello": {}},
        {"error": {}, "code": "x", "at": []},
        {"error": None, "code": True},
        {"ok": {"taken": [], "time": {}}},
        {"do": None},
        {"ok": {"pole": {"a": "\x1b"}}},
    ],
)
def test_a_strange_frame_is_no_error(message):
    for language in ("en", "zh"):
        lang.choose(language)
        told, _ = read(service.encode({"n": 1, **message}))
        assert len(told) == 1 and told[0][1].isprintable()


def test_a_frame_cannot_carry_controls_to_the_terminal():
    evil = "\x1b]0;x\x07\u202e"
    told, sink = read(service.encode({"n": 1, "r": {**POINT, "p": evil, "u": evil}}))
    assert told[0][0] == "point" and told[0][1].isprintable()
    assert json.dumps(sink.heard[0].data, ensure_ascii=False).isprintable()


def framed(body):
    return b"#y0 %s*%04x\n" % (body, service.crc16(body))


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        (b'#y0 {"n":1,"ok":{}}*0000\n', "its CRC is"),
        (b'#y0 {"n":1,"ok"\n', "cut off"),
        (b"#y0 \n", "cut off"),
        (framed(b"{1}"), "its JSON is none"),
        (framed(b"[1]"), "its JSON is none"),
        (framed(b"[" * 3000), "its JSON is none"),
    ],
)
def test_a_broken_frame_is_said(line, trouble):
    told, sink = read(line)
    assert told[0][0] == "broken" and trouble in told[0][1] and sink.messages == []
    assert read(line, decode="off")[0][0][0] == "text"


def test_text_before_a_frame_is_not_lost():
    data = b"tick " + service.encode({"n": 1, "ok": {}}).lstrip()
    assert read(data)[0] == [("text", "tick "), ("ok", "done")]
    assert read(b">>> " + service.encode({"n": 1, "ok": {}}).lstrip())[0] == [("ok", "done")]


def test_a_frame_s_own_line_feeds_leave_no_gaps():
    ok = service.encode({"n": 1, "ok": {}})
    assert read(b"a\n\nb\n" + ok + ok + b"c\n")[0] == [
        ("text", "a"), ("text", ""), ("text", "b"), ("ok", "done"), ("ok", "done"), ("text", "c")
    ]  # fmt: skip


def test_a_prompt_is_shown_when_the_board_waits():
    told, _ = read(b"MicroPython\r\n>>> ")
    assert told == [("text", "MicroPython"), ("partial", ">>> ")]


def test_half_a_frame_is_waited_for():
    sink = Sink()
    receiver = Receiver(Settings(), sink)
    data = service.encode({"n": 1, "ok": {}})
    receiver.feed(data[:9], 1.0)
    receiver.idle(2.0)
    assert sink.heard == []
    receiver.feed(data[9:], 2.0)
    assert sink.heard[0].kind == "ok"


def sentence(body):
    check = 0
    for byte in body:
        check ^= byte
    return b"$%s*%02X\r\n" % (body, check)


def test_nmea_when_asked():
    good = sentence(b"GNRMC,083559.00,A,4717.11437,N,00833.91522,E,0.004,77.52,091202,,,A")
    told, sink = read(good, good.replace(b"0.004", b"0.005"), b"hello $\r\n", decode="nmea")
    assert [kind for kind, _ in told] == ["nmea", "broken", "text"]
    assert sink.heard[0].data["utc"] == "2002-12-09T08:35:59.000Z"
    assert [kind for kind, _ in read(good)[0]] == ["text"]


def test_hex_shows_bytes_and_still_hears_answers():
    told, sink = read(service.encode({"n": 1, "ok": {}}), hex=True)
    assert {kind for kind, _ in told} == {"hex"} and told[0][1].startswith("00000000: 0a23 7930 ")
    assert sink.messages == [{"n": 1, "ok": {}}]


def test_raw_mode_passes_text_and_still_keeps_lines():
    told, sink = read(b"\x1b[Kab", b"c\r\n\x1b]0;x\x07", raw=True)
    assert told == [] and sink.text == "\x1b[Kabc\r\n^[]0;x\x07" and sink.lines[0] == b"\x1b[Kabc"


@pytest.mark.parametrize("seed", range(20))
def test_the_same_however_it_was_cut(seed):
    rng = random.Random(seed)
    parts = [
        service.encode({"n": 1, "r": POINT}),
        b"text\r\n",
        "灯杆\n".encode(),
        b"#y0 {}*0000\n",
        b"\xff\n",
        b"\n",
    ]
    data = b"".join(rng.choice(parts) for _ in range(12))
    reads, at = [], 0
    while at < len(data):
        size = rng.randrange(1, 20)
        reads.append(data[at : at + size])
        at += size
    assert read(*reads)[0] == read(data)[0]


def test_in_chinese():
    lang.choose("zh")
    assert read(service.encode({"hello": "demo-0001"}))[0] == [("hello", "灯杆 demo-0001 已启动。")]


def test_content_leaves_the_envelope():
    assert frame.content({"n": 3, "hello": "x"}) == {"hello": "x"}
    assert frame.find(b"no mark") is None
