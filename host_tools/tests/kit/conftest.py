"""A store of the test's own."""

from stage import home  # noqa: F401
