"""Sockets, links, and the verb."""

import json
import os
import signal
import socket
import subprocess
import sys

import httpx2
import pytest

from yigan import cli
from yigan.errors import ConfigError, LinkError
from yigan.web import serve


def test_a_busy_port_gets_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(LinkError) as told:
            serve.bind("127.0.0.1", taken.getsockname()[1])
    assert "is busy" in told.value.what and "--http-port 0" in told.value.hint


@pytest.mark.parametrize("address", ["192.0.2.1", "no.such.address.invalid", "1.2.3.4.5"])
def test_an_address_of_somebody_else(address):
    with pytest.raises(ConfigError):
        serve.bind(address, 0)


def test_loopback_has_no_token_and_the_network_has(station, monkeypatch):
    here = serve.Service(station, "127.0.0.1", 0)
    assert here.url == f"http://127.0.0.1:{here.port}/" and not here.open
    monkeypatch.setattr(serve, "_is_loopback", lambda address: False)  # listens on loopback all the same
    there = serve.Service(station, "127.0.0.1", 0)
    assert there.open and len(there.url.partition("?token=")[2]) >= 22
    assert serve.Service(station, "127.0.0.1", 0).url.partition("=")[2] != there.url.partition("=")[2]
    for one in (here, there):
        one.socket.close()


def test_the_link_of_the_network_opens_the_page(station, served, monkeypatch):
    monkeypatch.setattr(serve, "_is_loopback", lambda address: False)
    service = served(station, "127.0.0.1", 0)
    with httpx2.Client(timeout=20) as phone:
        assert phone.get(f"http://127.0.0.1:{service.port}/").status_code == 401
        assert phone.get(service.url).status_code == 200
        assert phone.get(f"http://127.0.0.1:{service.port}/api/slots").status_code == 200
        assert "server" not in phone.get(service.url).headers


def test_a_qr_code_of_the_link():
    drawn = serve.qr("http://192.168.1.7:8470/?token=0123456789abcdefghijklmn")
    assert len(drawn.splitlines()) < 25 and "█" in drawn or "▄" in drawn


@pytest.fixture
def verb(folder, tmp_path):
    """`verb(...)`: `yigan station` as a process that has printed its link; (process, url)."""
    made = []

    def start(*words):
        environment = {**os.environ, "YIGAN_HOME": str(tmp_path / "home"), "YIGAN_LANG": "en"}
        command = [sys.executable, "-m", "yigan.cli", "station", "--http-port", "0", "--json", *words]
        made.append(
            subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return made[-1], json.loads(made[-1].stdout.readline())["url"]

    yield start
    for one in made:
        one.kill()
        one.wait()
        one.stdout.close()
        one.stderr.close()


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM])
def test_the_verb_serves_and_ends(verb, word):
    process, url = verb("poles")
    with httpx2.Client(timeout=20) as page, page.stream("GET", url + "api/events") as stream:
        assert "snapshot" in next(line for line in stream.iter_lines() if line.startswith("event"))
        assert page.get(url + "api/slots").json()["bench"]["roster"]["poles"] == 3
        process.send_signal(word)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 0 and out == "" and "closed" in err and "Traceback" not in err


def test_the_verb_starts_at_once(verb, tmp_path):
    (tmp_path / "hub").mkdir()
    process, url = verb(
        "POLES.csv", "--start", "--ports", str(tmp_path / "hub"), "--no-flash", "--person", "li"
    )
    state = httpx2.get(url + "api/slots", timeout=20).json()
    assert state["bench"]["phase"] == "running" and state["bench"]["roster"]["missing"] == ["pole-7"]
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def test_a_list_that_is_wrong(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert cli.main(["station", "nothing.csv", "--http-port", "0"]) == 3
    assert cli.main(["station", "--start", "--http-port", "0"]) == 3
    assert "no list of poles" in capsys.readouterr().err


def test_help_in_both_languages(capsys):
    assert cli.main(["station", "--help"]) == 0
    english = capsys.readouterr().out
    assert "yigan station POLES.csv --open" in english and "token" in english
    assert cli.main(["--lang", "zh", "station", "--help"]) == 0
    assert "令牌" in capsys.readouterr().out
