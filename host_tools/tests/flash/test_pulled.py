"""The cable is pulled, the supply fails, at whatever moment: the next run makes it whole, and nothing was lost."""

import random
import threading
import time

import pytest
from stage import run, until

from yigan.errors import LinkError
from yigan.flash import Wishes, esp

QUIET = lambda *_: None  # noqa: E731


def put(port, image, wishes):
    return esp.flash(port, {image.facts.chip: image}, wishes, QUIET)


def bytes_of_a_run(line, cables, image, wishes):
    """Towards the board, from the first sync to the end."""
    cable = cables(line.url)
    put(cable.url, image, wishes)
    return cable.carried - 200  # the last command only leaves the loader


def test_at_20_random_moments(chips, cables, image, hasty, home):
    """One chip with something on it; every run is cut off somewhere else, the last one is not."""
    line, new = chips("esp32"), image("esp32", size=70_000)
    precious = b"what was there before " * 2000
    line.loader.flash.program(0x1000, precious)
    cable, moments, cut = cables(line.url), random.Random(2026), 0
    whole = bytes_of_a_run(chips("esp32"), cables, new, hasty)
    for _ in range(20):
        cable.plug()
        line.loader.restart()
        cable.pull_after(moments.randrange(whole))
        try:
            put(cable.url, new, hasty)
        except LinkError as error:
            assert error.what and error.hint
            cut += 1
    assert cut == 20
    cable.plug()
    line.loader.restart()
    done = put(cable.url, new, hasty)
    assert line.loader.flash.read(0x1000, new.size) == new.path.read_bytes() and done.verified == "md5"
    kept = [file for file in (home / "backups").rglob("*.bin") if file.read_bytes().startswith(precious[:2000])]
    assert kept, "what was there before is gone"
    assert not list((home / "backups").rglob("unfinished.json")) and not list((home / "backups").rglob("*.part"))


def test_a_cable_that_comes_back_in_time_needs_no_second_run(chips, cables, image, hasty):
    line, new = chips("esp32"), image("esp32", size=70_000)
    cable, came_back = cables(line.url), threading.Event()
    cable.pull_after(bytes_of_a_run(chips("esp32"), cables, new, hasty) - 4_000)  # while it writes

    def back():
        while not cable.out:
            time.sleep(0.05)
        line.loader.restart()
        cable.plug()
        came_back.set()

    threading.Thread(target=back, daemon=True).start()
    assert put(cable.url, new, Wishes()).changed and came_back.is_set()
    assert line.loader.flash.read(0x1000, new.size) == new.path.read_bytes()


@pytest.mark.parametrize("seed", range(2))
def test_the_supply_fails_inside_a_write_to_flash(virtual, image, hasty, seed):
    board, new = virtual(bare=True), image("esp32", size=70_000)
    for at in random.Random(seed).sample(range(1, 14), 2):
        board.reset("download")
        board.power_cut(at_write=at)
        with pytest.raises(LinkError):
            put(board.socket, new, Wishes(attempts=2, reconnect=False))
        until(lambda: not board.stats()["powered"])
        board.power(True)  # it may start, or not; it never stays silent for ever
    board.reset("download")
    assert put(board.socket, new, hasty).verified == "md5"
    board.reset("power")
    assert run(board, "print('up')") == "up\n"
