"""Pins, PWM, UART, RS-485 and I2C between a board's program and its twins."""

import threading
import time

import pytest
from stage import part, run, until

REFUSED = [
    ("machine.Pin(34, machine.Pin.OUT)", "ValueError"),
    ("machine.Pin(35, machine.Pin.IN, machine.Pin.PULL_UP)", "ValueError"),
    ("machine.Pin(7)", "ValueError"),  # the flash's
    ("machine.Pin(99)", "ValueError"),
    ("machine.UART(3)", "ValueError"),
    ("machine.UART(1, 9600, tx=34)", "ValueError"),
    ("machine.PWM(machine.Pin(34))", "ValueError"),
    ("machine.PWM(machine.Pin(25), freq=1000, duty_u16=65536)", "ValueError"),
    ("machine.PWM(machine.Pin(25), freq=0)", "ValueError"),
    ("machine.ADC(machine.Pin(23))", "ValueError"),
    ("machine.I2C(5)", "ValueError"),
    ("machine.WDT(timeout=10)", "ValueError"),
]


def test_an_esp32_refuses_what_its_chip_cannot_do(virtual):
    board = virtual()
    tries = "".join(f"try:\n    {line}\n    print('taken')\nexcept Exception as e:\n    print(type(e).__name__)\n"
                    for line, _ in REFUSED)  # fmt: skip
    assert run(board, "import machine\n" + tries).split() == [name for _, name in REFUSED]


def test_an_rp2_has_its_own_pins_and_limits(virtual):
    board = virtual("rp2-pico-w")
    code = """import machine
def refuses(f):
    try:
        f()
        return False
    except ValueError:
        return True
print(refuses(lambda: machine.UART(2)), refuses(lambda: machine.UART(0, tx=machine.Pin(4))),
      refuses(lambda: machine.WDT(timeout=8389)), refuses(lambda: machine.Pin(40)))
machine.UART(0, tx=machine.Pin(0), rx=machine.Pin(1))
machine.Pin("LED", machine.Pin.OUT).on()
machine.Pin("GP5")
print(hasattr(machine.PWM, "duty"), hasattr(machine.RTC, "memory"), machine.reset_cause())"""
    assert run(board, code) == "True True True True\nFalse False 1\n"


def test_pwm_reaches_its_twin_and_a_reset_lets_it_go(virtual):
    board = virtual(wiring=[part("lamp", "pwm", 25)])
    run(board, "import machine\np = machine.PWM(machine.Pin(25), freq=1000, duty_u16=0)\np.duty_u16(26214)")
    assert board.state("lamp")["pwm"] == [26214, 1000]
    assert board.state("pin:25")["mode"] == "pwm"
    board.reset("soft")
    assert board.state("lamp")["pwm"] == [26214, 1000]
    board.reset()
    assert board.state("lamp")["pwm"] == [0, 0]


def test_a_pin_interrupt_and_a_timer_cut_into_a_busy_program(virtual):
    board = virtual(wiring=[part("door", "gpio", 32)])
    code = """import machine, time
edges, ticks = [], []
door = machine.Pin(32, machine.Pin.IN, machine.Pin.PULL_UP)
door.irq(lambda pin: edges.append(pin.value()), machine.Pin.IRQ_FALLING)
timer = machine.Timer(0, period=20, callback=lambda t: ticks.append(1))
out = machine.Pin(4, machine.Pin.OUT)
print('ready', door.value())
end = time.ticks_add(time.ticks_ms(), 1200)
n = 0
while time.ticks_diff(end, time.ticks_ms()) > 0:
    n += door.value()  # a request under way must not be cut in two
    out(n & 1)
timer.deinit()
print(edges, 40 <= len(ticks) <= 62, n > 0)"""
    def push():
        until(lambda: "ready 1" in board.log())
        for level in (0, 1, 0, None):
            board.set("door", "drive", level)
            time.sleep(0.1)

    thread = threading.Thread(target=push)
    thread.start()
    assert run(board, code).splitlines()[1] == "[0, 0] True True"
    thread.join()


