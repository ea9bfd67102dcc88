"""Boards to flash, a store with images for them, and a cable that can be pulled."""

import pytest
from cable import Cable
from romhost import served as chips  # noqa: F401
from stage import virtual  # noqa: F401

from yigan import lang
from yigan.flash import Wishes
from yigan.images import store
from yigan.twin.rom import factory

NAMES = {"esp32": "ESP32_GENERIC", "esp32s3": "ESP32_GENERIC_S3", "rp2040": "RPI_PICO", "rp2350": "RPI_PICO2"}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("YIGAN_DRIVES", raising=False)
    lang.choose("en")
    yield tmp_path / "home"
    lang.choose(None)


@pytest.fixture
def image(tmp_path):
    """`image("esp32")`: made, and in the store."""

    def make(chip, version="1.26.1", size=100_000):
        suffix = "uf2" if chip.startswith("rp") else "bin"
        path = tmp_path / f"{NAMES[chip]}-20250911-v{version}.{suffix}"
        build = factory.rp2_firmware if suffix == "uf2" else factory.esp_firmware
        path.write_bytes(build(chip, version=version, size=size))
        return store.add(path)[0]

    return make


@pytest.fixture
def cables():
    """`cables(url)`: something to pull between us and a `socket://`."""
    made = []

    def lay(url):
        made.append(Cable(url))
        return made[-1]

    yield lay
    for one in made:
        one.close()


@pytest.fixture
def hasty():
    """Fail at once: for tests that pull cables."""
    return Wishes(attempts=2, reconnect=False)
