"""One broken file a finding, made by editing a good one; the finding must stand at the edited line."""

import pytest
from checkout import GOOD

from yigan import conf, lang


def found(path):
    return conf.check(conf.load(path))


def test_the_good_file_is_good(write):
    assert found(write(GOOD)) == []


# (old, new, code[, line that is blamed when it is not the first of `new`])
ERRORS = [
    # shape
    ('id = "good-1"\n', "", "missing_key"),
    ('id = "good-1"', "id = 5", "wrong_type"),
    ('id = "good-1"', 'id = "杆/1"', "bad_id"),
    ('id = "good-1"', 'id = ""', "bad_id"),
    ('board = "esp32-devkit"', 'board = "esp32-devkt"', "unknown_board"),
    ('id = "good-1"', 'id = "good-1"\nbord = "x"', "unknown_key", 'bord = "x"'),
    ("latitude = 31.23", "latitude = 31.23\naltitude = 4", "unknown_key", "altitude = 4"),
    ("latitude = 31.23", 'latitude = "31.23"', "wrong_type"),
    ("longitude = 121.47\n", "", "missing_key", "[site]"),
    ('kind = "dust"\n', "", "missing_key", "[[peripheral]]\nname"),
    ('name = "air"', 'name = "Air!"', "bad_name"),
    ('name = "air"', "name = 7", "wrong_type"),
    ('name = "air"', 'name = "air"\nperiod_s = 0.01', "out_of_range", "period_s = 0.01"),
    ('name = "air"', 'name = "air"\nperiod_s = true', "wrong_type", "period_s = true"),
    ('name = "air"', 'name = "air"\ntwin = 5', "wrong_type", "twin = 5"),
    ('id = "good-1"', 'id = "good-1"\nservice = 5', "wrong_type", "service = 5"),
    ("[bus.uart1]\nrx = 16", "[bus]\nuart1 = 16", "wrong_type", "uart1 = 16"),
    # site
    ("latitude = 31.23", "latitude = 91.0", "out_of_range"),
    ("latitude = 31.23", "latitude = nan", "out_of_range"),
    ("longitude = 121.47", "longitude = -180.5", "out_of_range"),
    ("latitude = 31.23\nlongitude = 121.47", "latitude = 121.47\nlongitude = 31.23", "swapped_position"),
    ("latitude = 31.23\nlongitude = 121.47", "latitude = 87.6\nlongitude = 43.8", "swapped_position"),
    ('timezone = "Asia/Shanghai"', 'timezone = "Asia/Beijing"', "unknown_timezone"),
    ('timezone = "Asia/Shanghai"', 'timezone = "../../etc/passwd"', "unknown_timezone"),
    # kinds and options
    ('kind = "dimmer"', 'kind = "dimer"', "unknown_kind"),
    ('kind = "dimmer"', 'kind = "../../boot"', "unknown_kind"),
    ('kind = "server"', 'kind = "servr"', "unknown_kind"),
    ('curve = "log"', 'curv = "log"', "unknown_option"),
    ('curve = "log"', 'curve = "lin"', "bad_value"),
    ('curve = "log"', "curve = 1", "bad_value"),
    ('curve = "log"', "minimum = 101", "out_of_range"),
    ('curve = "log"', 'minimum = "5"', "wrong_type"),
    ('curve = "log"', "minimum = true", "wrong_type"),
    ('host = "broker.example"\n', "", "missing_option", '[[uplink]]\nkind = "caller"'),
    ('host = "broker.example"', 'host = "broker.example"\ntls = 1', "wrong_type", "tls = 1"),
    # buses
    ('bus = "lamp"', 'bus = "lmap"', "unknown_bus"),
    ('bus = "lamp"\n', "", "missing_bus", '[[peripheral]]\nkind = "dimmer"'),
    ('bus = "lamp"', 'bus = "uart2"', "wrong_bus_kind"),
    ("rx = 16", "rxx = 16", "unknown_key"),
    ("rx = 16", 'rx = "16"', "wrong_type"),
    ("rx = 16", "id = 0", "no_such_uart"),
    ("rx = 16", "id = 3", "no_such_uart"),
    ("rx = 16", 'parity = "X"', "bad_value"),
    ("rx = 16", "baud = 7", "out_of_range"),
    ("[bus.uart1]", '[bus.five]\nkind = "usart"\n[bus.uart1]', "unknown_bus_kind", 'kind = "usart"'),
    # pins
    ("rx = 16", "rx = 99", "unknown_pin"),
    ("rx = 16", "rx = 25", "pin_shared"),
    ("rx = 16", "rx = 6", "pin_reserved"),
    ("rx = 16", "rx = 1", "pin_reserved"),
    ("rx = 16", "tx = 34", "pin_input_only"),
    ("rx = 16", "rx = 12", "pin_strap_breaks_boot"),
    # uplinks and interfaces
    ('kind = "wifi"', 'kind = "wify"', "unknown_kind"),
    ('kind = "wifi"', 'kind = "ethernet"', "no_such_interface"),
    ('ssid = "pole"\n', "", "missing_option", "[[interface]]"),
    ('ssid = "pole"', 'sid = "pole"', "unknown_option"),
    ('ssid = "pole"', f'ssid = "{"杆" * 11}"', "out_of_range"),
    ('password = "12345678"', 'password = "1234567"', "out_of_range"),
    ('password = "12345678"', "password = 12345678", "wrong_type"),
    ('writers = ["127.0.0.1"]', 'writers = ["127.0.0.1",\n"scada"]', "bad_address", '"scada"'),
    ('writers = ["127.0.0.1"]', "writers = [5]", "bad_address"),
    # points
    ('[point."air.pm2_5"]', '[point."air.pm25"]', "unknown_point"),
    ("deadband = 5", "dead_band = 5", "unknown_key"),
    ("deadband = 5", "deadband = 0.0000001", "out_of_range"),
    ("deadband = 5", "deadband = -1", "out_of_range"),
    ("deadband = 5", "deadband = inf", "out_of_range"),
    ("deadband = 5", 'deadband = "5"', "wrong_type"),
    ("min_s = 10", "min_s = 70000", "out_of_range"),
    ("min_s = 10", "min_s = 10\nmax_s = 5", "out_of_range", "max_s = 5"),
    ("min_s = 10", "low = 40\nhigh = 30", "out_of_range"),
]


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: f"{case[2]}: {case[1][:30]!r}")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_error_stands_at_its_line(write, case, language):
    lang.choose(language)
    old, new, code = case[:3]
    text, blamed = edited(old, new, case)
    errors = [f for f in found(write(text)) if f.level == "error"]
    assert [(f.code, f.place.line) for f in errors] == [(code, blamed)], errors
    assert errors[0].what and "{" not in errors[0].what + errors[0].hint
    assert errors[0].place.file.endswith("pole.toml")