def test_interrupts_reach_an_idle_asyncio_program(virtual):
    board = virtual(wiring=[part("door", "gpio", 32)])
    code = """import machine, asyncio, time
async def main():
    flag = asyncio.ThreadSafeFlag()
    machine.Pin(32, machine.Pin.IN, machine.Pin.PULL_UP).irq(lambda pin: flag.set())
    late = []
    timer = machine.Timer(1, mode=machine.Timer.ONE_SHOT, period=100, callback=lambda t: late.append(time.ticks_ms()))
    start = time.ticks_ms()
    await asyncio.sleep(0.5)
    print('ready', 90 < time.ticks_diff(late[0], start) < 160)
    await asyncio.wait_for(flag.wait(), 3)
    print('seen')
asyncio.run(main())"""
    def push():
        until(lambda: "ready" in board.log())
        board.set("door", "drive", 0)

    thread = threading.Thread(target=push)
    thread.start()
    assert run(board, code) == "ready True\nseen\n"
    thread.join()


@pytest.mark.parametrize("profile, pin, tx, rx", [("esp32-devkit", 32, 17, 16), ("rp2-pico-w", 15, 4, 5)])
def test_each_port_names_its_interrupts(virtual, profile, pin, tx, rx):
    board = virtual(profile, wiring=[part("air", "uart", 1, baud=9600), part("door", "gpio", pin)])
    code = f"""import machine, time
falls, idles = [], []
machine.Pin({pin}, machine.Pin.IN, machine.Pin.PULL_UP).irq(lambda p: falls.append(p.value()), machine.Pin.IRQ_FALLING)
u = machine.UART(1, 9600, tx=machine.Pin({tx}), rx=machine.Pin({rx}))
u.write(b'before')
time.sleep_ms(40)
u.irq(lambda line: idles.append(line.any()), machine.UART.IRQ_RXIDLE)
u.read()
u.write(b'hello')
print('ready')
end = time.ticks_add(time.ticks_ms(), 600)
while time.ticks_diff(end, time.ticks_ms()) > 0:
    pass
print(falls, idles)"""

    def push():
        until(lambda: "ready" in board.log())
        for level in (0, 1):
            board.set("door", "drive", level)
            time.sleep(0.1)

    thread = threading.Thread(target=push)
    thread.start()
    assert run(board, code).splitlines()[1] == "[0] [5]"
    thread.join()


UART = """import machine, time
u = machine.UART(1, 9600, tx=17, rx=16, rxbuf=256)
"""


def test_uart_bytes_take_their_time_both_ways(virtual):
    board = virtual(wiring=[part("air", "uart", 1, baud=9600)])
    code = UART + """t = time.ticks_ms()
u.write(bytes(range(96)))
print(u.txdone(), u.any())
u.flush()
sent = time.ticks_diff(time.ticks_ms(), t)
time.sleep_ms(50)
some = u.any()
time.sleep_ms(100)
print(99 <= sent < 130, 0 < some < 96, u.any(), u.read() == bytes(range(96)), u.read(), u.any())"""
    assert run(board, code) == "False 0\nTrue True 96 True None 0\n"


def test_a_uart_nobody_reads_overruns(virtual):
    board = virtual(wiring=[part("air", "uart", 1, baud=115200, echo=False)])
    run(board, "import machine\nmachine.UART(1, 115200, tx=17, rx=16, rxbuf=256)")
    board.set("air", "send", "55" * 300)
    until(lambda: board.stats()["lines"]["1"]["overruns"] == 300 - 256)


def test_a_wrong_baud_rate_gives_noise(virtual):
    board = virtual(wiring=[part("air", "uart", 1, baud=9600)])
    code = UART.replace("9600", "19200") + "u.write(b'hello')\ntime.sleep_ms(60)\nprint(b'hello' in (u.read() or b''))"
    assert run(board, code) == "False\n"
    assert board.stats()["lines"]["1"]["garbled"] > 0


