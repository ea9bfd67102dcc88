"""A lamp whose driver is dimmed by PWM.

The level is light output. A driver's PWM input is proportional to it (`linear`) or follows the arc power levels
of IEC 62386-102 (`log`); `inverted` is for an opto-coupler between board and driver.
---
title_zh = "PWM 调光路灯"
bus = "pwm"
capability = "lamp"
points = ["level_actual", "on"]
datasheet = "IEC 62386-102 (dimming curve)"
wiring = "Board pin -> opto-coupler or 3.3 V dim input of the LED driver; a pull resistor decides the level in reset"
wiring_zh = "板引脚 -> 光耦或 LED 驱动电源 3.3 V 调光输入；复位时的亮度由上下拉电阻决定"

[options.curve]
type = "enum"
default = "linear"
values = ["linear", "log"]
en = "How the lamp's driver turns duty into light"
zh = "占空比与光输出的关系"

[options.inverted]
type = "bool"
default = false
en = "Duty 0 is full light"
zh = "占空比 0 为全亮"

[options.power_on_level]
type = "float"
default = 100.0
low = 0
high = 100
unit = "%"
en = "Level from the first moment, until somebody wants another"
zh = "上电亮度，直到收到其他指令"

[options.minimum_level]
type = "float"
default = 1.0
low = 0
high = 100
unit = "%"
en = "Lowest level above off that the lamp can hold without flicker"
zh = "不闪烁的最低亮度"

[options.maximum_level]
type = "float"
default = 100.0
low = 1
high = 100
unit = "%"
en = "Highest level"
zh = "最高亮度"

[options.fade_time]
type = "float"
default = 1.0
low = 0
high = 600
unit = "s"
en = "Time of a change of level"
zh = "渐变时间"
"""

from pole.protocol import dimming, lamp_order
from pole.quality import GOOD


class Driver:
    """`set(level)` at once; the lighting service fades. Levels are tenths of a per cent of light output."""

    period_ms = 1000

    def __init__(self, bus, options):
        self._bus = bus
        self._log = options.get("curve", "linear") == "log"
        self._inverted = options.get("inverted", False)
        self.lowest, self.highest, self.power_on, self.fade_ms = lamp_order.settings(options, 1)
        self.level = -1
        self.set(self.power_on)

    def set(self, level):
        """Light output now, 0..1000."""
        if level == self.level:
            return
        self.level = level
        duty = self._duty(level)
        self._bus.duty(65535 - duty if self._inverted else duty)

    def _duty(self, level):
        if self._log and level > 0:
            return int(dimming.arc(level) * 65535 / 254 + 0.5)
        return (level * 65535 + 500) // 1000

    def read(self, out):
        out[0] = self.level
        out[1] = 1 if self.level else 0
        return GOOD
