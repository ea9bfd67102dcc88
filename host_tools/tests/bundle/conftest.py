"""Every test here works in a checkout of its own."""

from checkout import checkout, here, write  # noqa: F401
