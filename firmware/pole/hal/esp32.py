"""ESP32 family."""

import machine

from pole.hal import net  # noqa: F401
from pole.hal.board import Console, bus, interface, reset, unique_id, watchdog  # noqa: F401

WATCHDOG_MS = 30000

# machine's reset causes -> node.reset_cause of the point table (enum: see docs/generated/node.md).
# Brown-out reads as power-on; esp_restart and a panic both read as HARD_RESET (ports/esp32/modmachine.c).
_CAUSE = {
    machine.PWRON_RESET: 1,
    machine.HARD_RESET: 4,
    machine.WDT_RESET: 3,
    machine.DEEPSLEEP_RESET: 5,
    machine.SOFT_RESET: 4,
}


def reset_cause():
    return _CAUSE.get(machine.reset_cause(), 0)


def console():
    return Console()


def temperature():
    """Tenths of a degree Celsius in the chip, or None: the first ESP32 has no usable sensor."""
    try:
        import esp32

        return 10 * esp32.mcu_temperature()
    except (ImportError, AttributeError):
        return None
