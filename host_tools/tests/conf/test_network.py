"""Interfaces: several networks, fixed addresses, and what is wrong with them."""

import pytest

from yigan import conf

HEAD = """id = "p"
board = "esp32s3-pole"
[site]
latitude = 31.2
longitude = 121.5
timezone = "Asia/Shanghai"
[[interface]]
"""


def errors(write, text):
    pole = conf.load(write(HEAD + text))
    return [(f.code, f.place.line - 8) for f in conf.check(pole) if f.level == "error"]


@pytest.mark.parametrize(
    "text",
    (
        'kind = "wifi"\nssid = "a"\npassword = "12345678"',
        'kind = "wifi"\nnetworks = [{ ssid = "a" }, { ssid = "b", password = "12345678" }]',
        'kind = "ethernet"\nipv6 = "off"',
        'kind = "ethernet"\naddress = "10.1.2.3"\nnetmask = "255.0.0.0"\ngateway = "10.200.0.1"\ndns = "10.0.0.1"',
    ),
)
def test_right(here, write, text):
    assert errors(write, text) == []


@pytest.mark.parametrize(
    ("text", "code", "line"),
    (
        ('kind = "wifi"\nnetworks = [{ ssid = "a" },\n { name = "b" }]', "wrong_type", 2),
        ('kind = "wifi"\nnetworks = [{ ssid = "a", password = "short" }]', "out_of_range", 1),
        ('kind = "wifi"\nnetworks = "a"', "wrong_type", 1),
        ('kind = "ethernet"\naddress = "10.1.2.3"', "missing_option", 1),
        ('kind = "ethernet"\nipv6 = "auto"', "no_ipv6", 1),
        ('kind = "ethernet"\nipv6 = "aut"', "bad_value", 1),
        ('kind = "ethernet"\nipv6 = true', "wrong_type", 1),
        ('kind = "ethernet"\ngateway = "10.1.2.3"', "missing_option", 1),
        ('kind = "ethernet"\naddress = "10.1.2.300"\ngateway = "10.1.2.1"', "bad_address", 1),
        ('kind = "ethernet"\naddress = "10.1.2.3"\ngateway = "10.1.3.1"', "bad_address", 2),
        ('kind = "ethernet"\naddress = "10.1.2.3"\nnetmask = "10.0.0.0"\ngateway = "10.1.2.1"', "bad_address", 2),
    ),
)
def test_wrong(here, write, text, code, line):
    assert (code, line) in errors(write, text)
