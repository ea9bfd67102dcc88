"""How far a point's value can be trusted. Codes are wire identities: append only.

One window of the Modbus map carries them, MQTT carries the names.
"""

NEVER = 0  # nothing measured since the start
GOOD = 1
UNCERTAIN = 2  # a value, but its source says: with care
STALE = 3  # was good, and is older than the point's time to live
WARMING = 4  # the sensor needs more time after power-up
RANGE = 5  # outside what the point can be
COMM_FAULT = 6  # nobody answers on the bus: look at the cable
FAULT = 7  # the device answers wrongly or reports a fault
MANUAL = 8  # put there by a person

NAMES = ("never", "good", "uncertain", "stale", "warming", "range", "comm_fault", "fault", "manual")
