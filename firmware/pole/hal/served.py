"""A serial line on which others ask and this board answers: to wait on it costs no polling, an answer no generator.

A bus of kind `served` is a `uart` or, with a pin `de`, an `rs485` that an uplink has (conf/encode.py writes it so). The
driver-enable pin is ours to time: no port has an RS-485 mode.
"""

from asyncio import core  # type: ignore[attr-defined]

from machine import Pin

from pole import clock
from pole.hal import uart


class _Ready:
    """Await it to wait for the first byte. hal/net.py's takes more heap each time."""

    def __init__(self, source):
        self._source = source
        self._entry = [None, None, source]  # as asyncio's IOQueue keeps it, made once
        self._asked = False
        self._done = StopIteration()  # raised again and again, as asyncio's own sleep does

    def __iter__(self):
        self._asked = False
        return self

    def __next__(self):
        queue = core._io_queue
        if self._asked:
            self._done.__traceback__ = None
            raise self._done
        self._asked = True
        self._entry[0] = core.cur_task
        queue.map[id(self._source)] = self._entry
        queue.poller.register(self._source, 1)  # select.POLLIN
        core.cur_task.data = queue  # who is cancelled is looked for there


class Bus(uart.Bus):
    """`await ready`, then `take`; `begin`, sleep for as long as it says, `end`. None of them waits longer than 2 ms."""

    def __init__(self, spec):
        self._enable = Pin(spec["de"], Pin.OUT, value=0) if "de" in spec else None
        super().__init__(spec)
        self.ready = _Ready(self._uart)

    def take(self, buf):
        """What is there now into `buf`: the count, or None."""
        return self._uart.readinto(buf)

    def begin(self, buf):
        """Drive the line and send `buf`, 256 bytes at most; the milliseconds until `end` is due."""
        if self._enable:
            self._enable(1)
        self._uart.write(buf)
        return max(0, len(buf) * self.char_us // 1000 - 1)

    def end(self):
        """Wait for the last bit, then leave the line to the others: they speak after 3.5 characters."""
        start = clock.ticks_us()
        while not self._uart.txdone() and clock.ticks_diff(clock.ticks_us(), start) < 2000:
            pass
        if self._enable:
            self._enable(0)
