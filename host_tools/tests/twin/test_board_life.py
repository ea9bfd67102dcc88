"""A board's life: clocks, watchdog, resets and what they keep, heap, what its modules lack, its process."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import serial as pyserial
from stage import part, put, run, until

from yigan.errors import ConfigError, LinkError
from yigan.twin.virtual import VirtualBoard


def test_ticks_wrap_soon_and_the_clock_knows_nothing(virtual):
    board = virtual()
    code = """import time, machine
a, u = time.ticks_ms(), time.ticks_us()
print(a > 0x3fff0000, u > 0x3fb00000, time.ticks_add(0x3fffffff, 2), time.ticks_diff(1, 0x3fffffff))
try:
    time.ticks_add(0, 1 << 29)
except OverflowError:
    print('overflow')
print(time.gmtime()[:3], time.time() < 20, time.gmtime(0)[:3])
machine.RTC().datetime((2026, 11, 22, 6, 8, 30, 0, 0))
print(time.gmtime()[:5], machine.RTC().datetime()[:3], time.mktime((2026, 11, 22, 8, 30, 0, 0, 0)) - time.time() in (0, -1))
while time.ticks_ms() > 1000:
    time.sleep_ms(50)
print(time.ticks_diff(time.ticks_ms(), a) < 8000)"""
    lines = run(board, code, timeout_s=25).splitlines()
    assert lines == ["True True 1 2", "overflow", "(2000, 1, 1) True (2000, 1, 1)",
                     "(2026, 11, 22, 8, 30) (2026, 11, 22) True",
                     "True"]  # seven seconds on, over the wrap


def test_an_rp2_wakes_in_2021(virtual):
    board = virtual("rp2-pico-w")
    assert run(board, "import time; print(time.gmtime()[:3], time.gmtime(0)[:3])") == "(2021, 1, 1) (1970, 1, 1)\n"


KEEP = "import machine, time\nprint(machine.RTC().memory(), time.gmtime()[0], machine.reset_cause())"


def test_what_resets_and_power_cuts_keep(virtual):
    board = virtual()
    run(board, "import machine\nmachine.RTC().memory(b'crumb')\nmachine.RTC().datetime((2026, 1, 1, 4, 0, 0, 0, 0))")
    assert run(board, KEEP) == "b'crumb' 2026 5\n"
    board.reset()
    assert run(board, KEEP, soft_reset=False) == "b'crumb' 2026 2\n"
    board.power_cut()
    board.power(True)
    assert run(board, KEEP, soft_reset=False) == "b'' 2000 1\n"


def test_the_watchdog_bites_also_after_a_soft_reset(virtual):
    board = virtual(wiring=[part("lamp", "pwm", 25)])
    run(board, "import machine\nmachine.PWM(machine.Pin(25), freq=1000, duty_u16=9)\nw = machine.WDT(timeout=1000)\nw.feed()")
    board.reset("soft")
    assert board.stats()["watchdog_ms"] == 1000
    until(lambda: board.stats()["cause"] == "watchdog")
    assert "TG1WDT" in board.log() and board.state("lamp")["pwm"] == [0, 0]
    assert run(board, KEEP, soft_reset=False).endswith(" 3\n")
    assert board.stats()["watchdog_ms"] == 0


def test_a_fed_watchdog_does_not_bite_and_cannot_be_lengthened(virtual):
    board = virtual()
    code = "import machine, time\nw = machine.WDT(timeout=1000)\nmachine.WDT(timeout=60000)\n" \
           "for i in range(15):\n    time.sleep_ms(100)\n    w.feed()\nprint('alive')"
    assert run(board, code) == "alive\n"
    until(lambda: board.stats()["cause"] == "watchdog", 3)


def test_deep_sleep_wakes_with_its_cause(virtual):
    board = virtual()
    put(board, "main.py", "import machine as m\nif m.reset_cause() != m.DEEPSLEEP_RESET:\n    m.deepsleep(200)\nprint('awake')\n")
    board.reset()
    until(lambda: "awake" in board.log())
    assert "DEEPSLEEP_RESET" in board.log()


def test_the_heap_is_a_boards_and_the_shims_are_not_charged(virtual):
    board = virtual()
    free, used = map(int, run(board, "import gc; gc.collect(); print(gc.mem_free(), gc.mem_alloc())").split())
    stats = board.stats()
    # asyncio, which the VM's start loads for its ticks, is the board's to pay
    assert 160 * 1024 < free <= 176 * 1024
    assert free + used <= stats["heap_limit"] == 176 * 1024 + stats["heap_shims"]
    assert run(board, "try:\n    bytearray(180 * 1024)\nexcept MemoryError:\n    print('full')") == "full\n"


def test_the_hosts_files_are_out_of_reach(virtual):
    board = virtual()
    code = """import sys, os
