"""An analogue input."""

from machine import ADC, Pin


class Bus:
    """`read_u16`: 0 to 65535 over the input's range; `read_mv`: millivolts at the pin."""

    def __init__(self, spec):
        pin = Pin(spec["pin"])
        # An ESP32's widest range, about 3.1 V (2.45 V within its calibration); RP2 has but one, its supply.
        self._adc = ADC(pin, atten=ADC.ATTN_11DB) if hasattr(ADC, "ATTN_11DB") else ADC(pin)
        self._calibrated = hasattr(self._adc, "read_uv")

    def read_u16(self):
        return self._adc.read_u16()

    def read_mv(self):
        if self._calibrated:
            return (self._adc.read_uv() + 500) // 1000  # type: ignore[attr-defined]  # ESP32 only
        return self._adc.read_u16() * 3300 // 65535
