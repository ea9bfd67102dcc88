"""A serial line on which others ask and this board answers: to wait on it costs no polling, an answer no generator.

A bus of kind `served` is a `uart` or, with a pin `de`, an `rs485` that an uplink has (conf/encode.py writes it so).
"""

from asyncio import core  # type: ignore[attr-defined]

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
    """`await ready`, then `take`; `begin`, sleep for as long as it says, `end`. None of them waits longer than 3 ms."""

    def __init__(self, spec):
        super().__init__(spec)
        self.ready = _Ready(self._uart)
