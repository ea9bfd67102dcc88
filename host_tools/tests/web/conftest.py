"""A station in a folder of its own: with a bench that only plays, in process or served."""

import threading

import fakebench
import pytest
from stage import home, until  # noqa: F401
from starlette.testclient import TestClient

from yigan.bench import Ledger
from yigan.web import app
from yigan.web.serve import Service
from yigan.web.station import Station, Wishes

ORIGIN = "http://127.0.0.1:8470"


@pytest.fixture
def folder(tmp_path):
    """The station's working folder: three poles, one with a secret; and something beside it that is none of its business."""
    made = tmp_path / "bench"
    (made / "poles").mkdir(parents=True)
    for n in range(3):
        text = fakebench.POLE.format(id=f"pole-{n}") + (fakebench.WIFI if n == 2 else "")
        (made / "poles" / f"{n}.toml").write_text(text, encoding="utf-8")
    (made / "POLES.csv").write_text("file,id\npoles/0.toml,pole-7\n", encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "pole.toml").write_text(fakebench.POLE.format(id="other"), encoding="utf-8")
    return made


@pytest.fixture
def station(folder, home):  # noqa: F811
    made = Station(Ledger(), folder, Wishes(("ttyX*",), "wang"), make=fakebench.FakeBench)
    yield made
    made.stop(wait=True)
    made.ledger.close()


@pytest.fixture
def running(station):
    """A station at work on the three poles; its bench is `running.bench`."""
    station.choose("poles")
    station.start()
    station.bench = fakebench.FakeBench.made[-1]
    return station


@pytest.fixture
def client(station):
    with TestClient(
        app.make(station), base_url=ORIGIN, headers={"x-yigan": "1", "accept-language": "en"}
    ) as made:
        yield made


@pytest.fixture
def served():
    """`served(station, ...)`: a Service that answers at its `url`; ended with the test."""
    made = []

    def serve(*words):
        service = Service(*words)
        thread = threading.Thread(target=service.run, daemon=True)
        thread.start()
        made.append((service, thread))
        until(lambda: service.ready, 10)
        return service

    yield serve
    for service, thread in made:
        service.end()
        thread.join(10)
        assert not thread.is_alive()
