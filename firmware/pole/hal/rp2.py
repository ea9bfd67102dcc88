"""RP2040 and RP2350."""

import machine

from pole.hal.board import Console, bus, interface, reset, unique_id, watchdog  # noqa: F401

try:
    from pole.hal import net
except ImportError:  # a board without a radio: its image has no socket
    net = None

WATCHDOG_MS = 8388  # the counter's 24 bits at two ticks a microsecond (ports/rp2/machine_wdt.c)

# RP2 knows two causes; machine.reset() itself goes through the watchdog (ports/rp2/modmachine.c).
_CAUSE = {machine.PWRON_RESET: 1, machine.WDT_RESET: 3}


def reset_cause():
    return _CAUSE.get(machine.reset_cause(), 0)


def console():
    return Console()


def temperature():
    """Tenths of a degree Celsius by the sensor on ADC 4 (RP2040 datasheet 4.9.5: 0.706 V at 27, -1.721 mV/K)."""
    raw = machine.ADC(4).read_u16()
    return 270 - (raw * 33000 // 65535 - 7060) * 1000 // 1721
