"""Boards: facts against the sources they come from, and the reader's refusals."""

import pytest

from yigan import boards, places
from yigan.errors import ConfigError

NAMES = ("esp32-devkit", "esp32s3-pole", "rp2-pico", "rp2-pico-w", "rp2350-pico2-w", "rpi-gateway")
MICROS = NAMES[:-1]


@pytest.fixture(params=NAMES)
def board(request):
    return boards.load(request.param)


def test_all_boards_are_there():
    assert set(NAMES) <= set(boards.names())


def test_every_board_is_whole(board):
    assert board.port in boards.PORTS
    assert board.title.zh and not board.title.zh.isascii()
    assert (board.arch == "") == (board.port == "linux")
    for kind, bus in ((b.kind, b) for b in board.buses.values()):
        assert kind in boards.ROLES, bus.name


@pytest.mark.parametrize("name", MICROS)
def test_default_buses_use_pins_that_can(name):
    board = boards.load(name)
    for bus in board.buses.values():
        for role, number in bus.pins.items():
            pin = board.pin(number)
            assert pin.free, f"{bus.name}.{role}: {pin.reserved}{pin.taken}"
            kind = "uart" if bus.kind == "rs485" else bus.kind
            if bus.kind in ("uart", "rs485", "i2c", "spi") and role != "de":
                assert pin.can(f"{kind}{bus.settings['id']}.{role}"), (bus.name, role)
            if boards.ROLES[bus.kind][role] == "out" or bus.settings.get("out"):
                assert pin.output, (bus.name, role)
            if bus.kind == "adc":
                assert pin.adc and pin.adc[0] not in board.adc_blocked_by_wifi
            if bus.settings.get("pull"):
                assert pin.pull
            assert not pin.strapping, f"{bus.name}.{role} is a strapping pin"


@pytest.mark.parametrize("name", MICROS)
def test_default_buses_share_pins_only_where_they_exclude_each_other(name):
    holders = {}
    for bus in boards.load(name).buses.values():
        for number in bus.pins.values():
            other = holders.setdefault(number, bus)
            same_uart = other.settings.get("id") == bus.settings.get("id") and {other.kind, bus.kind} <= {
                "uart",
                "rs485",
            }
            assert other is bus or same_uart, (bus.name, other.name)


@pytest.mark.parametrize("name", MICROS)
def test_default_uarts_are_not_the_console(name):
    board = boards.load(name)
    for bus in board.buses.values():
        if bus.kind in ("uart", "rs485"):
            assert bus.settings["id"] in board.uarts
    assert board.console.get("uart") not in board.uarts


@pytest.mark.parametrize("name", MICROS)
def test_the_file_system_follows_the_program_and_fits_the_flash(name):
    flash = boards.load(name).flash
    assert sum(flash.app) <= flash.vfs[0]
    assert sum(flash.vfs) == flash.size, "both ports give the file system what is left"
    assert flash.vfs[0] % flash.block == flash.vfs[1] % flash.block == 0


@pytest.mark.parametrize(
    ("name", "vfs"),
    [  # MicroPython: partitions-4MiBplus.csv; boards/*/mpconfigboard.cmake, MICROPY_HW_FLASH_STORAGE_BYTES
        ("esp32-devkit", (0x200000, 0x200000)),
        ("rp2-pico", (2 * 1024 * 1024 - 1441792, 1441792)),
        ("rp2-pico-w", (2 * 1024 * 1024 - 868352, 868352)),
        ("rp2350-pico2-w", (4 * 1024 * 1024 - 2621440, 2621440)),
    ],
)
def test_flash_layout_is_the_official_builds(name, vfs):
    assert boards.load(name).flash.vfs == vfs


def test_esp32_pin_facts():
    board = boards.load("esp32-devkit")
    pins = board.all_pins
    assert (
        {n for n, p in pins.items() if not p.output}
        == set(range(34, 40))
        == {n for n, p in pins.items() if not p.pull}
    )
    assert {n for n, p in pins.items() if p.strapping} == {0, 2, 5, 12, 15}
    assert {n for n, p in pins.items() if p.reserved} == set(range(6, 12))
    assert {n for n, p in pins.items() if p.adc and p.adc[0] == 1} == set(range(32, 40))
    assert {n for n, p in pins.items() if p.adc and p.adc[0] == 2} == {0, 2, 4, 12, 13, 14, 15, 25, 26, 27}
    assert board.adc_blocked_by_wifi == (2,)
    assert not {20, 24, 28, 29, 30, 31} & set(pins)
    assert board.uarts == (1, 2) and board.console["uart"] == 0
    assert pins[34].can("uart1.rx") and not pins[34].can("uart1.tx") and not pins[34].can("pwm")
    assert pins[25].can("pwm") and pins[25].can("uart2.tx") and not pins[21].can("adc")


