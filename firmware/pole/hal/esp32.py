"""ESP32 family."""

import machine

from pole.hal import net  # noqa: F401
from pole.hal.board import bus, console, forget_beginnings, interface, reset, unique_id, watchdog  # noqa: F401

WATCHDOG_MS = 30000

# machine's reset causes in the words of pole/breadcrumb.py. Brown-out reads as power-on; esp_restart, a panic
# and the reset pin all read as HARD_RESET (ports/esp32/modmachine.c): the breadcrumb tells them apart.
_CAUSE = {machine.PWRON_RESET: "power", machine.WDT_RESET: "watchdog", machine.DEEPSLEEP_RESET: "sleep"}
_rtc = machine.RTC()


def reset_cause():
    """"power", "watchdog", "sleep" or "reset"."""
    return _CAUSE.get(machine.reset_cause(), "reset")


def read_crumb():
    """The bytes left by `write_crumb` before the reset; any four or none after a power-up."""
    return _rtc.memory()


def write_crumb(data):
    """Four bytes into the RTC's memory: they survive every reset but the loss of power."""
    _rtc.memory(data)


def temperature():
    """Tenths of a degree Celsius in the chip, or None: the first ESP32 has no usable sensor."""
    try:
        import esp32

        return 10 * esp32.mcu_temperature()  # type: ignore[attr-defined]  # not on every chip
    except (ImportError, AttributeError):
        return None
