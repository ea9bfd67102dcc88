"""What a board says of itself, and which boards are refused before anything is written."""

import json
from dataclasses import replace

import pytest
import small

from yigan.bundle import archive
from yigan.deploy import facts
from yigan.errors import LinkError, Refused

SAID = {
    "name": "micropython", "version": [1, 26, 1], "mpy": 0x2B06, "machine": "Generic ESP32 module with ESP32",
    "platform": "esp32", "maxsize": 0x7FFFFFFF, "free": 150000, "root": ["boot.py", "a"], "deflate": True,
    "uid": "24746dd942c9", "block": 4096, "blocks": 512, "vacant": 500, "boot": "00",
    "/boot.rec": "1 a ok 0 -", "/a/manifest": "# yigan 1 demo-0001 0.1.0 0123456789abcdef",
}  # fmt: skip
MPY = b"M\x06\x00\x1f\x00"
NATIVE = b"M\x06\x2b\x1f\x00"  # sub-version 3, architecture 10 (xtensawin)


def said(**changes):
    return facts.parse(json.dumps({**SAID, **changes}).encode(), "port")


def bundle(**files):
    made = small.bundle("x")
    inside = {k: v for k, v in made.files.items() if k != "manifest"}
    return archive.seal({**inside, **{f"{k}.mpy": v for k, v in files.items()}}, "p", "1")


def test_parse():
    found = said()
    assert (found.chip, found.small_int_bits, found.boot_record) == ("ESP32", 31, "1 a ok 0 -")
    assert (found.pole("a"), found.pole("b")) == ("demo-0001", "")


def test_parse_amid_prints():
    printed = b"WiFi up\r\n{not json\r\n" + json.dumps(SAID).encode() + b"\r\n\xff\xfe\r\n"
    assert facts.parse(printed, "port").platform == "esp32"


def test_what_people_see_of_it_is_harmless():
    bad = "\x1b]0;x\x07"
    found = said(machine=bad, uid=bad, **{"/a/manifest": f"# yigan 1 {bad} 0.1.0 0123"})
    assert (found.machine, found.uid, found.pole("a")) == ("^[]0;x^G",) * 3


@pytest.mark.parametrize("printed", [b"", b"hello", b"{}", b'{"name": 1}'])
def test_a_board_that_says_nothing(printed):
    with pytest.raises(LinkError):
        facts.parse(printed, "port")


def test_admitted():
    facts.admit(said(), bundle(m=MPY, n=NATIVE), "port")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "circuitpython"}, "circuitpython"),
        ({"version": [1, 23, 0]}, "1.23.0 is too old"),
        ({"deflate": False}, "deflate"),
        ({"blocks": 0}, "no file system"),
        ({"platform": "rp2", "machine": "Raspberry Pi Pico with RP2040"}, "bundle is for esp32-devkit"),
        ({"machine": "Generic ESP32S3 module with ESP32S3"}, "bundle is for esp32-devkit"),
        ({"mpy": 0x2B05}, "bytecode version 6"),
        ({"mpy": 0x1F06}, "bytecode"),  # another architecture: of the native module only
        ({"maxsize": 0x3FFF}, "bytecode"),
    ],
)
def test_refused(changes, words):
    with pytest.raises(Refused, match=words) as caught:
        facts.admit(said(**changes), bundle(m=MPY, n=NATIVE), "port")
    assert caught.value.hint


def test_bytecode_without_machine_code_runs_on_any_architecture():
    facts.admit(said(mpy=0x1F06), bundle(m=MPY), "port")


def test_a_file_that_is_no_bytecode():
    with pytest.raises(Refused, match=r"m\.mpy"):
        facts.admit(said(), bundle(m=b"not bytecode"), "port")


def test_an_unknown_chip_name_is_let_through():
    facts.admit(replace(said(), machine="Some Maker's Board"), bundle(), "port")