def test_esp32s3_pin_facts():
    board = boards.load("esp32s3-pole")
    pins = board.all_pins
    assert {n for n, p in pins.items() if p.strapping} == {0, 3, 45, 46}
    assert {n for n, p in pins.items() if p.reserved} == set(range(26, 38)), "flash 26-32, octal PSRAM 33-37"
    assert pins[19].taken and pins[20].taken
    assert pins[1].adc == (1, 0) and pins[11].adc == (2, 0) and pins[20].adc == (2, 9)
    assert not {22, 23, 24, 25} & set(pins)
    assert board.uarts == (0, 1, 2)


def test_the_pole_controller_can_carry_the_street():
    """Two serial sensors and an RS-485 line at once: three UARTs beside the console."""
    board = boards.load("esp32s3-pole")
    assert {board.bus(n).settings["id"] for n in ("uart0", "uart1", "rs485")} == {0, 1, 2}
    assert {"ethernet", "bridge", "cellular"} <= set(board.parts)
    taken = {p.number for p in board.all_pins.values() if p.taken}
    ethernet = board.parts["ethernet"]
    assert {ethernet[k] for k in ("sck", "mosi", "miso", "cs", "irq", "reset")} <= taken


def rp2_says(function, pin, rp2350):
    """MicroPython's rp2 port: the conditions in machine_uart.c, machine_i2c.h and machine_spi.c."""
    bus, role = function.split(".")
    kind, unit = bus[:-1], int(bus[-1])
    if kind == "uart":
        if ((pin + 4) & 8) >> 3 != unit:
            return False
        if role in ("tx", "rx") and rp2350:
            return pin & 1 == ("tx", "rx").index(role)
        return pin & 3 == ("tx", "rx", "cts", "rts").index(role)
    if kind == "i2c":
        return pin & 1 == (role == "scl") and (pin & 2) >> 1 == unit
    return pin & 3 == {"miso": 0, "sck": 2, "mosi": 3}[role] and (pin & 8) >> 3 == unit


@pytest.mark.parametrize("name", ["rp2-pico", "rp2-pico-w", "rp2350-pico2-w"])
def test_rp2_alternate_functions_are_the_ports(name):
    board = boards.load(name)
    roles = {"uart": ("tx", "rx", "cts", "rts"), "i2c": ("sda", "scl"), "spi": ("sck", "mosi", "miso")}
    for kind, names in roles.items():
        for function in (f"{kind}{unit}.{role}" for unit in (0, 1) for role in names):
            for number, pin in board.all_pins.items():
                assert pin.can(function) == rp2_says(function, number, board.chip == "rp2350"), (
                    function,
                    number,
                )


def test_rp2_facts():
    assert {n for n, p in boards.load("rp2-pico-w").all_pins.items() if p.taken} == {23, 24, 25, 29}
    pins = boards.load("rp2-pico").all_pins
    assert {n for n, p in pins.items() if p.adc} == {26, 27, 28, 29}
    assert pins[15].pwm == (7, 1) and pins[16].pwm == pins[0].pwm
    assert boards.load("rp2-pico").watchdog_ms == 8388
    assert boards.load("rp2-pico").arch == "armv6m" and boards.load("rp2350-pico2-w").arch == "armv7emsp"


def test_unknown_names_get_near_ones(board):
    with pytest.raises(ConfigError) as caught:
        boards.load(board.name + "x")
    assert board.name in caught.value.hint
    with pytest.raises(ConfigError) as caught:
        board.bus("lampe")
    assert "lamp" in caught.value.hint
    for number in (99, -1):
        with pytest.raises(ConfigError):
            board.pin(number)


def test_ranges_go_both_ways():
    assert boards.numbers("0-3, 8") == [0, 1, 2, 3, 8]
    assert boards.ranges([8, 0, 1, 2, 3]) == "0-3, 8"
    assert boards.ranges([]) == "" and boards.numbers("") == []


def test_a_wrong_board_says_where(tmp_path, monkeypatch):
    folder = tmp_path / "boards"
    (folder / "chips").mkdir(parents=True)
    for part in ("esp32-devkit.toml", "chips/esp32.toml"):
        (folder / part).write_text((places.boards() / part).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("YIGAN_ROOT", str(tmp_path))
    text = (folder / "esp32-devkit.toml").read_text(encoding="utf-8")
    assert boards.load("esp32-devkit").chip == "esp32"
    wrong = [
        ('kind = "pwm"', 'kind = "pmw"', "lamp"),
        ('chip = "esp32"\nm', 'chip = "esp23"\nm', "esp23"),
        ("[console]", "[console", "toml"),
    ]
    for was, now, said in wrong:
        (folder / "esp32-devkit.toml").write_text(text.replace(was, now, 1) + "# x\n", encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            boards.load("esp32-devkit")
        assert said in str(caught.value) and "boards/esp32-devkit.toml" in caught.value.where
