"""A bundle onto a board, through all that goes wrong on the way. The board boots the old one or the new one."""

import time

import pytest
import small
from small import bundle, says
from stage import put, run, until

from yigan.deploy import carry, paste, receiver
from yigan.deploy.tree import manifest
from yigan.errors import DeviceError, LinkError, Refused, VerifyError
from yigan.link import serial

OLD, NEW = bundle("old"), bundle("new")
GUARDED = """
_feed, _print = machine.WDT(timeout=1500).feed, print
def print(*words, **how):
    _feed()
    _print(*words, **how)
"""


def flash(board):
    """Flash operations so far."""
    found = board.stats()["flash"]
    return found["erases"] + found["programs"]


def test_blank_then_changed_then_again(virtual):
    board = virtual()
    first = carry.carry(board.port, OLD)
    assert (first.slot, first.changed, first.launcher, first.was) == ("a", True, True, "")
    assert sorted([*first.sent, "manifest"]) == sorted(OLD.slot)  # which the board makes itself
    assert says(board) == "old"

    second = carry.carry(board.port, NEW)
    assert (second.slot, second.sent, second.was) == ("b", ["word"], "small-0001")
    assert len(second.copied) == len(NEW.slot) - 2 and not second.launcher
    assert says(board) == "new"

    third = carry.carry(board.port, NEW)
    assert (third.slot, third.sent, third.changed) == ("b", [], False)
    assert says(board) == "new"

    back = carry.carry(board.port, OLD)  # b is still on trial: a is what it falls back to, and it is OLD
    assert back.sent == [] and says(board) == "old"


def test_nothing_changed_writes_nothing(virtual):
    board = virtual()
    carry.carry(board.port, NEW)
    put(board, "/boot.rec", "1 a ok 0 -\n")
    before = flash(board)
    assert not carry.carry(board.port, NEW).changed
    assert flash(board) == before


@pytest.mark.parametrize("profile", ["esp32-devkit", "rp2-pico-w"])
def test_blank_flash_is_not_erased_and_used_flash_is(virtual, profile):
    """Each block of a board from the box is used once without an erase; whoever mounts it later reads the same."""
    port = "rp2" if profile.startswith("rp2") else "esp32"
    new, board = bundle("new", board=profile, port=port), virtual(profile)
    put(
        board, "/theirs", "x" * 300
    )  # littlefs keeps it in its directory where the port's program size is 256
    before = board.stats()["flash"]["erases"]
    carry.carry(board.port, new)
    assert board.stats()["flash"]["erases"] - before < 4 < len(new.slot)
    assert says(board) == "new"
    assert run(board, "print(open('/theirs').read() == 'x' * 300)") == "True\n"
    run(board, "import os\nn = os.statvfs('/')[3] - 1\nf = open('/video.bin', 'wb')\n"
               "for k in range(n): f.write(b'0' * 4096)\nf.close()\nos.remove('/video.bin')", 60)  # fmt: skip
    before = board.stats()["flash"]["erases"]
    carry.carry(board.port, bundle("other", board=profile, port=port))
    assert board.stats()["flash"]["erases"] - before >= 4
    assert says(board) == "other"


def test_a_large_file_and_odd_sizes(virtual):
    board = virtual()
    made = bundle("large", modules=3, size=9001)
    carry.carry(board.port, made)
    listing = run(
        board, "import os\nprint(os.stat('/a/pole/m0.py')[6], os.stat('/a/pole/deep/er/empty.py')[6])"
    )
    assert listing.split() == ["9001", "0"]
    assert says_after_reset(board) == "large"


def says_after_reset(board):
    board.reset("hard")
    return says(board)


@pytest.mark.parametrize("profile", ["rp2-pico-w", "esp32s3-pole"])
def test_boards_with_their_own_usb(virtual, profile):
    board = virtual(profile)
    port = "rp2" if profile.startswith("rp2") else "esp32"
    carry.carry(board.port, bundle("usb", board=profile, port=port))
    assert says(board) == "usb"


@pytest.mark.parametrize("way", ["rfc2217", "socket"])
def test_over_the_network(virtual, way):
    board = virtual()
    carry.carry(getattr(board, way), NEW)
    assert says(board) == "new"


