"""A checkout of its own for the tests that ask for `here`."""

from checkout import checkout, here, write  # noqa: F401
