"""What goes wrong on a bench: each with its sentence, nothing broken, and a rerun that works."""

import functools
import os
import random
import threading
import time
import tty

import pytest
import small
from small import bundle, says
from stage import put, run

from yigan.bundle import archive
from yigan.deploy import carry, facts, paste
from yigan.errors import DeviceError, LinkError, Refused
from yigan.link import serial
from yigan.link.rawrepl import RawRepl

OLD, NEW = bundle("old"), bundle("new")
CONFIRM = """
import os
words = open('/boot.rec').read().split()
if words[2] == 'try':
    with open('/boot.new', 'w') as file:
        file.write('1 %s ok 0 %s\\n' % (words[1], words[4]))
    os.rename('/boot.new', '/boot.rec')
"""


@pytest.fixture
def once(monkeypatch):
    """A link that breaks is not taken up again by itself."""
    monkeypatch.setattr(carry, "_AGAIN", 0)


def works(board, made=NEW, word="new"):
    """The rerun."""
    carry.carry(board.port, made)
    return says(board) == word


def test_the_cable_pulled_at_twenty_moments(virtual, monkeypatch, once):
    """Another bundle is on its way each time: the pole boots what it had or that one, and a rerun ends well."""
    board, draw = virtual(), random.Random(20)
    carry.carry(board.port, _another("word0"))
    seen, broken = set(), 0
    total = _bytes_of(board, monkeypatch)
    for n, after in enumerate([1, *sorted(draw.randrange(2, total) for _ in range(18)), total - 1]):
        runs, word = says(board), f"word{n}"
        with monkeypatch.context() as patch:
            small.pull(patch, after)
            try:
                carry.carry(board.port, _another(word))
            except serial.Vanished as error:  # the last bytes only tell it to start: nobody misses them
                assert "The port is gone" in error.what
                assert "Run it again: it resumes" in error.hint
                broken += 1
        board.reset("hard")
        seen.add((says(board) == runs, says(board) == word))
        assert works(board, _another(word), word), after
    assert seen == {(True, False), (False, True)} and broken >= 18


def _another(word):
    """A bundle of which more than its word is new; its application is content with itself, as a pole is."""
    files = {name: data for name, data in NEW.files.items() if name != "manifest"}
    files |= {"main.py": small._MAIN.format(extra=CONFIRM).encode(), "word": word.encode()}
    files |= {"pole/new.py": random.Random(word).randbytes(3000).hex().encode()}
    return archive.seal(files, NEW.id, "1")


def _bytes_of(board, monkeypatch):
    """How many bytes a whole deploy sends: of one that said nothing twice, as it does where the machine is busy."""
    for n in range(10):
        cables, real = [], serial.open_within
        with monkeypatch.context() as patch:
            patch.setattr(
                carry.serial,
                "open_within",
                lambda *a, made=cables, real=real: made.append(small.Cable(real(*a))) or made[-1],
            )
            report = carry.carry(board.port, _another(f"first{n}"))
        assert says(board) == f"first{n}"
        if not report.resent and len(cables) == 1:
            return cables[0].written
    raise AssertionError("it said something twice each time")


def test_the_board_reset_in_the_middle(virtual, once):
    board, made = virtual(), bundle("large", modules=12, size=2000)
    with pytest.raises(LinkError, match="stopped answering in the middle") as caught:
        carry.carry(board.port, made, lambda stage, at, total: at > total / 2 and board.reset("hard"))
    assert "it resumes" in caught.value.hint
    assert works(board, made, "large")


def test_the_watchdog_bites(virtual, monkeypatch, once):
    """A receiver that forgets to feed it."""
    board, made, real = virtual(baud=115200), bundle("large", modules=12, size=2000), paste.receiver
    script = paste.plain("probe").removesuffix(paste._PRINT) + paste.plain("receiver")
    hungry = script.replace("timeout=8000", "timeout=1000").replace("watchdog.feed()", "pass")
    with monkeypatch.context() as patch:
        patch.setattr(paste, "receiver", lambda: paste._packed(hungry))
        with pytest.raises(LinkError, match="stopped answering in the middle"):
            carry.carry(board.port, made)
        patch.setattr(carry, "_AGAIN", 2)
        patch.setattr(carry.time, "sleep", lambda seconds: patch.setattr(paste, "receiver", real))
        report = carry.carry(board.port, bundle("larger", modules=30, size=2000))
        assert report.attempts == 2  # it mends itself
    assert says(board) == "larger"


