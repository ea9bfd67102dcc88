"""A PWM output."""

from machine import PWM, Pin


class Bus:
    """One PWM output."""

    def __init__(self, spec):
        self.freq_hz = spec.get("freq_hz", 1000)
        # Given at once, so that a lamp does not flash at the constructor's own default.
        self._pwm = PWM(Pin(spec["pin"]), freq=self.freq_hz, duty_u16=spec.get("duty_u16", 0))

    def duty(self, u16):
        self._pwm.duty_u16(u16)
