"""A store of the test's own."""

import pytest

from yigan import lang


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path / "home"))
    lang.choose("en")
    yield tmp_path / "home"
    lang.choose(None)
