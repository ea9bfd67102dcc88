"""Boards, a state folder of the test's own, and a port made of a pty that can be pulled."""

import os
import select
import tty

import pytest
from stage import home, virtual  # noqa: F401


class Cable:
    """A port at `path` (a symlink, so that it can come back); `board` is the other end's descriptor."""

    def __init__(self, path):
        self.path = path
        self.plug()

    def plug(self):
        self.board, slave = os.openpty()
        tty.setraw(slave)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)

    def pull(self):
        os.close(self.board)
        self.board = None
        self.path.unlink()

    def say(self, data):
        os.write(self.board, data)

    def take(self, within_s=20):
        """What has come; TimeoutError when nothing does."""
        if not select.select([self.board], [], [], within_s)[0]:
            raise TimeoutError
        return os.read(self.board, 4096)

    def close(self):
        if self.board is not None:
            os.close(self.board)


@pytest.fixture
def cable(tmp_path):
    found = Cable(tmp_path / "port")
    yield found
    found.close()


class Seen:
    """A view that remembers."""

    def __init__(self):
        self.heard, self.notes, self.text = [], [], ""

    def show(self, heard):
        self.heard.append(heard)

    def note(self, text):
        self.notes.append(text)

    def raw(self, text):
        self.text += text

    @property
    def lines(self):
        return [each.text for each in self.heard]

    @property
    def kinds(self):
        return [each.kind for each in self.heard]


@pytest.fixture
def seen():
    return Seen()
