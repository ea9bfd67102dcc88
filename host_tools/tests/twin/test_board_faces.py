"""Ways in with control lines: RFC 2217 resets the board as a USB bridge does; a socket is a socket (design 5)."""

import time

import pytest
import serial as pyserial
from stage import part, put, until

from yigan.link import serial
from yigan.link.rawrepl import RawRepl


@pytest.mark.parametrize("way", ["rfc2217", "socket"])
def test_the_raw_repl_works_over_the_network(virtual, way):
    board = virtual()
    with serial.open(getattr(board, way)) as port:
        repl = RawRepl(port)
        repl.enter()
        assert repl.exec("print(sum(range(100)))") == b"4950\r\n"


def pulse(port, boot):
    """What esptool's classic reset does: EN low with RTS; IO0 low with DTR."""
    port.dtr = False
    port.rts = True
    time.sleep(0.05)
    port.dtr = boot
    port.rts = False
    time.sleep(0.05)
    port.dtr = False


def test_dtr_and_rts_reset_it_and_enter_the_boot_loader(virtual):
    board = virtual(wiring=[part("lamp", "pwm", 25)])
    put(board, "main.py", "print('main ran')\n")
    with pyserial.serial_for_url(board.rfc2217, timeout=2) as port:
        starts = board.stats()["starts"]
        pulse(port, boot=False)
        assert b"main ran" in port.read_until(b"main ran")
        assert board.stats()["starts"] == starts + 1 and not board.stats()["download"]
        pulse(port, boot=True)
        assert b"waiting for download" in port.read_until(b"download\r\n")
        assert board.stats()["download"] and board.stats()["vm"] is None
        pulse(port, boot=False)
        assert b"main ran" in port.read_until(b"main ran")


def test_lines_at_rest_do_not_reset(virtual):
    board = virtual()
    starts = board.stats()["starts"]
    for _ in range(2):
        pyserial.serial_for_url(board.rfc2217, timeout=1).close()
    time.sleep(0.1)
    assert board.stats()["starts"] == starts


def test_a_slow_reader_loses_output_and_not_the_board(virtual):
    board = virtual()
    put(board, "main.py", "for i in range(20000):\n    print('a line of some length', i)\nprint('through')\n")
    with pyserial.Serial(board.port, timeout=1):
        board.reset()
        until(lambda: "through" in board.log(), 10)
