"""A Modbus line in a technician's hands: who answers, and a question or setting for one of them.

Loaded when the console asks for `modbus` the first time (docs/console.md). It tells the bytes as they came: whether they
are an answer, a collision of two slaves or another speed, the bench judges. A request starts a job; without `act` it is
told how far that is. The pole's own polling goes on in between.
"""

import asyncio

from pole import clock, errors
from pole.codec import modbus
from pole.log import INFO, WARN

_WAIT_MS = 120  # for a slave's answer: makers say 5 to 100
_NEXT_MS = 2
_MOST_ROWS = 40  # a line that babbles at every address has told enough
_jobs = {}  # bus name -> its last job


def answer(pole, request):
    """{"do": "modbus", "bus": name, "act": "scan", "first": 1, "last": 247, "baud": 0, "wait": 120, "f": 3}, or
    {..., "act": "ask", "a": address, "pdu": hex}. Rows: {"a": address, "rx": hex of all that was heard}."""
    name = _bus_name(pole, request.get("bus"))
    job = _jobs.get(name)
    request.pop("n", None)  # the frame's number: asked again, the same is meant
    if request.get("act") is None:
        return _told(job)
    if job is not None and job.running:
        if job.request == request:
            return job.state()
        raise errors.PoleError(errors.OVERRIDDEN, "busy")
    _jobs[name] = job = Job(pole, pole.bus(name), request)
    return job.state()


def _bus_name(pole, wanted):
    """The Modbus line that is meant; there is often one only."""
    names = [name for name, bus in pole.buses.items() if hasattr(bus, "strays")]
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted not in names:
        raise errors.PoleError(errors.BAD_VALUE, "bus")
    return wanted


def _told(job):
    if job is not None:
        yield job.state()
        for row in job.rows:
            yield row


def _number(request, word, usual, least, most):
    value = request.get(word, usual)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise errors.PoleError(errors.BAD_VALUE, word)
    return value


class Job:
    def __init__(self, pole, bus, request):
        self.pole = pole
        self.bus = bus
        self.request = request
        self.rows = []
        self.error = ""
        self.at = 0  # the address being asked
        self.running = True
        self._baud = _number(request, "baud", 0, 0, 115200)
        self._wait_ms = _number(request, "wait", _WAIT_MS, 10, 2000)
        self._heard = bytearray(128)
        if request["act"] == "scan":
            first, last = _number(request, "first", 1, 1, 247), _number(request, "last", 247, 1, 247)
            work = self._scan(first, last, bytes((_number(request, "f", 3, 1, 4), 0, 0, 0, 1)))
        elif request["act"] == "ask":
            work = self._ask(_number(request, "a", 0, 1, 247), _octets(request["pdu"]))
        else:
            raise errors.PoleError(errors.BAD_REQUEST, "act")
        self._task = asyncio.create_task(self._run(work))

    def state(self):
        return {"running": self.running, "at": self.at, "found": len(self.rows), "error": self.error}

    async def _run(self, work):
        try:
            await work
        except errors.PoleError as error:
            self.error = "%d %s" % (error.code, error.detail)
            self.pole.log.add(WARN, "modbus", self.error)
        finally:
            self.running = False

    async def _scan(self, first, last, pdu):
        """Any answer will do, an exception too: it is there."""
        for address in range(first, last + 1):
            await self._ask(address, pdu, False)
            if len(self.rows) >= _MOST_ROWS:
                break
        self.pole.log.add(INFO, "modbus", "scan: %d" % len(self.rows))

    async def _ask(self, address, pdu, silence=True):
        self.at = address
        frame = bytearray(len(pdu) + 3)
        frame[0] = address
        frame[1:-2] = pdu
        modbus.seal(frame, len(pdu) + 1)
        queue = self.bus.queue
        queue.append(self)
        try:
            while queue[0] is not self:
                await clock.sleep_ms(_NEXT_MS)
            n = await self._exchange(frame)
        finally:
            queue.remove(self)
        if n or silence:
            self.rows.append({"a": address, "rx": "".join("%02x" % byte for byte in self._heard[:n])})

    async def _exchange(self, frame):
        """`frame` goes out as it is; the count of what came until there was silence for long enough."""
        bus, have, view = self.bus, 0, memoryview(self._heard)
        line, usual = bus.line, bus.line.baud
        try:
            wait = bus.noise_ms()
            while wait:
                await clock.sleep_ms(wait)
                wait = bus.noise_ms()
            if self._baud and self._baud != usual:
                line.set_baud(self._baud)
            await line.send(frame)
            while have < len(view):
                n = await line.readinto(view[have:], self._wait_ms)
                if not n:
                    break
                have += n
            return have
        finally:
            if line.baud != usual:
                line.set_baud(usual)
            bus.heard = clock.ticks_ms()


def _octets(text):
    if not text or len(text) % 2 or len(text) > 120:
        raise errors.PoleError(errors.BAD_VALUE, "pdu")
    return bytes(int(text[k : k + 2], 16) for k in range(0, len(text), 2))
