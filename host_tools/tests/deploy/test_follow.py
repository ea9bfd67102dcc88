"""A board whose port is renamed on the way is followed; another board is not touched."""

import os

import pytest
import small
from small import bundle, says

from yigan import bundle as bundles
from yigan import conf, places
from yigan.deploy import carry, commission
from yigan.errors import LinkError, Refused
from yigan.link import serial

NEW = bundle("new")


class Renamed:
    """The board's port as ttyACM0, and as ttyACM1 once it has been pulled; `asked`: how often somebody followed it."""

    def __init__(self, folder, board):
        self.first, self.second = str(folder / "ttyACM0"), str(folder / "ttyACM1")
        self.board, self.asked, self.away = board, 0, 0
        os.symlink(os.path.realpath(board.port), self.first)

    def pull(self, away=2):
        """It comes back when it has been asked for `away` times."""
        os.remove(self.first)
        self.away = away

    def follow(self):
        self.asked += 1
        if os.path.lexists(self.first):
            return self.first
        if self.away:
            self.away -= 1
            return ""
        if not os.path.lexists(self.second):
            os.symlink(os.path.realpath(self.board.port), self.second)
        return self.second


@pytest.fixture
def opened(monkeypatch):
    """The ports as they are opened; `cut`: bytes until each of them loses its cable."""
    real = serial.open

    class Opened(list):
        cut, when = {}, staticmethod(lambda: None)

        def __call__(self, name, baud=serial.BAUD):
            port = real(name, baud)
            after = self.cut.get(len(self))
            self.append(name)
            return _Cut(port, after, self.when) if after else port

    every = Opened()
    monkeypatch.setattr(serial, "open", every)
    monkeypatch.setattr(carry.time, "sleep", lambda seconds: None)
    return every


class _Cut(small.Cable):
    def __init__(self, port, after, when):
        super().__init__(port, after)
        self._when = when

    def write(self, data):
        try:
            super().write(data)
        except LinkError as error:
            self._when()
            raise serial.vanished(self.name, error) from error


def test_renamed_in_the_middle(virtual, tmp_path, opened):
    board = virtual("esp32s3-pole")
    port = Renamed(tmp_path, board)
    opened.cut, opened.when = {0: 6000}, port.pull
    report = carry.carry(port.first, bundle("new", board="esp32s3-pole"), follow=port.follow)
    assert opened == [port.first, port.second]
    assert (report.attempts, report.port, port.asked) == (2, port.second, 4)
    assert says(board) == "new"


def test_renamed_by_its_own_reset(virtual, tmp_path, monkeypatch):
    pole = places.root() / "poles" / "demo.toml"
    made, board = bundles.build(conf.load(pole)), virtual(pole=pole)
    port, ports, real = Renamed(tmp_path, board), [], serial.open
    monkeypatch.setattr(serial, "open", lambda *a: ports.append(real(*a)) or ports[-1])

    def reset(stage, done, total):
        if stage == "start":
            port.pull()
            ports[-1]._device.close()

    done = commission.commission(port.first, made, reset, port.follow)
    assert [each.name for each in ports] == [port.first, port.second]
    assert done.report.port == port.second and done.identity["bundle"] == made.hash
    assert done.identity["uid"] == done.report.uid


def test_a_board_that_does_not_come_back():
    with pytest.raises(LinkError, match=r"did not come back within 0 s") as caught:
        serial.open_followed(lambda: "", away_s=0.2)
    assert "resumes" in caught.value.hint
    with pytest.raises(LinkError, match="no such port"):
        serial.open_followed(lambda: "/dev/ttyNOT", settle_s=0.2)


def test_another_board_is_refused_and_goes_on(virtual):
    board = virtual()
    uid = carry.carry(board.port, NEW).uid
    assert says(board) == "new"
    with pytest.raises(Refused, match=f"This is board {uid}, expected 0123456789ab") as caught:
        carry.carry(board.port, bundle("other"), uid="0123456789AB")
    assert "Nothing was written" in caught.value.hint
    assert says(board) == "new"
    assert carry.carry(board.port, bundle("other"), uid=uid.upper()).changed


def test_another_board_under_the_name_after_a_break(virtual, tmp_path, opened):
    """ttyACM0 was pulled, and what is called so now is the next board on the bench."""
    one, two = virtual(), virtual(folder="two")
    opened.cut = {0: 6000}
    names = iter([one.port, two.port])
    with pytest.raises(Refused, match="expected"):
        carry.carry(one.port, NEW, follow=lambda: next(names))
    assert says(two, 1.0) == ""
