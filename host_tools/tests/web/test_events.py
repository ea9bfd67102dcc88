"""Server-sent events over a real socket: all first, then what changed; again after a restart."""

import contextlib
import json
import threading

import httpx2
import pytest
from stage import until

from yigan.web import events


class Stream:
    """What a page hears, collected by a thread."""

    def __init__(self, url, **headers):
        self.heard, self.ids, self.ended = [], [], threading.Event()
        self._client = httpx2.Client(timeout=20)
        threading.Thread(
            target=self._listen, args=(url + "api/events?language=en", headers), daemon=True
        ).start()

    def _listen(self, url, headers):
        with (
            contextlib.suppress(httpx2.HTTPError, RuntimeError),
            self._client.stream("GET", url, headers=headers) as got,
        ):
            self.type, self.status, name = got.headers["content-type"], got.status_code, ""
            for line in got.iter_lines():
                field, _, value = line.partition(": ")
                if field == "id":
                    self.ids.append(value)
                elif field == "event":
                    name = value
                elif field == "data":
                    self.heard.append((name, json.loads(value)))
        self.ended.set()

    def wait(self, name, true=lambda data: True):
        def found():
            return next((data for said, data in self.heard if said == name and true(data)), None)

        until(lambda: found() is not None)
        return found()

    def close(self):
        self._client.close()


@pytest.fixture
def listen():
    made = []

    def start(url, **headers):
        made.append(Stream(url, **headers))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_all_first_then_what_changes(running, served, listen):
    running.bench.put("a0", pole="pole-0")
    page = listen(served(running, "127.0.0.1", 0).url)
    first = page.wait("snapshot")
    assert first["bench"]["phase"] == "running" and [s["key"] for s in first["slots"]] == ["a0"]
    assert page.type.startswith("text/event-stream") and page.heard[0][0] == "snapshot"
    running.bench.put("a0", state="working", stage="send", done=3, total=4)
    assert page.wait("slot", lambda s: s["state"] == "working")["percent"] == 75
    running.bench.put("b1", state="found")
    assert page.wait("slot", lambda s: s["key"] == "b1")["place"] == 1
    del running.bench.board["a0"]
    running.bench.put("b1", state="passed")
    assert page.wait("gone") == {"key": "a0"}
    running.stop()
    assert page.wait("bench", lambda b: b["phase"] == "stopped")
    assert len(set(page.ids)) > 3 and len({i.partition("-")[0] for i in page.ids}) == 1


def test_a_page_that_comes_back_gets_all(running, served, listen):
    running.bench.put("a0", pole="pole-0")
    url = served(running, "127.0.0.1", 0).url
    page = listen(url, **{"last-event-id": "deadbeef-41"})
    assert page.wait("snapshot")["slots"][0]["pole"] == "pole-0"


def test_a_flood_is_thinned(running, served, listen):
    page = listen(served(running, "127.0.0.1", 0).url)
    page.wait("snapshot")
    for n in range(2000):
        running.bench.put("a0", state="working", stage="send", done=n + 1, total=2000)
    assert page.wait("slot", lambda s: s["done"] == 2000)
    assert len(page.heard) < 40


def test_a_beat_when_nothing_happens(station, served, listen, monkeypatch):
    monkeypatch.setattr(events, "BEAT_S", 0.1)
    page = listen(served(station, "127.0.0.1", 0).url)
    page.wait("beat")


def test_the_end_of_the_server_ends_the_streams(station, served, listen):
    service = served(station, "127.0.0.1", 0)
    page = listen(service.url)
    page.wait("snapshot")
    service.end()
    assert page.ended.wait(3)


def test_too_many_pages(station, served, listen, monkeypatch):
    monkeypatch.setattr(events, "PAGES", 2)
    monkeypatch.setattr(events, "BEAT_S", 0.1)
    url = served(station, "127.0.0.1", 0).url
    pages = [listen(url), listen(url)]
    for page in pages:
        page.wait("snapshot")
    assert httpx2.get(url + "api/events", timeout=20).status_code == 503
    pages[0].close()
    until(lambda: listen(url).ended.wait(0.3) is False, 10)


def test_in_the_language_of_the_page(running, served):
    running.bench.put("a0", state="failed", what="The board is not plugged in.")
    url = served(running, "127.0.0.1", 0).url
    with httpx2.stream("GET", url + "api/events?language=zh", timeout=20) as got:
        data = next(line for line in got.iter_lines() if line.startswith("data: "))
    assert json.loads(data[6:])["slots"][0]["what"] == "板子没有插上。"


def test_text_of_a_board_cannot_forge_an_event(running, served, listen):
    page = listen(served(running, "127.0.0.1", 0).url)
    page.wait("snapshot")
    evil = 'x\n\nevent: bench\ndata: {"phase":"owned"}\n\n\r\u2028<script>'
    running.bench.put("a0", state="failed", what=evil)
    assert page.wait("slot", lambda s: s["state"] == "failed")["what"] == evil
    assert not [data for name, data in page.heard if name == "bench" and data.get("phase") == "owned"]
