"""One after the other, over all processes of this user: boards in BOOTSEL cannot be told apart, so only one may be."""

from collections.abc import Iterator
from contextlib import contextmanager

from yigan import home

try:
    import fcntl
except ImportError:  # Windows: there a bench with several Picos names its drives
    fcntl = None


@contextmanager
def bootsel() -> Iterator[None]:
    """Waits for its turn."""
    home.folder().mkdir(parents=True, exist_ok=True)
    with (home.folder() / "bootsel.lock").open("w") as file:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
