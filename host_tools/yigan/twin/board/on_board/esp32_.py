# `esp32` of a board: what an application asks of the chip, and non-volatile storage in RAM only.
import time as _time

import _hub

HEAP_DATA = 4
HEAP_EXEC = 1
WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True
_facts = {}


def idf_heap_info(capabilities):
    import gc

    gc.collect()
    free = gc.mem_free()
    return [(free + gc.mem_alloc(), free, free // 2, free // 2)]


def raw_temperature():
    return 128


def mcu_temperature():
    return 41


def wake_on_ext0(pin=None, level=None):
    pass


def wake_on_ext1(pins=None, level=None):
    pass


class RMT:
    PULSE_MAX = 32767

    def __init__(self, channel=-1, *, pin, resolution_hz=None, clock_div=None, idle_level=False, tx_carrier=None, num_symbols=64):
        if resolution_hz is not None and clock_div is not None:
            raise ValueError("resolution_hz and clock_div are mutually exclusive")
        if clock_div is not None and not 1 <= clock_div <= 255:
            raise ValueError("clock_div must be between 1 and 255")
        self._n = pin._n
        self._hz = resolution_hz or 80000000 // (clock_div or 8)
        self._idle = 1 if idle_level else 0
        _hub.ask("rmt", self._n)

    @staticmethod
    def source_freq():
        return 80000000

    def clock_div(self):
        return 80000000 // self._hz

    def wait_done(self, *, timeout=0):
        left = _hub.ask("rmt_left", self._n)
        if left and timeout:
            _time.sleep_ms(int(min(timeout, left + 1)))
            left = _hub.ask("rmt_left", self._n)
        return not left

    def write_pulses(self, duration, data=True):
        left = _hub.ask("rmt_left", self._n)
        if left:  # as on a chip it blocks until the last is over
            _time.sleep_ms(int(left + 1))
        turns = not isinstance(data, (tuple, list))
        n = len(duration) if turns else len(data)
        if not isinstance(duration, int):
            duration = list(duration)
            if len(duration) != n:
                raise ValueError("duration and data must have same length")
        if not n:
            raise ValueError("No pulses")
        levels = bytearray(n)  # a chip takes nothing of the heap: as little as can be
        for k in range(n):
            levels[k] = 48 + ((1 if data else 0) ^ k & 1 if turns else 1 if data[k] else 0)
        _hub.ask("rmt_write", self._n, 1000000000 // self._hz, duration, levels.decode(), self._idle)


class Partition:
    BOOT = 0
    RUNNING = 1
    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(self, id):
        if id not in (self.BOOT, self.RUNNING, "vfs", "factory"):
            raise OSError(2)
        self._vfs = id == "vfs"

    @classmethod
    def find(cls, type=0, subtype=255, label=None, block_size=4096):
        return [cls("vfs" if type else "factory")]

    def info(self):
        if self._vfs:
            return (1, 129, 0x200000, _facts["size"], "vfs", False)
        return (0, 0, 0x10000, 0x1F0000, "factory", False)

    @classmethod
    def mark_app_valid_cancel_rollback(cls):
        pass


def setup(facts):
    _facts.update(facts)
    here = globals()
    if facts["name"] == "esp32":
        del here["mcu_temperature"]  # the first ESP32 has no usable sensor
    else:
        del here["raw_temperature"]
    del here["setup"]
