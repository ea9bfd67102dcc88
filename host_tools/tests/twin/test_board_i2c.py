"""The firmware's I2C bus on the virtual board: a part that holds the data wire, and parts that are not there."""

import pytest
from stage import part, put, run

from yigan import places

PINS = {"esp32-devkit": (22, 21), "rp2-pico-w": (9, 8)}  # scl, sda of I2C 0

CODE = """
import sys
sys.path.insert(0, "/")
from pole.hal.i2c import Bus
from pole.errors import BusError
bus = Bus({{"id": 0, "scl": {scl}, "sda": {sda}, "freq_hz": 100000}})
buf = bytearray(4)
def tries(call):
    try:
        call()
        return "good"
    except BusError as e:
        return "bus error %s" % e.detail
print(tries(lambda: bus.readfrom_mem_into(0x44, 1, buf)), bytes(buf), tries(lambda: bus.writeto(0x44, b"x")))
print(tries(lambda: bus.readfrom_into(0x45, buf)), tries(lambda: bus.writeto_mem(0x46, 1, b"x")), bus.freed)
"""


@pytest.fixture(params=sorted(PINS))
def bus(request, virtual):
    scl, sda = PINS[request.param]
    board = virtual(request.param, wiring=[part("climate", "i2c", 0, {"scl": scl, "sda": sda}, address=0x44)])
    run(board, "import os\nfor d in ('/pole', '/pole/hal'):\n    os.mkdir(d)")
    for name in ("errors.py", "clock.py", "hal/i2c.py"):
        put(board, f"/pole/{name}", (places.firmware() / "pole" / name).read_text())
    return board, CODE.format(scl=scl, sda=sda), f"pin:{sda}"


def test_who_is_there_and_who_is_not(bus):
    board, code, _ = bus
    assert run(board, code) == "good b'\\x00\\x01\\x02\\x03' good\nbus error 69 bus error 70 0\n"


def test_a_part_that_holds_the_bus_is_clocked_until_it_lets_go(bus):
    board, code, data = bus
    run(board, code)
    board.fault("climate", "bus_held")
    assert board.state(data)["level"] == 0
    said = run(board, code + "print(tries(lambda: bus.readfrom_into(0x44, buf)), bus.freed)")
    assert said.splitlines()[0].startswith("bus error 68") or said.splitlines()[0].startswith("good")
    assert said.splitlines()[-1] == "good 1"
    assert board.state(data)["level"] == 1


def test_who_is_not_there_is_no_hang(bus):
    board, code, _ = bus
    run(board, code)
    board.fault("climate", "bus_held")
    forever = "\nfor n in range(3):\n    print(tries(lambda: bus.readfrom_into(0x45, buf)))\nprint(bus.freed)"
    assert run(board, code + forever).splitlines()[-1] == "1"  # freed once, and not for each that is missing
