"""Meters: a steady reading; how it is measured, in benchmarks/steady.py."""

from collections.abc import Iterator

from benchmarks import steady
from benchmarks.harness import Row

_SETUPS = {
    "dlt645": """
from pole.drivers.dlt645 import Driver
meter = line(octets("fefefefe686101000000006891063334343534431016"), asks=True, de=4, baud=2400, parity="E")
driver = Driver(meter, {"address": "000000000161", "items": ["voltage_a"], "timeout_ms": 700})
""",
    "hlw8032": """
from pole.drivers.hlw8032 import Driver
driver = Driver(line(octets("555A02DCD00005FF003CD7002051" "4DE568006243" "71023C24")), {})
driver._good[:] = uarts[0].says
out = [None] * 5
""",
    "bl0942": """
from pole.drivers.bl0942 import Driver
driver = Driver(line(octets("0055F4910086E433B57D00820600A41A00364E0000010033"), asks=True), {})
out = [None] * 5
""",
}


def rows() -> Iterator[Row]:
    yield from steady.rows("meters", _SETUPS)
