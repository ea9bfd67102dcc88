"""RP2040 and RP2350."""

import sys

import machine

from pole.hal.board import bus, console, forget_beginnings, interface, reset, unique_id, watchdog  # noqa: F401

try:
    from pole.hal import net
except ImportError:  # a board without a radio: its image has no socket
    net = None

WATCHDOG_MS = 8388  # the counter's 24 bits at two ticks a microsecond (ports/rp2/machine_wdt.c)

# Scratch register 0 of the watchdog block (RP2040 datasheet 4.7.6, RP2350 datasheet 12.9): the boot ROM uses 4-7 only.
_SCRATCH = 0x400D800C if "RP2350" in sys.implementation._machine else 0x4005800C


def reset_cause():
    """"power" or "watchdog"; machine.reset() goes through the watchdog too, the breadcrumb tells it apart."""
    return "watchdog" if machine.reset_cause() == machine.WDT_RESET else "power"


def read_crumb():
    """The bytes left by `write_crumb` before the reset; any four after a power-up."""
    return machine.mem32[_SCRATCH].to_bytes(4, "little")


def write_crumb(data):
    """Four bytes that survive every reset but the loss of power."""
    machine.mem32[_SCRATCH] = int.from_bytes(data, "little")


def temperature():
    """Tenths of a degree Celsius by the sensor on ADC 4 (RP2040 datasheet 4.9.5: 0.706 V at 27, -1.721 mV/K)."""
    raw = machine.ADC(4).read_u16()
    return 270 - (raw * 33000 // 65535 - 7060) * 1000 // 1721