def test_at_the_speed_of_the_line_with_a_deaf_ring(virtual):
    board = virtual(baud=115200, latency=1.0)
    report = carry.carry(board.port, bundle("slow", modules=8, size=1500))
    assert report.resent == 0 and board.stats()["console_overruns"] == 0
    assert says(board) == "slow"


# The cable


@pytest.fixture(scope="module")
def sent_bytes(tmp_path_factory):
    """How many bytes a whole deploy of NEW over OLD sends, and where its stages end."""
    from yigan.twin.virtual import VirtualBoard

    with VirtualBoard(tmp_path_factory.mktemp("measure")).start("esp32-devkit", latency=0, baud=0) as board:
        carry.carry(board.port, OLD)
        says(board)
        with serial.open(board.port) as port:
            cable = small.Cable(port)
            carry._Carrier(cable, NEW, lambda *_: None, carry.Report()).run()
            return cable.written


def test_a_rerun_sends_only_the_rest(virtual, monkeypatch):
    board = virtual()
    large = bundle("large", modules=12, size=3000)
    with monkeypatch.context() as patch:
        small.pull(patch, 15000)
        with pytest.raises(LinkError):
            carry.carry(board.port, large)
    again = carry.carry(board.port, large)
    assert 0 < len(again.sent) < len(large.slot) - 3
    assert says(board) == "large"


def test_pulled_and_left_alone_the_pole_comes_back_by_itself(virtual, monkeypatch, sent_bytes):
    """Nobody presses anything: the receiver hears nothing for 15 s, or its watchdog bites."""
    board = virtual()
    carry.carry(board.port, OLD)
    assert says(board) == "old"
    with monkeypatch.context() as patch:
        small.pull(patch, sent_bytes - 900)
        with pytest.raises(LinkError):
            carry.carry(board.port, NEW)
    assert says(board, 25.0) == "old"


def test_a_break_in_the_middle_mends_itself(virtual, monkeypatch, sent_bytes):
    board, tries, real = virtual(), [], serial.open_within

    def first_time(name, seconds=0.0, baud=serial.BAUD):
        tries.append(name)
        port = real(name, 5.0, baud)
        return small.Cable(port, sent_bytes - 1500) if len(tries) == 1 else port

    monkeypatch.setattr(carry.serial, "open_within", first_time)
    report = carry.carry(board.port, NEW)
    assert report.attempts == 2 and says(board) == "new"


# The power


@pytest.mark.parametrize("at", [5, 17, 40, 70])
def test_power_cut_in_the_middle_of_a_write(virtual, monkeypatch, at):
    monkeypatch.setattr(carry, "_AGAIN", 0)
    monkeypatch.setattr(receiver, "_WORK_S", 1.0)
    monkeypatch.setattr(receiver, "_BREAK_S", 0.5)
    board = virtual()
    carry.carry(board.port, OLD)
    assert says(board) == "old"
    board.power_cut(at_write=at)
    try:
        carry.carry(board.port, NEW)
    except (LinkError, DeviceError, VerifyError):
        pass
    board.power(False)
    board.power(True)
    assert says(board) in ("old", "new")
    carry.carry(board.port, NEW)
    assert says(board) == "new"


def test_reset_in_the_middle(virtual, monkeypatch):
    """The host hears the board start anew, goes in again and finishes."""
    board = virtual()
    made = bundle("large", modules=12, size=3000)
    done = []

    def watch(stage, at, total):
        if stage == "send" and at > total / 2 and not done:
            done.append(at)
            board.reset("hard")

    report = carry.carry(board.port, made, watch)
    assert done and report.attempts == 2
    assert says(board) == "large"


# The board


@pytest.mark.parametrize(
    "program",
    [
        "while True: print('x' * 100)\n",
        "import time\nwhile True:\n try:\n  time.sleep(1)\n except KeyboardInterrupt: print('no')\n"
        " else: print('hm')\n if time.ticks_ms() % 7 == 0: break\n",
        "import sys\nwhile True: sys.stdin.read(1)\n",
        "x = bytearray(110000)\nwhile True: pass\n",  # it has nearly all of the heap
    ],
    ids=["spews", "catches", "reads", "fat"],
)
def test_somebody_else_s_program_runs(virtual, program):
    board = virtual()
    put(board, "/main.py", program)
    board.reset("hard")
    time.sleep(0.3)
    carry.carry(board.port, NEW)
    assert says(board) == "new"


