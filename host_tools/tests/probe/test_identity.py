"""Function 43/14: in a stream, in parts, one by one, not at all, and spoilt."""

from probe.probed import Line, slave

from yigan.fieldbus import ALONE, Heard
from yigan.probe import identity


class Says:
    def __init__(self, *pdus):
        self.pdus = [bytes.fromhex(pdu) for pdu in pdus]

    def ask(self, address, pdu, baud=0):
        return Heard(ALONE, self.pdus.pop(0) if self.pdus else bytes((pdu[0] | 0x80, 2)))


def test_one_by_one():
    assert identity(Line(slave("aqt530")), 1) == {
        "vendor": "Vaisala",
        "product": "AQT530",
        "version": "3.0.783.a51b18d",
    }


def test_it_does_not_say():
    assert identity(Line(slave("noise")), 1) == {}
    assert identity(Line(), 1) == {}


def test_a_stream_in_two_parts():
    line = Says("2b0e0101ff0201 00 02 4142".replace(" ", ""), "2b0e0101000001 02 01 39".replace(" ", ""))
    assert identity(line, 1) == {"vendor": "AB", "version": "9"}


def test_spoilt_answers():
    for pdu in ("2b", "2b0e01010000", "2b0e01010000010009", "2b0e010100000900024142", "2b0e0101ff0001000141"):
        assert set(identity(Says(pdu), 1)) <= {"vendor"}
    assert identity(Says("2b0e0101000001 00 02 0a41".replace(" ", "")), 1) == {"vendor": "?A"}
