"""A fan's tacho output: open collector, usually two pulses a turn.

Source: Intel 4-Wire PWM Controlled Fans Specification 1.3, 2.1.4 (two pulses a turn, pull-up outside).
---
title_zh = "风扇测速"
bus = "gpio"
interrupt = true
capability = "node"
points = ["fan_speed"]
datasheet = "4-Wire Pulse Width Modulation (PWM) Controlled Fans, specification 1.3"
wiring = "Tacho wire -> pin, pull = 'up'; a pin of the chip itself, no expander's"
wiring_zh = "测速线接引脚，pull = 'up'；须接芯片自身引脚，不能接扩展芯片"

[options.pulses]
type = "int"
default = 2
low = 1
high = 8
en = "Pulses a turn"
zh = "每转脉冲数"
"""

from pole import clock
from pole.quality import GOOD

_MOST = 30000  # turns a minute: more is interference


class Driver:
    period_ms = 3000

    def __init__(self, bus, options):
        self._per_turn = 2 * options.get("pulses", 2)  # both edges count
        self._edges = 0
        self._began = clock.ticks_ms()
        bus.irq(self._edge)

    def _edge(self, pin):
        self._edges += 1

    def read(self, out):
        now, edges = clock.ticks_ms(), self._edges
        self._edges = 0
        ms = clock.ticks_diff(now, self._began)
        self._began = now
        if ms > 0:
            out[0] = min(_MOST, edges * 60000 // (ms * self._per_turn))
        return GOOD