def test_a_watchdog_that_the_application_armed(virtual, monkeypatch):
    """It bites after 1.5 s; the deploy takes longer, and is not bitten."""

    def real():
        return paste.plain("probe").removesuffix(paste._PRINT) + paste.plain("receiver")

    monkeypatch.setattr(
        paste, "receiver", lambda: paste._packed(real().replace("timeout=8000", "timeout=1500"))
    )
    board = virtual(baud=115200)
    carry.carry(board.port, bundle("guarded", extra=GUARDED))
    assert says(board) == "guarded"
    starts = board.stats()["starts"]
    report = carry.carry(board.port, bundle("new", modules=14, size=2500))
    assert sum(report.stages.values()) > 2.0 and report.attempts == 1
    assert board.stats()["starts"] <= starts + 2  # our soft reset, and the restart at the end
    assert says(board) == "new"


def test_full_file_system_is_refused_before_anything_is_written(virtual):
    board = virtual()
    run(board, "import os\nn = os.statvfs('/')[3]\nf = open('/video.bin', 'wb')\n"
               "for k in range(n - 12): f.write(bytes(4096))\nf.close()", 60)  # fmt: skip
    before = flash(board)
    with pytest.raises(Refused, match="too full") as caught:
        carry.carry(board.port, NEW)
    assert "video.bin" in caught.value.hint
    assert flash(board) == before
    run(board, "import os\nos.remove('/video.bin')")
    carry.carry(board.port, NEW)
    assert says(board) == "new"


def test_the_wrong_board_keeps_its_program(virtual):
    board = virtual()
    carry.carry(board.port, OLD)
    put(board, "/boot.rec", "1 a ok 0 -\n")  # a start on trial would write
    before = flash(board)
    with pytest.raises(Refused, match="rp2"):
        carry.carry(board.port, bundle("new", port="rp2", board="rp2-pico-w"))
    assert says(board) == "old"
    assert flash(board) == before


def test_what_the_flash_lost_is_seen_before_the_switch(virtual, monkeypatch):
    board = virtual()
    carry.carry(board.port, OLD)
    assert says(board) == "old"
    wrong = manifest({**NEW.slot, "word": b"other"})
    with monkeypatch.context() as patch:
        real = carry._Carrier._verify
        patch.setattr(carry._Carrier, "_verify", lambda self, b, todo: real(self, b, _with(todo, wrong)))
        with pytest.raises(VerifyError):
            carry.carry(board.port, NEW)
    assert says(board) == "old"


def _with(todo, text):
    todo.manifest = text
    return todo


# The line


@pytest.mark.parametrize("seed", [0, 3])
def test_noise_both_ways_costs_time_only(virtual, seed):
    """One byte in 3000 lost or bent, in both directions, while the stream runs."""
    board = virtual()
    with serial.open(board.port) as port:
        cable = small.Cable(port, noise=1 / 3000, seed=seed)
        for left in (2, 1, 0):  # as carry.carried does: a link that breaks is taken up again, twice
            try:
                through(cable, port)
                break
            except LinkError:
                if not left:
                    raise
    assert cable.disturbed and until(lambda: says(board) == "noisy")


def through(cable, port):
    """The bundle over a disturbed cable; the raw REPL before it has a quiet one."""
    _, _, found = carry.look(port)
    link = receiver.Receiver(cable)
    one = carry._Carrier(cable, bundle("noisy", modules=12, size=1500), lambda *_: None, carry.Report())
    todo = one._decide(link, found)
    one._act(link, todo, found)
    link.reset()


def test_rubbish_that_waits_in_the_port(virtual):
    board = virtual()
    with serial.open(board.port) as port:
        port.write(b"\x00\xff\xa5\xa5Q" * 30 + b"\x05\x01\x02")
    carry.carry(board.port, NEW)
    assert says(board) == "new"
