# The `machine` module of a board.
from machine import time_pulse_us  # noqa: F401
import time as _time

import _bus
import _hub
import _memory
import _pin
import _uart
from _bus import I2C, SPI, SoftI2C, SoftSPI  # noqa: F401
from _pin import ADC, DAC, PWM, Pin, Signal  # noqa: F401
from _uart import UART  # noqa: F401

_facts = {}


class Timer:
    ONE_SHOT = 0
    PERIODIC = 1
    _count = 0

    def __init__(self, id=-1, **kw):
        if _facts["port"] == "rp2" and id != -1:
            raise ValueError("Timer doesn't exist")
        if id < 0:
            Timer._count += 1
            id = 127 + Timer._count
        elif id > 3:
            raise ValueError("Timer(%d) doesn't exist" % id)
        self._id = id
        if kw:
            self.init(**kw)

    def init(self, *, mode=1, freq=-1, period=-1, callback=None, tick_hz=1000, hard=False):
        if freq != -1:
            period = 1000 / freq
        _hub.on_event(2, self._id, callback and (lambda value: callback(self)))
        _hub.ask("timer", self._id, period, mode == self.PERIODIC)

    def deinit(self):
        _hub.ask("timer", self._id, 0, False)


class WDT:
    def __init__(self, id=0, timeout=5000):
        if timeout <= 0 or (_facts["port"] == "esp32" and timeout < 1000):
            raise ValueError("WDT timeout too short")
        top = _facts["wdt_max_ms"]
        if top and timeout > top:
            raise ValueError("timeout exceeds %d" % top)
        _hub.ask("wdt", timeout)

    def feed(self):
        if _hub._virtual:
            _hub._virtual.feed()
        else:
            _hub.cast(_hub.WDT_FEED)


class RTC:
    def __init__(self, id=0):
        pass

    def datetime(self, when=None):
        if when is None:
            t = _clock.gmtime()
            ms = _clock.epoch_ms()
            return (t[0], t[1], t[2], t[6], t[3], t[4], t[5], ms % 1000 * 1000)
        year, month, day, _, hour, minute, second, sub = when
        _clock.set_ms(_clock.mktime((year, month, day, hour, minute, second, 0, 0)) * 1000 + sub // 1000)

    def init(self, when):
        self.datetime(when)

    def memory(self, data=None):
        if data is None:
            return bytes.fromhex(_hub.ask("rtc_memory", None))
        if len(data) > 2048:
            raise ValueError("buffer too long")
        _hub.ask("rtc_memory", bytes(data).hex())


def reset():
    _hub.ask("reset", "hard")


def soft_reset():
    _hub.ask("reset", "soft")


def reset_cause():
    return _facts["cause"]


def wake_reason():
    return 4 if _facts["cause"] == 4 else 0  # TIMER_WAKE after DEEPSLEEP_RESET


def unique_id():
    return bytes.fromhex(_facts["uid"])


def freq(hz=None):
    if hz is None:
        return _facts["mhz"] * 1000000
    _facts["mhz"] = hz // 1000000


def idle():
    _time.sleep_ms(1)


def lightsleep(ms=0):
    _time.sleep_ms(ms)


def deepsleep(ms=0):
    _hub.ask("reset", "deepsleep", ms)


def bootloader():
    _hub.ask("reset", "download")


# Handlers run between bytecodes of this one thread and only when the program calls; nothing can cut in.
def disable_irq():
    return 0


def enable_irq(state=0):
    pass


def bitstream(pin, encoding, timing, data):
    pass


def setup(facts, clock, time, leave):
    """Become the `machine` of this chip; returns nothing that a port lacks."""
    global _clock, _time
    _facts.update(facts)
    _clock, _time = clock, time
    for part in (_pin, _uart, _bus):
        part.setup(facts, leave)
    here = globals()
    here["mem8"], here["mem16"], here["mem32"] = _memory.setup(facts)
    if facts["name"] != "esp32":  # nor has an S3 one
        del here["DAC"]
    if facts["port"] == "rp2":
        here.update({"PWRON_RESET": 1, "WDT_RESET": 3})
        del RTC.init, RTC.memory, here["wake_reason"]
    else:
        causes = ("PWRON_RESET", "HARD_RESET", "WDT_RESET", "DEEPSLEEP_RESET", "SOFT_RESET")
        here.update({name: i + 1 for i, name in enumerate(causes)})
        here.update({"PIN_WAKE": 2, "EXT0_WAKE": 2, "EXT1_WAKE": 3, "TIMER_WAKE": 4, "TOUCHPAD_WAKE": 5, "ULP_WAKE": 6})
        if facts["name"] == "esp32":  # its ROM is entered by pins only
            del here["bootloader"]
    del here["setup"]
