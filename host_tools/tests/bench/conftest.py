"""A home of their own for the tests of the bench."""

from stage import home, virtual  # noqa: F401
