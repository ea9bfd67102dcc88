"""An analogue input."""

from machine import ADC, Pin


class Bus:
    """`read_u16`: 0 to 65535 over the input's range."""

    def __init__(self, spec):
        self._adc = ADC(Pin(spec["pin"]))

    def read_u16(self):
        return self._adc.read_u16()
