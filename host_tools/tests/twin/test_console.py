"""The console: what a busy program loses, Ctrl-C, Ctrl-D, and mpremote as everybody uses it (design 5)."""

import subprocess
import sys
import textwrap
import time

import pytest
import serial as pyserial
from stage import put, run, until

MPREMOTE = [sys.executable, "-m", "mpremote"]


def mpremote(board, *words, timeout=30):
    done = subprocess.run(
        [*MPREMOTE, "connect", board.port, *words], capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_blank_esp32_has_its_ports_boot_file_only(virtual):
    board = virtual()
    assert run(board, "import os; print(os.listdir('/'))") == "['boot.py']\n"
    assert 'Type "help()" for more information.\r\n>>> ' in board.log()
    assert "linux" not in board.log()


def test_mpremote_runs_copies_lists_and_resets(virtual, tmp_path):
    board = virtual()
    tree = tmp_path / "tree"
    (tree / "pole").mkdir(parents=True)
    (tree / "pole" / "data.bin").write_bytes(bytes(range(256)) * 20)
    (tree / "main.py").write_text("print('main runs')\n")
    assert mpremote(board, "exec", "print(6*7)").strip() == "42"
    mpremote(board, "fs", "cp", "-r", f"{tree}/.", ":")
    assert "5120 data.bin" in mpremote(board, "fs", "ls", ":pole")
    mpremote(board, "fs", "cp", ":pole/data.bin", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == bytes(range(256)) * 20
    mpremote(board, "soft-reset")
    starts = board.stats()["starts"]
    mpremote(board, "reset")
    until(lambda: board.stats()["starts"] > starts and "SW_CPU_RESET" in board.log())
    until(lambda: board.log().endswith(">>> "))
    assert "main runs" in board.log().rpartition("SW_CPU_RESET")[2]
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint(sys.platform)\n")
    assert mpremote(board, "run", str(script)).strip() == "esp32"


def test_a_soft_reset_from_raw_mode_runs_boot_but_not_main(virtual):
    board = virtual()
    put(board, "boot.py", "print('boot ran')\n")
    put(board, "main.py", "print('main ran')\n")
    mark = len(board.log())
    assert run(board, "print('here')") == "here\n"
    said = board.log()[mark:]
    assert "MPY: soft reboot\r\nboot ran\r\nraw REPL; CTRL-B to exit\r\n>" in said
    assert "main ran" not in said
    mark = len(board.log())
    with pyserial.Serial(board.port, timeout=2) as port:
        port.write(b"\r\x02\x04")
        until(lambda: "main ran" in board.log()[mark:])
    assert "boot ran" in board.log()[mark:]


def test_main_is_taken_from_the_folder_boot_changed_to(virtual):
    board = virtual()
    run(board, "import os; os.mkdir('/a')")
    put(board, "/a/main.py", "import os\nprint('slot', os.getcwd())\n")
    put(board, "/boot.py", "import os, sys\nos.chdir('/a')\nsys.path.insert(0, '/a')\n")
    board.reset()
    until(lambda: "slot /a" in board.log())


def test_an_error_in_main_shows_its_traceback_and_the_repl(virtual):
    board = virtual()
    put(board, "main.py", "def f():\n    1/0\nf()\n")
    board.reset()
    until(lambda: board.log().endswith(">>> "))
    tail = board.log().rpartition("SPI_FAST_FLASH_BOOT)")[2]
    assert 'last):\n  File "main.py", line 3, in <module>\n  File "main.py", line 2, in f' in tail.replace("\r\n", "\n")
    assert "ZeroDivisionError" in tail


@pytest.mark.parametrize("waits", ["pass", "time.sleep_ms(5)", "sys.stdin.buffer.read(8)"])
def test_ctrl_c_interrupts_what_runs(virtual, waits):
    board = virtual()
    put(board, "main.py", f"import sys, time\nprint('begun')\nwhile True:\n    {waits}\n")
    board.reset()
    until(lambda: "begun" in board.log())
    time.sleep(0.05)
    with pyserial.Serial(board.port, timeout=2) as port:
        port.write(b"\x03")
        assert b"KeyboardInterrupt" in port.read_until(b">>> ")
        port.write(b"\x03\x031+1\r")
        assert b"\r\n2\r\n" in port.read_until(b"2\r\n>>> ")
    assert board.stats()["starts"] == 3  # power-on, the soft reset of `put`, ours: none of them by a death


def test_a_program_can_keep_ctrl_c_for_itself(virtual):
    board = virtual()
    put(board, "main.py", "import micropython, sys\nmicropython.kbd_intr(-1)\nprint('begun')\n"
                          "print('got', sys.stdin.buffer.read(3))\nmicropython.kbd_intr(3)\nprint('free')\n"
                          "while True: pass\n")
    board.reset()
    until(lambda: "begun" in board.log())
    with pyserial.Serial(board.port, timeout=2) as port:
        port.write(b"a\x03b")
        assert b"got b'a\\x03b'" in port.read_until(b"free")
        port.write(b"\x03")
        assert b"KeyboardInterrupt" in port.read_until(b">>> ")


def test_reading_eight_bytes_blocks_until_eight_came(virtual):
    board = virtual()
    put(board, "main.py", "import sys\nprint('begun')\nprint(sys.stdin.buffer.read(8))\n")
    board.reset()
    until(lambda: "begun" in board.log())
    with pyserial.Serial(board.port, timeout=0.2) as port:
        port.write(b"half")
        assert port.read(20) == b""
        port.write(b"past")
        port.timeout = 2
        assert port.read_until(b"\n") == b"b'halfpast'\r\n"


# Busy until a hand at its pin says that it is enough: however late the host is.
BUSY = """import machine, select, sys, time
hand = machine.Pin(15, machine.Pin.IN)
print('busy')
while not hand.value():
    {what}
p = select.poll()
p.register(sys.stdin, select.POLLIN)
n = 0
while p.poll({patience_ms}):
    sys.stdin.buffer.read(1)
    n += 1
print('kept', n)
"""


def busy(board, what="time.sleep_ms(5)", patience_ms=0):
    board.set("pin:15", "level", 0)
    put(board, "main.py", BUSY.format(what=what, patience_ms=patience_ms))
    board.reset()
    until(lambda: board.log().rstrip().endswith("busy"))


def enough(board, port):
    """How many bytes it kept."""
    board.set("pin:15", "level", 1)
    port.read_until(b"kept ")
    return int(port.read_until(b"\n"))


def test_a_busy_esp32_keeps_259_bytes_of_its_console(virtual):
    board = virtual(baud=115200)
    busy(board)
    with pyserial.Serial(board.port, timeout=8) as port:
        port.write(b"x" * 400)
        until(lambda: board.stats()["console_overruns"] == 400 - 259)
        assert enough(board, port) == 259


def test_a_usb_console_makes_the_sender_wait(virtual):
    board = virtual("rp2-pico-w")
    busy(board, patience_ms=1000)
    with pyserial.Serial(board.port, timeout=8) as port:
        port.write(b"x" * 2000)
        assert enough(board, port) == 2000
    assert board.stats()["console_overruns"] == 0


def test_an_erase_makes_an_esp32_deaf(virtual):
    board = virtual(baud=115200, latency=1)
    busy(board, "with open('x', 'wb') as f: f.write(bytes(8192))")
    sent = 0
    with pyserial.Serial(board.port, timeout=8) as port:
        while board.stats()["console_overruns"] < 20:
            assert sent < 240, "less than the ring holds, and yet nothing was lost"
            sent += port.write(b"x" * 12)
            time.sleep(0.03)
        kept = enough(board, port)
    assert board.stats()["console_overruns"] == sent - kept


def test_sys_exit_and_machine_soft_reset_start_again(virtual):
    board = virtual()
    put(board, "main.py", "import machine\nprint('cause', machine.reset_cause())\n"
                          "if machine.reset_cause() != machine.SOFT_RESET:\n    machine.soft_reset()\n")
    board.reset()
    until(lambda: "cause 5" in board.log())
    assert "cause 2\r\nMPY: soft reboot\r\ncause 5" in board.log()
    assert run(board, "import sys; print(1)") == "1\n"


def test_output_nobody_reads_is_lost_as_on_a_cable(virtual):
    board = virtual()
    run(board, "print('before')")
    time.sleep(0.1)
    with pyserial.Serial(board.port, timeout=0.3) as port:
        assert b"before" not in port.read(100)




# How fast it is

TAKE = """import sys, time, machine
print('ready')
sys.stdin.buffer.read(1)
t = time.ticks_us()
for i in range({n}):
    sys.stdin.buffer.read(1)
print('took', time.ticks_diff(time.ticks_us(), t))
"""
TELL = """import sys, time
t = time.ticks_us()
for i in range(100):
    {say}
print('took', time.ticks_diff(time.ticks_us(), t))
"""


def took(port, lead=b"took "):
    assert lead in port.read_until(lead)
    return int(port.read_until(b"\r")) / 1e6


def on_start(board, code):
    """The board's port, and `code` as its main program just started."""
    put(board, "main.py", code)
    port = pyserial.Serial(board.port, timeout=8)
    board.reset()
    return port


def test_a_uart_takes_its_baud_rate(virtual):
    n = 11520
    board = virtual(baud=115200)
    with on_start(board, "while True:\n" + textwrap.indent(TAKE.format(n=n), "    ")) as port:
        port.read_until(b"ready\r\n")
        paces = []
        while not any(9800 < pace for pace in paces):  # a busy machine may be slower, never quicker
            port.write(b"x" * (n + 1))
            paces.append(n / took(port))
            assert paces[-1] < 11700 and len(paces) < 8, paces
    assert board.stats()["console_overruns"] == 0


def test_usb_takes_what_the_program_reads(virtual):
    n = 11520
    with on_start(virtual("rp2-pico-w", baud=115200), TAKE.format(n=n)) as port:
        port.read_until(b"ready\r\n")
        port.write(b"x" * (n + 1))
        assert n / took(port) > 30000


@pytest.mark.parametrize("say", ["print('y' * 113)", "sys.stdout.buffer.write(b'y' * 115)"])
def test_who_prints_on_a_uart_waits_for_it(virtual, say):
    board = virtual(baud=115200)
    with on_start(board, "while True:\n" + textwrap.indent(TELL.format(say=say), "    ")) as port:
        for _ in range(8):  # a busy machine hears late, when it begins or when it ends
            port.read_until(b"y")
            began = time.monotonic()
            assert took(port) > 0.5  # all but what waits in its FIFO and in ours
            if 9800 < 11500 / (time.monotonic() - began) < 12100:
                return
        pytest.fail("never at its pace")


def test_ctrl_c_ends_what_prints_without_end(virtual):
    board = virtual(baud=115200)
    with on_start(board, "while True:\n    print('on and on')\n") as port:
        for _ in range(3):
            port.read(2000)
            port.write(b"\x03")
            said = port.read_until(b"KeyboardInterrupt")
            assert said.endswith(b"KeyboardInterrupt") and len(said) < 40000  # what is under way, and not much more
            port.read_until(b">>> ")
            port.write(b"while True: print('on and on')\r\r")
    assert board.stats()["starts"] <= 4


def test_a_line_typed_ahead_runs_and_can_be_interrupted(virtual):
    board = virtual()
    with pyserial.Serial(board.port, timeout=4) as port:
        for _ in range(5):
            port.write(b"\rwhile True: print('on and on')\r\r")
            assert b"on and on\r\non and on" in port.read_until(b"on and on\r\non and on")
            port.write(b"\x03")
            assert b"KeyboardInterrupt" in port.read_until(b"KeyboardInterrupt")
            port.read_until(b">>> ")
