"""Into the raw REPL from every state a board can be in."""

import os
import threading
import time
import tty

import pytest
from stage import put

from yigan.deploy import paste
from yigan.errors import DeviceError, LinkError
from yigan.link import serial
from yigan.link.rawrepl import RawRepl

STUBBORN = """
import time
n = 0
while True:
    try:
        while True:
            print("still here", n)
            time.sleep(0.01)
    except KeyboardInterrupt:
        n += 1
        if n == 4:
            raise
"""
SPEWING = "while True: print('x' * 200)\n"
SILENT = "while True: pass\n"
READING = "import sys\nwhile True: sys.stdin.read(1)\n"


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    from yigan.twin.virtual import VirtualBoard

    with VirtualBoard(tmp_path_factory.mktemp("repl")).start("esp32-devkit", latency=0, baud=0) as found:
        yield found


@pytest.fixture
def port(board):
    with serial.open(board.port) as found:
        yield found


def entered(port, soft_reset=True):
    repl = RawRepl(port)
    repl.enter(soft_reset)
    assert repl.exec("print(6 * 7)") == b"42\r\n"
    return repl


def test_fresh_prompt(port):
    entered(port)


@pytest.mark.parametrize(
    "program", [STUBBORN, SPEWING, SILENT, READING], ids=["stubborn", "spewing", "silent", "reading"]
)
def test_a_program_runs(port, program):
    entered(port).start(program)
    time.sleep(0.2)
    entered(port)


def test_it_came_from_main_py(board, port):
    entered(port)
    port.close()
    put(board, "/main.py", SPEWING)
    board.reset("hard")
    time.sleep(0.3)
    with serial.open(board.port) as again:
        repl = entered(again)
        repl.exec("import os\nos.remove('/main.py')")


def test_boot_py_that_never_ends(board, port):
    entered(port)
    port.close()
    put(board, "/boot.py", "print('booting')\n" + SILENT)
    board.reset("hard")
    time.sleep(0.3)
    with serial.open(board.port) as again:
        repl = entered(again)
        repl.exec("import os\nos.remove('/boot.py')")


@pytest.mark.parametrize(
    "typed",
    [
        b"\x02print('half a line",
        b"\x02for i in range(3):\r\n  print(",
        b"\x02\x05x = 1\r\ny = ",  # paste mode
        b"\x02" + b"\x7f" * 30 + b"\xff\xfe",
        b"\x01print(1",  # raw REPL, not yet run
        b"\x01\x05A\x01print(",  # raw paste, broken off
        b"\x00\x80\r\n" * 20,
    ],
    ids=["line", "block", "paste", "rubbish", "raw", "raw-paste", "noise"],
)
def test_somebody_left_in_the_middle(port, typed):
    entered(port)
    port.write(typed)
    time.sleep(0.1)
    entered(port)


def test_a_receiver_left_behind_in_the_middle_of_a_piece(port):
    repl = entered(port)
    repl.start(paste.receiver())
    time.sleep(0.5)
    port.write(b"\xa5420100")  # less than a header
    time.sleep(0.1)
    entered(port)


def test_soft_reset_gives_a_fresh_interpreter(port):
    repl = entered(port)
    repl.exec("kept = 1")
    entered(port, soft_reset=False).exec("kept")
    with pytest.raises(DeviceError, match="NameError"):
        entered(port).exec("kept")


def test_output_comes_as_it_is_printed(port):
    pieces = []
    repl = entered(port)
    printed = repl.exec("import time\nfor i in range(3):\n print(i)\n time.sleep(0.1)", output=pieces.append)
    assert b"".join(pieces) == printed == b"0\r\n1\r\n2\r\n"
    assert len(pieces) > 1


def test_the_board_s_traceback(port):
    with pytest.raises(DeviceError) as caught:
        entered(port).exec("def f():\n  raise ValueError('of the lamp')\nf()")
    assert "ValueError: of the lamp" in caught.value.what
    assert "line 2, in f" in caught.value.hint


def test_a_long_script(port):
    code = "".join(f"x{i} = {i} # some words to make it longer\n" for i in range(400)) + "print(x399)"
    assert entered(port).exec(code) == b"399\r\n"


def test_silence_ends(port):
    with pytest.raises(LinkError, match="silent"):
        entered(port).exec(SILENT, timeout_s=0.3)


@pytest.fixture
def stranger():
    """`stranger(reply)` -> a port behind which each write is answered with `reply`."""
    masters, stop = [], threading.Event()

    def make(reply):
        master, slave = os.openpty()
        tty.setraw(slave)
        masters.append(master)
        os.set_blocking(master, False)

        def answer():
            while not stop.is_set():
                try:
                    if os.read(master, 1000):
                        os.write(master, reply)
                except BlockingIOError:
                    time.sleep(0.01)
                except OSError:
                    return

        threading.Thread(target=answer, daemon=True).start()
        return serial.open(os.ttyname(slave))

    yield make
    stop.set()
    time.sleep(0.05)
    for master in masters:
        os.close(master)


def test_nobody_there(stranger):
    with pytest.raises(LinkError, match="(?i)nothing answers"):
        RawRepl(stranger(b"")).enter(timeout_s=1.0)


def test_another_firmware(stranger):
    with pytest.raises(LinkError, match="lets nobody") as caught:
        RawRepl(stranger(b"AT+ERROR\r\n")).enter(timeout_s=1.0)
    assert "AT+ERROR" in caught.value.hint


def test_babble_does_not_fill_the_memory(stranger):
    repl = RawRepl(stranger(b"z" * 1000))
    with pytest.raises(LinkError):
        repl.enter(timeout_s=1.0)
    assert len(repl._got) < 20000