def edited(old, new, case):
    """The text and the number of the line that must be blamed."""
    assert GOOD.count(old) == 1, old
    text = GOOD.replace(old, new)
    if not new and len(case) < 4:
        return text, 1  # a missing key of the file itself
    mark = case[3] if len(case) > 3 else new
    return text, text[: text.index(mark)].count("\n") + 1


WARNINGS = [
    ('timezone = "Asia/Shanghai"', 'timezone = "Europe/Berlin"', {"summer_time", "odd_timezone"}),
    ("latitude = 31.23\nlongitude = 121.47", "latitude = 0\nlongitude = 0", {"no_position", "odd_timezone"}),
    ("rx = 16", "rx = 15", {"pin_strapping"}),
    ("rx = 16", "baud = 10400", {"unusual_baud", "other_baud"}),
    ("rx = 16", "baud = 115200", {"other_baud"}),
    ("[bus.uart1]", '[bus.spare]\nkind = "pwm"\npin = 32\n[bus.uart1]', {"unused_bus"}),
]


@pytest.mark.parametrize("case", WARNINGS, ids=lambda case: case[1][:30])
def test_a_doubt_is_a_warning(write, case):
    findings = found(write(GOOD.replace(case[0], case[1])))
    assert {f.code for f in findings} == case[2]
    assert {f.level for f in findings} == {"warning"}


