"""Every test here works in a checkout of its own."""

import pytest
from checkout import checkout, here, write  # noqa: F401


@pytest.fixture(autouse=True)
def everywhere(here):  # noqa: F811
    """YIGAN_ROOT names the test checkout."""
