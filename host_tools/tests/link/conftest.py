"""Boards for tests: started on demand, stopped for sure."""

from stage import virtual  # noqa: F401