# Added below the good file: (text, code, what the blamed line begins with)
ADDED = [
    ('[[peripheral]]\nkind = "dimmer"\nbus = "lamp1"\ninstance = 1', "duplicate_name", 'kind = "dimmer"'),
    ('[[peripheral]]\nkind = "dimmer"\nname = "two"\nbus = "lamp1"', "duplicate_instance", 'kind = "dimmer"'),
    (
        '[[peripheral]]\nkind = "dimmer"\nname = "two"\nbus = "lamp1"\ninstance = 0',
        "duplicate_instance",
        "instance = 0",
    ),
    (
        '[[peripheral]]\nkind = "dimmer"\nname = "two"\nbus = "lamp1"\ninstance = 99',
        "out_of_range",
        "instance = 99",
    ),
    (
        '[[peripheral]]\nkind = "dimmer"\nname = "two"\nbus = "lamp"\ninstance = 1',
        "bus_taken",
        'bus = "lamp"',
    ),
    ('[[peripheral]]\nkind = "receiver"\nbus = "uart1"', "bus_taken", 'bus = "uart1"'),
    (
        '[[peripheral]]\nkind = "dust"\nname = "b"\nbus = "uart2"\ninstance = 1\nset_pin = 25',
        "pin_shared",
        "set_pin",
    ),
    ('[[peripheral]]\nkind = "contact"\nbus = "light"', "wrong_bus_kind", 'bus = "light"'),
    ('[[uplink]]\nkind = "server"\nname = "second"', "port_taken", 'kind = "server"'),
    ('[[uplink]]\nkind = "server"\nname = "second"\nport = 502', "port_taken", "port = 502"),
    ('[[uplink]]\nkind = "caller"\nhost = "other.example"', "duplicate_name", 'kind = "caller"'),
    ('[[interface]]\nkind = "wifi"\nssid = "other"', "duplicate_interface", 'kind = "wifi"'),
    (
        '[[peripheral]]\nkind = "receiver"\nbus = "uart2"\n[[peripheral]]\nkind = "dust"\nname = "b"\ninstance = 1\n'
        'bus = "third"\n[bus.third]\nkind = "uart"\nid = 2\ntx = 32\nrx = 35',
        "too_many_uart",
        "id = 2",
    ),
    (
        '[[peripheral]]\nkind = "lux"\nbus = "eye"\n[bus.eye]\nkind = "adc"\npin = 13',
        "adc_with_wifi",
        "pin = 13",
    ),
    (
        '[[peripheral]]\nkind = "lux"\nbus = "eye"\n[bus.eye]\nkind = "adc"\npin = 18',
        "pin_no_adc",
        "pin = 18",
    ),
    ('[[peripheral]]\nkind = "contact"\nbus = "eye"\n[bus.eye]\nkind = "gpio"', "missing_key", "[bus.eye]"),
    (
        '[[peripheral]]\nkind = "contact"\nbus = "eye"\n[bus.eye]\nkind = "gpio"\npull = "up"\npin = 12',
        "pin_strap_breaks_boot",
        "pin = 12",
    ),
    ('[[service]]\nkind = "sampler"\n[[service]]\nkind = "sampler"', "duplicate_service", 'kind = "sampler"'),
    ('[[service]]\nkind = "lightning"', "unknown_kind", 'kind = "lightning"'),
]


@pytest.mark.parametrize("case", ADDED, ids=lambda case: f"{case[1]}: {case[0][:40]!r}")
def test_an_addition_is_blamed_where_it_stands(write, case):
    text, code, mark = case
    findings = found(write(GOOD + text + "\n"))
    errors = [f for f in findings if f.level == "error"]
    assert [f.code for f in errors] == [code]
    at = GOOD.count("\n") + text[: text.rindex(mark)].count("\n") + 1
    assert errors[0].place.line == at


def test_two_of_everything_done_right(write):
    more = (
        '[[peripheral]]\nkind = "dimmer"\nname = "two"\nbus = "lamp1"\ninstance = 1\n'
        '[[peripheral]]\nkind = "receiver"\nbus = "uart2"\n'
        '[[uplink]]\nkind = "server"\nname = "second"\nport = 5020\n'
        '[[uplink]]\nkind = "caller"\nname = "backup"\nhost = "other.example"\n'
    )
    assert found(write(GOOD + more)) == []


def test_all_faults_are_told_at_once_and_in_order(write):
    text = (
        GOOD.replace("latitude = 31.23", "latitude = 95")
        .replace('"log"', '"lag"')
        .replace("5\nmin", "-5\nmin")
    )
    findings = found(write(text))
    assert [f.code for f in findings] == ["out_of_range", "bad_value", "out_of_range"]
    assert [f.place.line for f in findings] == sorted(f.place.line for f in findings)


