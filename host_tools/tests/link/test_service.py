"""The client of the console service against a line that does what lines do."""

import itertools
import json
import threading
import time

import pytest

from yigan.errors import DeviceError, LinkError
from yigan.link import service
from yigan.link.service import Client, crc16, decode, encode


class Line:
    """A port with a pole behind it: `answer(request)` gives the bytes that come back."""

    name = "line"

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.coming = b""

    def write(self, data):
        request = decode(data.strip(b"\n"))
        if request:
            self.asked.append(request)
            self.coming += self.answer(request)

    def read(self, timeout_s=0.0):
        if not self.coming:
            time.sleep(min(timeout_s, 0.01))
        taken, self.coming = self.coming[:7], self.coming[7:]  # in pieces, as lines come
        return taken


def ok(request, **details):
    return encode({"n": request["n"], "ok": details})


def row(request, **details):
    return encode({"n": request["n"], "r": details})


def client(answer, silence_s=0.1):
    line = Line(answer)
    return Client(line, silence_s), line


def test_check_value():
    assert crc16(b"123456789") == 0x4B37


def test_codec_there_and_back():
    for message in ({}, {"n": 1, "do": "get"}, {"x": "灯*"}, {"x": "#y0 "}):
        assert decode(encode(message).strip(b"\n")) == message or "#y0 " in str(message)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello",
        b"#y0 {}",
        b"#y0 {}*0000",
        b"#y0 [1]*" + b"%04x" % crc16(b"[1]"),
        b"#y0 *ffff",
        b"\xff\xfe*#y0",
    ],
)
def test_lines_that_carry_nothing(line):
    assert decode(line) is None


def test_a_board_does_not_command_the_terminal():
    told = decode(encode({"n": 1, "r": {"v": "\x1b]0;x\x07", "\x9b5n": ["\u202e", "温度"]}}).strip(b"\n"))
    assert told == {"n": 1, "r": {"v": "^[]0;x^G", "\\x9b5n": ["\\u202e", "温度"]}}


def test_answer_amid_noise():
    found, _ = client(lambda request: b">>> boot\r\n\xff\xfe#y0 {broken\n" + ok(request, pole="p") + b"junk")
    assert found.identify() == {"pole": "p"}


def test_strangers_are_handed_on():
    heard = []
    found, _ = client(lambda request: b"Traceback\r\n" + ok(request))
    found.strangers = heard.append
    found.identify()
    assert heard == [b"Traceback\r"]


def test_rows_before_ok():
    found, _ = client(lambda request: row(request, p="a") + row(request, p="b") + ok(request))
    assert found.get() == [{"p": "a"}, {"p": "b"}]


def test_answers_to_others_do_not_count():
    found, _ = client(
        lambda request: encode({"n": request["n"] - 1, "ok": {"pole": "old"}}) + ok(request, pole="new")
    )
    assert found.identify()["pole"] == "new"


def test_a_lost_answer_is_asked_for_again():
    lost = itertools.count()
    found, line = client(lambda request: b"" if next(lost) < 2 else ok(request, pole="p"))
    assert found.identify() == {"pole": "p"}
    assert len({request["n"] for request in line.asked}) == 3


def test_a_broken_row_does_not_double_the_others():
    times = itertools.count()

    def answer(request):
        rows = row(request, p="a") + row(request, p="b")
        return rows[:-3] + b"??\n" if next(times) == 0 else rows + ok(request)

    found, _ = client(answer)
    assert found.get() == [{"p": "a"}, {"p": "b"}]


def test_nobody_answers():
    found, line = client(lambda request: b"")
    with pytest.raises(LinkError, match="No pole answers"):
        found.identify()
    assert len(line.asked) == 3


def test_refusal_in_words():
    found, _ = client(
        lambda request: encode({"n": request["n"], "error": "out_of_range", "code": 2, "at": "lamp.level"})
    )
    with pytest.raises(DeviceError, match="range") as caught:
        found.set("lamp.level", "200")
    assert (caught.value.code, caught.value.where) == (2, "lamp.level")


def test_unknown_refusal_keeps_its_word():
    assert "on_fire" in service.reason(99, "on_fire")


def test_too_long_a_request():
    found, line = client(lambda request: ok(request))
    with pytest.raises(DeviceError, match="too long"):
        found.set("lamp.level", "9" * 300)
    assert line.asked == []


def test_many_names_go_in_portions():
    names = [f"capability.{k}.some_point" for k in range(40)]
    found, line = client(
        lambda request: b"".join(row(request, p=name) for name in request["names"]) + ok(request)
    )
    assert [each["p"] for each in found.get(names)] == names
    assert len(line.asked) > 3
    assert all(len(json.dumps(request, separators=(",", ":"))) <= service.MOST for request in line.asked)


def test_watch_renews_and_ends():
    line = None

    def answer(request):
        if request["do"] == "watch":
            first = request["n"] not in [each["n"] for each in line.asked[:-1]]
            return ok(request, lease=0.2) + (row(request, p="a", v="1") if first else b"")
        return ok(request)

    found, line = client(answer)
    threading.Timer(
        0.3, lambda: setattr(line, "coming", line.coming + row(line.asked[0], p="a", v="2"))
    ).start()
    assert [each["v"] for each in found.watch("*", 1, for_s=0.8)] == ["1", "2"]
    words = [request["do"] for request in line.asked]
    assert words[-1] == "unwatch" and words.count("watch") > 2


def test_hello_then_identify():
    turns = itertools.count()

    def answer(request):
        if next(turns) == 0:
            return b"boot\r\n" + encode({"hello": "demo", "protocol": 0, "bench": True})
        return ok(request, pole="demo")

    found, _ = client(answer)
    assert found.wait_hello("demo", 5.0) == {"pole": "demo"}


def test_a_repl_s_echo_is_no_pole():
    found, line = client(lambda request: b">>> " + encode(request)[1:])
    began = time.monotonic()
    with pytest.raises(LinkError):
        found.wait_hello("demo", 30.0)
    assert time.monotonic() - began < 5
