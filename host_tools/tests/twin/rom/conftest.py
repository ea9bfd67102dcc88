"""Chips' loaders, and boards that carry one."""

import pytest
from romhost import Served
from stage import virtual  # noqa: F401


@pytest.fixture
def served():
    """`served("esp32c3")`: a loader that esptool can open."""
    made = []

    def start(name):
        made.append(Served(name))
        return made[-1]

    yield start
    for one in made:
        one.close()