def test_uart_timeouts_and_waiting_in_poll(virtual):
    board = virtual(wiring=[part("air", "uart", 1, baud=9600)])
    code = """import machine, time, select, asyncio
u = machine.UART(1, 9600, tx=17, rx=16, timeout=100, timeout_char=20)
t = time.ticks_ms()
print(u.read(3), 95 <= time.ticks_diff(time.ticks_ms(), t) < 160)
p = select.poll()
p.register(u, select.POLLIN)
print(p.poll(10))
u.write(b'line\\nrest')
print(len(p.poll(500)), u.readline(), u.read(4))
async def main():
    r = asyncio.StreamReader(u)
    u.write(b'async')
    print(await r.readexactly(5))
asyncio.run(main())"""
    assert run(board, code) == "None True\n[]\n1 b'line\\n' b'rest'\nb'async'\n"


def test_an_unplugged_part_is_silent_and_without_power(virtual):
    board = virtual(wiring=[part("air", "uart", 1, baud=9600)])
    probe = UART + "u.write(b'hi')\ntime.sleep_ms(40)\nprint(u.read())"
    board.unplug("air")
    assert run(board, probe) == "None\n" and not board.state("air")["powered"]
    board.plug("air")
    assert run(board, probe) == "b'hi'\n" and board.state("air")["powered"]
    board.fault("air", "silent")
    assert run(board, probe) == "None\n"
    board.fault("air", "silent", False)
    board.fault("air", "line_noise")
    assert run(board, probe.replace("b'hi'", "bytes(30)").replace("40", "150")) != f"{bytes(30)}\n"


MODBUS = """import machine, time, struct
de = machine.Pin(4, machine.Pin.OUT, value=0)
u = machine.UART(2, 9600, tx=27, rx=26)
def crc(data):
    c = 0xffff
    for b in data:
        c ^= b
        for _ in range(8):
            c = c >> 1 ^ (0xa001 if c & 1 else 0)
    return data + struct.pack('<H', c)
def ask(address, early_ms=0, hold_ms=0, enable=1):
    u.read()
    de(enable)
    u.write(crc(bytes([address, 3, 0, 0, 0, 1])))
    if early_ms:
        time.sleep_ms(early_ms)
    else:
        while not u.txdone():
            pass
    time.sleep_ms(hold_ms)
    de(0)
    time.sleep_ms(120)
    return u.read()
"""
ANSWER = "(b'\\x07\\x03\\x02\\x124', True)"


def bus(*addresses):
    return [part(f"meter{n}", "modbus", 2, {"de": 4}, address=a, baud=9600) for n, a in enumerate(addresses)]


@pytest.mark.parametrize(
    "call, heard",
    [
        ("ask(7)", True),
        ("ask(8)", False),  # nobody has that address
        ("ask(7, enable=0)", False),  # the driver was off
        ("ask(7, early_ms=3)", False),  # switched off in the middle of the frame
        ("ask(7, hold_ms=80)", False),  # still on when the answer came
    ],
)
def test_a_slave_answers_only_to_a_well_driven_line(virtual, call, heard):
    board = virtual(wiring=bus(7, 9))
    code = MODBUS + f"r = {call}\nprint((r[:-2], r == crc(r[:-2])) if r else None)"
    assert run(board, code).strip() == (ANSWER if heard else "None")


def test_i2c_parts_answer_at_their_address(virtual):
    board = virtual(wiring=[part("climate", "i2c", 0, address=0x44)])
    code = """import machine
i = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=100000)
print(i.scan(), i.writeto(0x44, b'\\xfd'), i.readfrom(0x44, 6), i.readfrom_mem(0x44, 1, 2))
try:
    i.writeto(0x45, b'x')
except OSError as e:
    print(e.errno)"""
    assert run(board, code) == "[68] 1 b'\\x00\\x01\\x02\\x03\\x04\\x05' b'\\x00\\x01'\n19\n"
    board.unplug("climate")
    assert run(board, code.partition("print")[0] + "print(i.scan())") == "[]\n"


def test_analogue_values_come_from_the_twin(virtual):
    board = virtual(wiring=[part("light", "adc", 34)])
    board.set("light", "drive", 12345)
    assert run(board, "import machine; print(machine.ADC(machine.Pin(34)).read_u16())") == "12345\n"