def test_checking_twice_tells_nothing_twice(write):
    pole = conf.load(write(GOOD.replace('"log"', '"lag"').replace("31.23", '"x"')))
    assert conf.check(pole) == conf.check(pole) != []


def test_a_finding_names_near_words(write):
    hints = {
        f.code: f.hint for f in found(write(GOOD.replace("dimmer", "dimer").replace('"uart1"', '"uart3"')))
    }
    assert "dimmer" in hints["unknown_kind"] and "uart1" in hints["unknown_bus"]


def test_a_board_without_a_network(write):
    text = GOOD.replace("esp32-devkit", "rp2-pico").replace("rx = 16", "rx = 5")
    codes = [f.code for f in found(write(text))]
    assert codes.count("no_network") == 2 and "no_such_interface" in codes


def test_an_uplink_without_an_interface(write):
    text = GOOD.replace('[[interface]]\nkind = "wifi"\nssid = "pole"\npassword = "12345678"\n', "")
    assert [f.code for f in found(write(text))] == ["no_interface", "no_interface"]


PICO = """\
id = "pico"
board = "rp2-pico"
[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"
[[peripheral]]
kind = "dimmer"
bus = "lamp"
[[peripheral]]
kind = "dust"
bus = "uart0"
"""


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("[bus.uart0]\ntx = 4\n", "pin_function"),
        ("[bus.uart0]\nrx = 13\n", None),
        ("[bus.uart0]\nrx = 29\n", "pin_reserved"),
        (
            '[[peripheral]]\nkind = "dimmer"\nname = "b"\nbus = "b"\ninstance = 1\n[bus.b]\nkind = "pwm"\npin = 14\n',
            None,
        ),
        (
            '[[peripheral]]\nkind = "dimmer"\nname = "b"\nbus = "b"\ninstance = 1\n'
            '[bus.b]\nkind = "pwm"\npin = 14\nfreq_hz = 200\n',
            "pwm_slice",
        ),
    ],
)
def test_pins_of_a_chip_without_a_matrix(write, more, code):
    assert [f.code for f in found(write(PICO + more))] == ([code] if code else [])


def test_too_large_for_the_board(write):
    text = GOOD + "".join(
        f'[[uplink]]\nkind = "caller"\nname = "c{n}"\nhost = "x"\ntls = true\n' for n in range(4)
    )
    assert [(f.code, f.level, f.place.line) for f in found(write(text))] == [("ram_budget", "error", 2)]


def test_a_serial_device_of_a_gateway_has_one_bus(write):
    text = (
        GOOD.replace("esp32-devkit", "rpi-gateway")
        .replace("[bus.uart1]\nrx = 16\n", "")
        .replace('"uart1"', '"uart0"')
    )
    more = '[[peripheral]]\nkind = "receiver"\nbus = "b"\n[bus.b]\nkind = "uart"\n'
    errors = {f.code: f.place.key for f in found(write(text + more + 'path = "/dev/serial0"\n'))}
    assert errors == {"too_many_uart": "bus.b.path"}
    assert [f.code for f in found(write(text + more))] == ["missing_key"]
    assert found(write(text + more + 'path = "/dev/ttyUSB1"\n')) == []


@pytest.mark.parametrize(
    ("used", "code", "level"), [(90, "flash_budget", "warning"), (101, "flash_budget", "error")]
)
def test_too_large_for_the_flash(write, monkeypatch, used, code, level):
    from yigan.bundle import budget

    found_budget = budget.Budget([], [("everything", used * 1024)], 1, 100 * 1024)
    monkeypatch.setattr(budget, "estimate", lambda plan: found_budget)
    assert [(f.code, f.level, f.place.key) for f in found(write(GOOD))] == [(code, level, "board")]


def test_a_gateway_needs_no_pins_and_no_interface(write):
    text = GOOD.replace("esp32-devkit", "rpi-gateway").replace("[bus.uart1]\nrx = 16\n", "")
    text = text.replace('"uart1"', '"uart0"').replace(
        '[[interface]]\nkind = "wifi"\nssid = "pole"\npassword = "12345678"\n', ""
    )
    assert found(write(text)) == []
