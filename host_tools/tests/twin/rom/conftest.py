"""Chips' loaders, and boards that carry one."""

from romhost import served  # noqa: F401
from stage import virtual  # noqa: F401
