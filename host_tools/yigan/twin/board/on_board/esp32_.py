# `esp32` of a board: what an application asks of the chip, and non-volatile storage in RAM only.
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
