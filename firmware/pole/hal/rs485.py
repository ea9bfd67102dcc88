"""A serial line behind an RS-485 transceiver."""

from pole.hal.uart import Bus  # noqa: F401
