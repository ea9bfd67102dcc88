"""A virtual clock: hours in seconds, the same every time, shared by the program and its twins (design 5)."""

import time

from stage import part, put

PROGRAM = """
import asyncio, machine, time
u = machine.UART(1, 9600, tx=17, rx=16, timeout=300, timeout_char=20)
door = machine.Pin(32, machine.Pin.IN, machine.Pin.PULL_UP)
door.irq(lambda pin: print('edge', pin.value(), time.ticks_diff(time.ticks_ms(), start)))
ticks = 0
def tick(timer):
    global ticks
    ticks += 1
machine.Timer(0, period=1000, callback=tick)
start = time.ticks_ms()
async def hourly():
    while True:
        await asyncio.sleep(3600)
        u.write(b'x' * 96)
        before = time.ticks_ms()
        got = u.read(96)
        print('hour', time.time(), ticks, len(got), time.ticks_diff(time.ticks_ms(), before))
async def often():
    n = 0
    while True:
        await asyncio.sleep_ms(250)
        n += 1
        if n % 40000 == 0:
            print('often', time.ticks_diff(time.ticks_ms(), start))
async def nap():
    await asyncio.sleep(30)
async def main():
    asyncio.create_task(often())
    task = asyncio.create_task(hourly())
    try:
        await asyncio.wait_for(nap(), 0.5)
    except asyncio.TimeoutError:
        print('timeout', time.ticks_diff(time.ticks_ms(), start))
    t = time.ticks_us()
    while time.ticks_diff(time.ticks_us(), t) < 2000:
        pass
    await task
asyncio.run(main())
"""


def play(virtual, folder):
    board = virtual(folder=folder, clock="virtual", wiring=[part("air", "uart", 1, baud=9600), part("door", "gpio", 32)])
    put(board, "main.py", PROGRAM)
    board.reset()
    mark = len(board.log())
    board.advance(60)
    board.set("door", "drive", 0)
    board.advance(3 * 3600)
    said = board.log()[mark:].replace("\r\n", "\n")
    board.stop()
    return said


def test_three_hours_pass_in_seconds_and_always_alike(virtual):
    began = time.monotonic()
    said = play(virtual, "one")
    assert time.monotonic() - began < 40
    assert "timeout 500\n" in said and "edge 0 60000\n" in said
    # 96 characters at 9600 baud out, then the same back; the program waited in a blocking read meanwhile
    assert "hour 3600 3600 96 200\n" in said and said.count(" 96 200\n") == 3
    assert "often " in said
    assert play(virtual, "two") == said


def test_time_stands_still_until_told(virtual):
    board = virtual(clock="virtual")
    put(board, "main.py", "import time\ntime.sleep(5)\nprint('woke', time.time())\n")
    board.reset()
    time.sleep(0.3)
    assert "woke" not in board.log()
    board.advance(4.9)
    assert "woke" not in board.log()
    board.advance(0.2)
    assert "woke 5" in board.log()


def test_the_watchdog_lives_in_board_time(virtual):
    board = virtual(clock="virtual")
    put(board, "main.py", "import machine\nmachine.WDT(timeout=60000)\nprint('armed')\nimport time\ntime.sleep(3600)\n")
    board.reset()
    board.advance(59)
    assert board.stats()["cause"] == "hard"
    board.advance(2)
    assert board.stats()["cause"] == "watchdog"
