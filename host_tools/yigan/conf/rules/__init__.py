"""What makes a pole file wrong although every word of it is known. A rule adds its findings to the document.

Each rule is a function of the resolved plan; a new file with a rule is listed here and nowhere else.
"""

from yigan.conf.rules import (
    alarm,
    budget,
    bus,
    dali,
    hung,
    lighting,
    meter,
    modbus,
    name,
    network,
    payload,
    pin,
    reading,
    site,
    statistics,
)

ALL = (
    site.rule,
    name.rule,
    bus.rule,
    hung.rule,
    pin.rule,
    modbus.rule,
    dali.rule,
    meter.rule,
    network.rule,
    payload.rule,
    lighting.rule,
    alarm.rule,
    reading.rule,
    statistics.rule,
    budget.rule,
)