print(sys.path, os.getcwd(), sys.maxsize, hasattr(os, 'getenv'), hasattr(os, 'system'), sys.argv)
for path in ('/etc/passwd', '/tmp', '/proc/self'):
    try:
        os.stat(path)
        print('seen')
    except OSError:
        pass
print([name for name in globals() if name[0] != '_'])"""
    first, second = run(board, code).splitlines()
    assert first == "['', '.frozen', '/lib'] / 2147483647 False False ['']"
    assert second == "['sys', 'os', 'path']"


def test_ctrl_c_between_requests_keeps_them_in_step(virtual):
    board = virtual()
    code = """import machine, sys
pin = machine.Pin(32, machine.Pin.IN, machine.Pin.PULL_UP)
low = machine.Pin(33, machine.Pin.IN, machine.Pin.PULL_DOWN)
print('begun')
hits = wrong = 0
while hits < 20:
    try:
        while True:
            wrong += pin.value() != 1 or low.value() != 0
    except KeyboardInterrupt:
        hits += 1
        print('hit')
print('wrong', wrong)"""
    put(board, "main.py", code)
    board.reset()
    until(lambda: "begun" in board.log())
    with pyserial.Serial(board.port, timeout=2) as port:
        for _ in range(20):
            port.write(b"\x03")
            assert b"hit" in port.read_until(b"hit")
        assert b"wrong 0" in port.read_until(b"wrong 0")


# The process


def test_it_stops_for_sure_and_leaves_nothing(virtual, tmp_path):
    board = virtual()
    put(board, "main.py", "import micropython\nmicropython.kbd_intr(-1)\nwhile True: pass\n")
    board.reset()
    family = [psutil.Process(board.process.pid), *psutil.Process(board.process.pid).children(recursive=True)]
    assert len(family) == 2 and board.running()
    board.stop()
    _, alive = psutil.wait_procs(family, 3)
    assert not alive and not board.running()
    assert not (board.folder / "port").is_symlink() and not (board.folder / "control").exists()
    with pytest.raises(LinkError, match="No virtual board"):
        board.stats()


def test_killed_it_takes_the_vm_along_and_can_start_again(virtual):
    board = virtual()
    put(board, "main.py", "while True: pass\n")
    board.reset()
    vm = psutil.Process(until(lambda: board.stats()["vm"]))
    os.kill(board.process.pid, signal.SIGKILL)
    vm.wait(3)
    board.process.wait(3)
    assert not board.running()
    again = virtual()
    until(lambda: again.stats()["powered"])


def test_it_dies_with_who_started_it(tmp_path):
    code = (
        "import os, sys\nfrom yigan.twin.virtual import VirtualBoard\n"
        f"b = VirtualBoard({str(tmp_path / 'b')!r}).start(latency=0)\nprint(b.process.pid, flush=True)\nos._exit(1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout, done.stderr
    until(lambda: not VirtualBoard(tmp_path / "b").running())


def test_a_detached_board_stays_until_somebody_stops_it(tmp_path):
    VirtualBoard(tmp_path / "b").start(latency=0, detach=True)._socket = None
    other = VirtualBoard(tmp_path / "b")
    try:
        time.sleep(0.2)
        assert other.running() and other.stats()["powered"]
        with pytest.raises(LinkError, match="already"):
            VirtualBoard(tmp_path / "b").start()
    finally:
        other.stop()
    assert not other.running()


def test_a_long_path_is_no_obstacle(virtual):
    board = virtual(folder="a-very-long-name-indeed/" * 8)
    assert board.stats()["powered"]
    assert run(board, "print(1)") == "1\n"


def test_unknown_names_say_what_there_is(virtual):
    board = virtual(wiring=[part("air", "uart", 1)])
    with pytest.raises(ConfigError, match="no peripheral water"):
        board.unplug("water")
    with pytest.raises(ConfigError, match="has no fault fire"):
        board.fault("air", "fire")
    with pytest.raises(ConfigError, match="no board"):
        virtual("esp33", folder="other")


def test_an_idle_board_costs_almost_nothing(virtual):
    board = virtual(wiring=[part("air", "uart", 1, baud=9600)])
    put(board, "main.py", """import asyncio, machine
u = machine.UART(1, 9600, tx=17, rx=16)
async def main():
    r = asyncio.StreamReader(u)
    while True:
        await r.read(32)
print('idle')
asyncio.run(main())
""")
    board.reset()
    until(lambda: "idle" in board.log())
    time.sleep(0.3)
    before = board.stats()
    time.sleep(2)
    after = board.stats()
    assert after["vm_cpu_s"] - before["vm_cpu_s"] < 0.01  # half a percent of a core; waiting in a Python class takes 4.5
    assert after["host_cpu_s"] - before["host_cpu_s"] < 0.04
