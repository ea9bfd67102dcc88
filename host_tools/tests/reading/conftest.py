"""`write(tables...)`: the pole of reading_pole.py and what a test adds to it."""

import pytest
from reading_pole import HEAD, TODAY

from yigan import conf, lang
from yigan.conf import calibration


@pytest.fixture
def write(tmp_path, monkeypatch):
    """write("[[plausibility]]", "point = ...; high = 5") -> the loaded pole."""
    lang.choose("en")
    monkeypatch.setattr(calibration, "today", lambda: TODAY)

    def make(*tables):
        path = tmp_path / "pole.toml"
        text = "".join(f"{line}\n" for table in tables for line in table.split("; "))
        path.write_text(HEAD + text, encoding="utf-8")
        return conf.load(path)

    yield make
    lang.choose(None)