def test_full_in_the_middle(virtual, monkeypatch):
    """Somebody wrote a file after we had looked."""
    board = virtual()
    carry.carry(board.port, OLD)
    run(board, "import os\nn = os.statvfs('/')[3]\nf = open('/video.bin', 'wb')\n"
               "for k in range(n - 6): f.write(bytes(4096))\nf.close()", 60)  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(carry.plan, "_fits", lambda *_: None)
        with pytest.raises(DeviceError, match="file system is full") as caught:
            carry.carry(board.port, NEW)
    assert "mpremote fs rm" in caught.value.hint and says(board) == "old"
    run(board, "import os\nos.remove('/video.bin')")
    assert works(board)


def test_the_wrong_chip(virtual):
    board = virtual()
    carry.carry(board.port, OLD)
    with pytest.raises(Refused, match="for esp32s3-pole; this is Generic ESP32 module with ESP32") as caught:
        carry.carry(board.port, bundle("new", board="esp32s3-pole"))
    assert "Build the bundle for this board" in caught.value.hint
    native = {
        **{k: v for k, v in NEW.files.items() if k != "manifest"},
        "pole/m9.mpy": b"M\x06\x2f\x1f" + b"\0" * 20,
    }
    with pytest.raises(Refused, match=r"m9\.mpy is bytecode version 6\.11"):  # RISC-V code
        carry.carry(board.port, archive.seal(native, NEW.id, "1"))
    assert says(board) == "old"
    assert works(board)


def test_the_wrong_micropython(virtual, monkeypatch):
    board = virtual()
    later = {
        **{k: v for k, v in NEW.files.items() if k != "manifest"},
        "pole/m9.mpy": b"M\x09\x00\x1f" + b"\0" * 20,
    }
    with pytest.raises(Refused, match="bytecode version 9") as caught:
        carry.carry(board.port, archive.seal(later, NEW.id, "1"))
    assert "mpy-cross of the board's version" in caught.value.hint
    with monkeypatch.context() as patch:
        patch.setattr(facts, "OLDEST", (9, 0))
        with pytest.raises(Refused, match="is too old for yigan") as caught:
            carry.carry(board.port, NEW)
    assert "1.24 or later" in caught.value.hint
    assert works(board)


def test_a_micropython_without_deflate_says_so(virtual, monkeypatch):
    """The receiver does not start there; the probe alone tells why."""
    board = virtual()
    with monkeypatch.context() as patch:
        patch.setattr(paste, "receiver", lambda: b"import deflate_is_not_here")
        plain = paste.plain("probe").replace("import deflate", "import deflate_is_not_here")
        patch.setattr(paste, "plain", lambda name: plain)
        with pytest.raises(Refused, match="no `deflate`"):
            carry.carry(board.port, NEW)
    assert works(board)


def test_the_port_is_held(virtual):
    board = virtual()
    with serial.open(board.port), pytest.raises(LinkError, match="is busy") as caught:
        carry.carry(board.port, NEW)
    assert caught.value.hint
    assert works(board)


def test_a_board_that_answers_garbage(virtual, tmp_path, monkeypatch):
    monkeypatch.setattr(RawRepl, "enter", functools.partialmethod(RawRepl.enter, timeout_s=1.0))
    board, port = virtual(), tmp_path / "port"
    master, slave = os.openpty()
    tty.setraw(slave)
    port.symlink_to(os.ttyname(slave))
    stop, draw = threading.Event(), random.Random(5)

    def talk():
        while not stop.wait(0.01):
            os.write(master, draw.randbytes(40))

    talker = threading.Thread(target=talk)
    talker.start()
    began = time.monotonic()
    try:
        with pytest.raises(LinkError, match="lets nobody into its raw REPL") as caught:
            carry.carry(str(port), NEW)
    finally:
        stop.set()
        talker.join()
        os.close(master)
        os.close(slave)
    assert "Wrong baud rate" in caught.value.hint
    assert time.monotonic() - began < 5.0  # not tried three times over
    port.unlink()
    port.symlink_to(os.path.realpath(board.port))
    carry.carry(str(port), NEW)
    assert says(board) == "new"


def test_another_s_program_is_left_as_it_was_when_refused(virtual):
    board = virtual()
    put(board, "/main.py", "while True: print('mine')\n")
    with pytest.raises(Refused):
        carry.carry(board.port, bundle("new", port="rp2", board="rp2-pico-w"))
    with serial.open(board.port) as port:
        assert b"mine" in port.drain(0.2, 2.0)
    assert works(board)
