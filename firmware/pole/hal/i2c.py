"""An I2C bus, as MicroPython has it."""

from machine import I2C, Pin


def Bus(spec):  # noqa: N802 - stands where a class would
    return I2C(spec["id"], scl=Pin(spec["scl"]), sda=Pin(spec["sda"]), freq=spec.get("freq_hz", 100000))
