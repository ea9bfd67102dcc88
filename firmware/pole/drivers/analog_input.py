"""A transmitter at an analogue input: 4-20 mA over a resistor, or a voltage. Water level, leakage current, free terminals.

A live zero tells a broken wire: up to 3.6 mA and from 21 mA on a loop is faulty; from 3.8 to 20.5 mA it measures, and
between it has come to the end of its range, which is said as uncertain (NAMUR NE 43, V 03.02.2003; from memory).
Error of the conversion: half a step of the point. In 32-bit floats `low` and `high` are what is written up to 16,777,216
steps, and 6e-8 of it beyond.
---
title_zh = "模拟量输入（4-20 mA 或电压）"
bus = "adc"
scaled = true
capability = "node"
points = ["leakage_current", "supply_voltage", "clock_battery", "io.current_1", "io.current_2", "io.voltage_1", "io.voltage_2",
  "hydro.level", "hydro.flood_depth", "hydro.groundwater_depth", "hydro.temperature", "water.ph", "water.dissolved_oxygen",
  "water.conductivity", "water.turbidity", "water.orp"]
points_option = "point"
datasheet = "NAMUR NE 43 (fault currents)"
wiring = "24 V -> transmitter -> pin and 120 ohm (0.1 %) to ground, or a voltage through a divider; surge protection"
wiring_zh = "24 V 经变送器到引脚，120 欧（0.1 %）接地；或电压经分压；须加浪涌保护"

[options.point]
type = "enum"
required = true
values = ["leakage_current", "supply_voltage", "clock_battery", "io.current_1", "io.current_2", "io.voltage_1", "io.voltage_2",
  "hydro.level", "hydro.flood_depth", "hydro.groundwater_depth", "hydro.temperature", "water.ph", "water.dissolved_oxygen",
  "water.conductivity", "water.turbidity", "water.orp"]
en = "What it measures"
zh = "测量对象"

[options.low_mv]
type = "int"
default = 480
low = 0
high = 3300
unit = "mV"
en = "Voltage at the pin for `low`: 480 mV is 4 mA over 120 ohm"
zh = "对应下限的引脚电压：120 欧上 4 mA 为 480 mV"

[options.high_mv]
type = "int"
default = 2400
low = 1
high = 3300
unit = "mV"
en = "Voltage at the pin for `high`"
zh = "对应上限的引脚电压"

[options.low]
type = "float"
default = 0.0
low = -100000
high = 100000
en = "Value at low_mv, in the point's unit"
zh = "low_mv 对应的数值（测点单位）"

[options.high]
type = "float"
required = true
low = -100000
high = 100000
en = "Value at high_mv"
zh = "high_mv 对应的数值"

[options.broken]
type = "bool"
default = true
en = "A loop with a live zero: outside 3.6 to 21 mA it is faulty"
zh = "有活零点：超出 3.6 至 21 mA 视为故障"
"""

from pole.errors import BAD_FRAME, DeviceFault
from pole.quality import GOOD, UNCERTAIN

_SAMPLES = 8


class Driver:
    period_ms = 1000

    def __init__(self, bus, options):
        self._bus = bus
        unit = 10 ** options.get("decimals", 0)
        self._low_mv = options.get("low_mv", 480)
        self._span_mv = options.get("high_mv", 2400) - self._low_mv
        self._low = round(options.get("low", 0) * unit)
        self._span = round(options["high"] * unit) - self._low
        self._broken = options.get("broken", True)

    def read(self, out):
        total = 0
        for _ in range(_SAMPLES):
            total += self._bus.read_mv()
        over = total - _SAMPLES * self._low_mv
        span = _SAMPLES * self._span_mv  # 16 mA
        if self._broken and (40 * over <= -span or 16 * over >= 17 * span):
            raise DeviceFault(BAD_FRAME, "open" if over < 0 else "over")
        value = self._low + (over * self._span + span // 2) // span
        if value < 0 <= self._low and self._span > 0:
            value = 0  # a dead band of the transmitter is no negative current
        out[0] = value
        ended = self._broken and (80 * over < -span or 32 * over > 33 * span)  # 3.8 and 20.5 mA
        return UNCERTAIN if ended else GOOD
