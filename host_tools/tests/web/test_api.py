"""The bench over HTTP."""

import fakebench
import pytest


def post(client, url, **body):
    return client.post(url, json=body)


def test_nothing_chosen_yet(client):
    state = client.get("/api/slots").json()
    assert state == {
        "bench": {
            "phase": "stopped",
            "finished": False,
            "roster": {"path": "", "poles": 0, "passed": 0, "missing": []},
        },
        "slots": [],
    }
    answer = post(client, "/api/start")
    assert answer.status_code == 422 and "no list of poles" in answer.json()["what"]


def test_choose_start_work_stop(client, station):
    assert {r["path"]: r["kind"] for r in client.get("/api/rosters").json()} == {
        "poles": "folder",
        "POLES.csv": "table",
    }
    assert post(client, "/api/roster", path="poles").json()["poles"] == 3
    assert post(client, "/api/start").json()["bench"]["phase"] == "running"
    assert post(client, "/api/start").status_code == 200  # twice is once
    bench = fakebench.FakeBench.made[-1]
    assert bench.running and (bench.patterns, bench.person, bench.flash) == (("ttyX*",), "wang", True)
    bench.work("a0", "pole-0", "/dev/ttyX0")
    state = client.get("/api/slots").json()
    assert state["bench"]["roster"]["missing"] == ["pole-1", "pole-2"]
    assert [(s["key"], s["pole"], s["state"], s["percent"], s["place"]) for s in state["slots"]] == [
        ("a0", "pole-0", "working", 68, 0)
    ]
    bench.put("a0", state="passed", seconds=12.3)
    assert client.get("/api/slots").json()["bench"]["roster"]["passed"] == 1
    assert post(client, "/api/roster", path="POLES.csv").status_code == 409  # not while it works
    post(client, "/api/stop")
    from stage import until

    until(lambda: client.get("/api/slots").json()["bench"]["phase"] == "stopped")
    assert not bench.running
    assert client.get("/api/slots").json()["slots"][0]["state"] == "passed"  # still to be seen
    assert post(client, "/api/roster", path="POLES.csv").json() == {
        "path": "POLES.csv", "poles": 1, "passed": 0, "missing": []}  # fmt: skip


def test_a_pole_that_cannot_be_built_starts_nothing(client, station, monkeypatch):
    from yigan.errors import ConfigError

    def broken(self):
        raise ConfigError("It does not fit.", "0.toml:2:board", "Take another board.")

    monkeypatch.setattr(fakebench.FakeBench, "start", broken)
    station.choose("poles")
    answer = post(client, "/api/start")
    assert (answer.status_code, answer.json()) == (
        422, {"what": "It does not fit.", "where": "0.toml:2:board", "hint": "Take another board."})  # fmt: skip
    assert client.get("/api/slots").json()["bench"]["phase"] == "stopped"


def test_a_file_that_was_edited_is_read_again(client, station, folder):
    station.choose("poles")
    (folder / "poles" / "0.toml").write_text("board = 3", encoding="utf-8")
    answer = post(client, "/api/start")
    assert answer.status_code == 422 and "0.toml" in answer.json()["where"]


def test_retry(client, running):
    running.bench.put("/dev/ttyX0", port="/dev/ttyX0", state="failed")
    running.bench.put("b0", state="working")
    assert client.post("/api/retry/%2Fdev%2FttyX0").status_code == 200
    assert running.bench.retried == ["/dev/ttyX0"]
    assert client.post("/api/retry/b0").status_code == 409
    assert client.post("/api/retry/nobody").status_code == 409
    running.stop(wait=True)
    assert client.post("/api/retry/%2Fdev%2FttyX0").status_code == 409


@pytest.mark.parametrize(
    "path", ["../other", "/", "/etc/passwd", "poles/../../other/pole.toml", "..", "way-out", "x" * 3000]
)
def test_a_list_from_elsewhere(client, station, folder, path):
    (folder / "way-out").symlink_to(folder.parent / "other")
    answer = post(client, "/api/roster", path=path)
    assert answer.status_code in (403, 422) and station.roster()["path"] == ""
    if path != "x" * 3000:
        assert answer.status_code == 403 and "outside" in answer.json()["what"]


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '{"path": 3}', '{"path": ""}', '{"path": "a\\u0000b"}', "null", "[" * 2000]
)
def test_a_request_that_says_nothing(client, body):
    assert client.post("/api/roster", content=body).status_code == 422


def test_a_table_with_a_fault_says_where(client, folder):
    (folder / "bad.csv").write_text("file,uid\npoles/0.toml,xyz\n", encoding="utf-8")
    answer = post(client, "/api/roster", path="bad.csv")
    assert answer.status_code == 422 and "bad.csv:2:uid" in answer.json()["where"]


def test_a_bar_goes_back_only_with_a_new_work(client, running):
    def percent():
        return client.get("/api/slots").json()["slots"][0]["percent"]

    running.bench.put("a0", state="working", stage="verify", total=1, began=5.0)
    assert percent() == 82
    running.bench.put("a0", stage="send", done=1, total=10)
    assert percent() == 82
    running.bench.put("a0", began=6.0)
    assert percent() == 57


def test_what_somebody_stopped_is_no_failure(client, running):
    running.bench.put("a0", state="failed", error="Interrupted", what="Stopped in the middle: run it again.")
    assert client.get("/api/slots").json()["slots"][0]["state"] == "interrupted"


def test_sentences_come_in_the_language_of_the_reader(client, running):
    running.bench.put("a0", state="failed", what="The board is not plugged in.", hint="Plug it in.")
    chinese = client.get("/api/slots", headers={"accept-language": "zh-CN,en;q=0.5"}).json()["slots"][0]
    assert (chinese["what"], chinese["hint"]) == ("板子没有插上。", "请插上板子。")
    assert client.get("/api/slots?language=en").json()["slots"][0]["what"] == "The board is not plugged in."
    refused = client.post("/api/retry/nobody", headers={"accept-language": "zh"}).json()
    assert refused["what"] == "该板子已不在工作台上。"


def test_secrets_stay_here(client, running):
    work = running.bench.work("a0", "pole-2", "/dev/ttyX0", ["wifi: bench, one-pole-many-uses!"])
    running.bench.put(
        "a0", state="failed", what="It last said: one-pole-many-uses", hint="key one-pole-many-uses"
    )
    running.ledger.finish(work, "failed", "It last said: one-pole-many-uses")
    for path in ("/api/slots", f"/api/log/{work}", "/api/history", "/api/export.csv", "/api/rosters"):
        answer = client.get(path)
        assert answer.status_code == 200 and "one-pole-many-uses" not in answer.text
    assert "••••" in client.get("/api/slots").text


def test_a_bug_shows_no_innards(station, monkeypatch, caplog):
    from starlette.testclient import TestClient

    from yigan.web import app

    def broken():
        raise ZeroDivisionError("secret/path.py")

    with TestClient(app.make(station), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        monkeypatch.setattr(station, "candidates", broken)
        answer = client.get("/api/rosters")
    assert answer.status_code == 500 and "ZeroDivisionError" in answer.text and "secret" not in answer.text
    assert caplog.messages == ["ZeroDivisionError: secret/path.py"]  # the terminal says more, as promised


def test_the_page_in_the_language_of_the_browser(client):
    assert (
        '<html lang="zh-CN">' in client.get("/", headers={"accept-language": "zh-TW,zh;q=0.9,en;q=0.8"}).text
    )
    assert '<html lang="en">' in client.get("/", headers={"accept-language": "de"}).text
