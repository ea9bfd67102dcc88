"""The bench for the stories: a virtual board, or the real one at `--port`.

    pytest hil_tests                                                    # a virtual board plays the pole
    pytest hil_tests --port /dev/ttyUSB0 --pole poles/mine.toml         # a real one: it will carry that pole

What needs a hand at the pole (unplugging a sensor, cutting the power, looking at the lamp) is done by the virtual
board's twins; on a real board those stories are skipped.
"""

from pathlib import Path

import pytest
from pole_dut import PoleDut
from pytest_embedded import App

from yigan import conf, places
from yigan.twin.virtual import VirtualBoard


def pytest_runtest_makereport(item, call):
    if call.excinfo and not call.excinfo.errisinstance(pytest.skip.Exception):
        item.parent.broken = item.name


def pytest_runtest_setup(item):
    broken = getattr(item.parent, "broken", None)
    if broken:
        pytest.xfail(f"the story ended at {broken}")


class Bench:
    """`pole`, `port`, and the hands at the pole."""

    def __init__(self, pole: Path, port: str, board: VirtualBoard | None):
        self.file, self.pole, self.port, self._board = pole, conf.load(pole), port, board

    def lamp_percent(self) -> float | None:
        """How bright the lamp itself is; None where nobody looks."""
        return self._board.state("lamp")["level_percent"] if self._board else None

    @property
    def hands(self) -> VirtualBoard:
        if self._board is None:
            pytest.skip("nobody's hands are at a real board")
        return self._board


@pytest.fixture(scope="module")
def bench(request, tmp_path_factory):
    """One board for all stories of a file: they follow on each other."""
    pole = places.root() / request.config.getoption("--pole")
    port = request.config.getoption("--port")
    if port:
        yield Bench(pole, port, None)
        return
    with VirtualBoard(tmp_path_factory.mktemp("board")) as board:
        board.start(conf.load(pole).board, pole)
        yield Bench(pole, board.port, board)


@pytest.fixture
def dut(bench, pexpect_proc, msg_queue, _pexpect_logfile, test_case_name, _meta):
    """The board under test, with pytest-embedded's `expect`."""
    found = PoleDut(
        bench.port,
        pexpect_proc=pexpect_proc,
        msg_queue=msg_queue,
        app=App(build_dir=None),
        pexpect_logfile=_pexpect_logfile,
        test_case_name=test_case_name,
        meta=_meta,
    )
    yield found
    found.close()
