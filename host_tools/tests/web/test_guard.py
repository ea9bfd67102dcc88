"""Strangers: other sites, other names, forged and oversized requests; and the headers that bind the page."""

import pytest
from starlette.testclient import TestClient

from yigan.web import app
from yigan.web.door import Door
from yigan.web.guard import HEADERS, own_name


@pytest.mark.parametrize("host", ["127.0.0.1:8470", "localhost", "LOCALHOST:1", "[::1]:8470", "127.0.0.7"])
def test_names_of_loopback(host):
    assert own_name(host, network=False)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "localhost.evil", "192.168.1.7:8470",
     "127.0.0.1:8470/", "0x7f.1", "a b", "[::1", "127.0.0.1:8470:1", "127.0.0.1:999999"],
)  # fmt: skip
def test_names_that_are_not(host):
    assert not own_name(host, network=False)


def test_on_the_network_any_address_but_no_other_name(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Bench-2")
    assert own_name("192.168.1.7:8470", network=True) and own_name("[fe80::1]", network=True)
    assert own_name("bench-2:8470", network=True) and own_name("bench-2.local.", network=True)
    assert not own_name("rebound.example", network=True)


@pytest.mark.parametrize("path", ["/", "/api/slots", "/api/events", "/main.js", "/api/export.csv"])
def test_a_rebound_name_gets_nothing(client, path):
    answer = client.get(path, headers={"host": "rebound.example"})
    assert answer.status_code == 421 and "rebound.example" in answer.json()["what"]


POSTS = ["/api/start", "/api/stop", "/api/retry/x", "/api/roster"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:8470"},
        {"origin": "http://127.0.0.1:8471"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_post_from_elsewhere(client, station, path, headers):
    station.choose("poles")
    assert client.post(path, json={"path": "POLES.csv"}, headers=headers).status_code == 403
    assert station.state()["bench"]["phase"] == "stopped" and station.roster()["path"] == "poles"


@pytest.mark.parametrize("path", POSTS)
def test_a_form_cannot_send_our_header(station, path):
    with TestClient(app.make(station), base_url="http://127.0.0.1:8470") as plain:
        assert plain.post(path, data={"path": "POLES.csv"}).status_code == 403
        assert station.state()["bench"]["phase"] == "stopped"


def test_another_site_may_link_but_not_call(client):
    cross = {"sec-fetch-site": "cross-site"}
    assert client.get("/", headers=cross).status_code == 200
    assert client.get("/api/slots", headers=cross).status_code == 403
    assert client.get("/api/events", headers=cross).status_code == 403


def test_too_much(client):
    assert client.post("/api/roster", json={"path": "x" * 5000}).status_code == 413
    assert client.post("/api/roster", content=iter([b"{}"])).status_code == 413  # no length
    assert client.post("/api/roster", content=b"{}", headers={"content-length": "-1"}).status_code == 413


@pytest.mark.parametrize(
    "path", ["/", "/main.js", "/api/slots", "/api/nothing", "/api/log/99999999999999999999"]
)
def test_every_answer_is_bound(client, path):
    answer = client.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert "cache-control" in answer.headers and "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT", "DELETE"])
def test_other_methods(client, method):
    assert client.request(method, "/api/start").status_code in (404, 405)
    assert client.request(method, "/api/start", headers={"origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/../app.py", "/%2e%2e/app.py", "/..%2fapp.py", "/%00", "/page/../../door.py", "//etc/passwd"],
)
def test_no_file_but_the_page(client, path):
    answer = client.get(path)
    assert answer.status_code in (404, 400) and "import" not in answer.text


class TestDoor:
    """The token, for a station on the network."""

    @pytest.fixture
    def outside(self, station):
        with TestClient(app.make(station, Door("right-token")), base_url="http://192.0.2.7:8470") as made:
            yield made

    def test_nobody_without_it(self, outside):
        assert outside.get("/").status_code == 401 and "<form" in outside.get("/").text
        for path in ("/api/slots", "/api/events", "/api/history", "/api/export.csv", "/main.js"):
            assert outside.get(path).status_code == 401
        assert outside.get("/api/slots").json()["what"]
        assert outside.post("/api/start", headers={"x-yigan": "1"}).status_code == 401

    def test_the_first_link_leaves_a_cookie(self, outside):
        first = outside.get("/?token=right-token", follow_redirects=False)
        assert first.status_code == 200 and first.headers["refresh"] == "0; url=/"
        kept = first.headers["set-cookie"]
        assert "HttpOnly" in kept and "SameSite=Strict" in kept and "Path=/" in kept
        assert "right-token" not in first.text
        assert outside.get("/api/slots").status_code == 200  # the client keeps the cookie
        assert outside.get("/").text.startswith("<!doctype html>")

    def test_a_script_shows_it_as_a_bearer(self, outside):
        assert outside.get("/api/slots", headers={"authorization": "Bearer right-token"}).status_code == 200
        assert outside.get("/api/slots", headers={"authorization": "Bearer wrong"}).status_code == 403

    def test_guessing(self, outside, monkeypatch):
        now = [1000.0]
        monkeypatch.setattr("yigan.web.door.time.monotonic", lambda: now[0])
        codes = [outside.get(f"/?token=guess{n}").status_code for n in range(9)]
        assert codes == [403] * 8 + [429]
        late = outside.get("/?token=right-token")
        assert late.status_code == 429 and int(late.headers["retry-after"]) == 61
        assert "set-cookie" not in late.headers
        now[0] += 61
        assert outside.get("/?token=right-token").status_code == 200

    def test_a_page_of_yesterday_locks_nobody_out(self, outside):
        for _ in range(30):
            assert outside.get("/api/slots", headers={"cookie": "yigan_station=yesterday"}).status_code == 403
        assert outside.get("/?token=right-token").status_code == 200

    def test_it_is_compared_in_constant_time(self, outside, monkeypatch):
        seen = []
        monkeypatch.setattr(
            "yigan.web.door.secrets.compare_digest", lambda a, b: seen.append((a, b)) or a == b
        )
        outside.get("/api/slots", headers={"cookie": "yigan_station=wrong"})
        assert seen == [(b"wrong", b"right-token")]

    def test_strange_tokens(self, outside):
        for token in ("%00", "%ff", "é", "a" * 5000, ""):
            assert outside.get(f"/?token={token}").status_code in (403, 429)

    def test_a_rebound_name_does_not_reach_the_door(self, outside):
        assert outside.get("/?token=right-token", headers={"host": "rebound.example"}).status_code == 421

    def test_who_guesses_from_many_addresses_does_not_fill_the_memory(self):
        door = Door("right-token")
        for n in range(3000):
            door._note(f"2001:db8::{n:x}", "wrong")
        assert len(door._wrong) == 1000
