"""A voltage for a lamp's control input, and the relay of its supply.

The voltage is a filtered PWM, or the converter of an ESP32 or ESP32-S2 (8 bits; the other chips have none). The relay may
wait for the mains to pass zero, so that its contacts live longer.
"""

from machine import PWM, Pin

from pole import clock

_HALF_WAVE_MS = 10  # at 50 Hz: without mains there is nothing to wait for


class Bus:
    """spec: `pin`; `dac` true or `freq_hz`; `relay`, `relay_active` 0 for a board that closes at low; `zero_cross`, a pin
    that changes when the mains pass zero, and `relay_delay_us` from there until the contacts should be told."""

    def __init__(self, spec):
        if spec.get("dac"):
            from machine import DAC  # type: ignore[attr-defined]  # not on every port

            dac = DAC(Pin(spec["pin"]))
            self.duty = lambda u16: dac.write(u16 >> 8)
        else:
            self.duty = PWM(Pin(spec["pin"]), freq=spec.get("freq_hz", 5000), duty_u16=0).duty_u16
        self.has_relay = spec.get("relay", -1) >= 0
        if self.has_relay:
            self._open = 0 if spec.get("relay_active", 1) else 1
            self._relay = Pin(spec["relay"], Pin.OUT, value=self._open)
        zero = spec.get("zero_cross", -1)
        self._zero = Pin(zero, Pin.IN) if zero >= 0 else None
        self._delay_us = spec.get("relay_delay_us", 0)

    def relay(self, closed):
        """Switch it, at the next zero of the mains where that is wired: at most a half wave from now."""
        if self._zero is not None:
            before, end = self._zero.value(), clock.ticks_add(clock.ticks_ms(), _HALF_WAVE_MS)
            while self._zero.value() == before and clock.ticks_diff(end, clock.ticks_ms()) > 0:
                pass
            clock.sleep_us(self._delay_us)
        self._relay.value(self._open ^ (1 if closed else 0))
