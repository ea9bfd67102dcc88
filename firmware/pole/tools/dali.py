"""A DALI line in a technician's hands: who is there, addresses, groups, and which lamp is which.

Loaded when the console asks for `dali` the first time (docs/console.md). What takes time runs as a job of its own:
a request starts it, requests without `act` tell how far it is. Asking twice starts nothing twice.
"""

import asyncio

from pole import clock, errors
from pole.codec import dali
from pole.log import INFO, WARN
from pole.protocol import dali_commissioning

_BLINKS = 6
_BLINK_MS = 500
_NOMINAL_WATTS = 0x15  # in bank 1 (DiiA 251)
_jobs = {}  # bus name -> its last job


def answer(pole, request):
    """The reply to {"do": "dali", "bus": name, "act": word, ...}; without `act` rows that tell of the last job."""
    name = _bus_name(pole, request.get("bus"))
    act = request.get("act")
    job = _jobs.get(name)
    if act is None:
        return _told(job)
    if job is not None and job.running:
        if job.request == _meaning(request):
            return job.state()
        raise errors.PoleError(errors.OVERRIDDEN, job.act)
    _jobs[name] = job = Job(pole, pole.bus(name), request)
    return job.state()


def _bus_name(pole, wanted):
    """The DALI line that is meant; there is nearly always one only."""
    names = [name for name, bus in pole.buses.items() if hasattr(bus, "together")]
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted not in names:
        raise errors.PoleError(errors.BAD_VALUE, "bus")
    return wanted


def _meaning(request):
    return [request.get(word) for word in ("act", "a", "to", "group", "all")]


def _told(job):
    if job is not None:
        yield job.state()
        for row in job.rows:
            yield row


def _number(request, word, most, least=0):
    value = request[word]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise errors.PoleError(errors.BAD_VALUE, word)
    return value


class Job:
    """One piece of work on one line. `rows`: what it found."""

    def __init__(self, pole, bus, request):
        self.pole = pole
        self.bus = bus
        self.act = request["act"]
        self.request = _meaning(request)
        self.rows = []
        self.error = ""
        self.frames = 0
        self.running = True
        self._work = Commission()
        work = self._begin(request)  # a wrong request is refused, not begun
        self._task = asyncio.create_task(self._run(work))

    def _begin(self, request):
        if self.act == "scan":
            return self._scan()
        if self.act == "commission":
            return self._commission(request.get("all") is True)
        if self.act not in ("blink", "address", "group", "ungroup"):
            raise errors.PoleError(errors.BAD_REQUEST, "act")
        address = _number(request, "a", 63)
        if self.act == "blink":
            return self._blink(dali.short(address))
        if self.act == "address":
            to = None if request["to"] is None else _number(request, "to", 63)
            return self._rename(address, to)
        command = dali.ADD_TO_GROUP if self.act == "group" else dali.REMOVE_FROM_GROUP
        return self._group(address, command + _number(request, "group", 15))

    def state(self):
        """How far it is."""
        return {
            "act": self.act,
            "running": self.running,
            "frames": self.frames,
            "found": len(self.rows),
            "step": self._work.step,
            "error": self.error,
        }

    async def _run(self, work):
        try:
            await work
            self.pole.log.add(INFO, "dali", "%s: %d" % (self.act, len(self.rows)))
        except errors.PoleError as error:
            self.error = "%d %s" % (error.code, error.detail)
            self.pole.log.add(WARN, "dali", "%s failed: %s" % (self.act, self.error))
        finally:
            self.running = False

    async def _do(self, frame):
        self.frames += 1
        return await self.bus.do(frame)

    async def _converse(self, conversation):
        """Carry a conversation's frames to the line, and the answers back."""
        told = None
        while True:
            try:
                frame = conversation.send(told)
            except StopIteration as stop:
                return stop.value
            if frame < 0:
                await clock.sleep_ms(-frame)
                told = None
            else:
                told = await self._do(frame)

    # The jobs

    async def _scan(self):
        work = self._work
        await self._converse(work.scan())
        for address in range(dali.SHORT_ADDRESSES):
            if work.present[address]:
                self.rows.append(await self._row(address, work.present[address]))
        if await self._do(dali.command(dali.UNADDRESSED, dali.QUERY_CONTROL_GEAR_PRESENT)) != dali.NO:
            self.rows.append({"a": None})

    async def _row(self, address, count):
        to = dali.short(address)
        groups = await self._do(dali.command(to, dali.QUERY_GROUPS_ZERO_TO_SEVEN))
        high = await self._do(dali.command(to, dali.QUERY_GROUPS_EIGHT_TO_FIFTEEN))
        return {
            "a": address,
            "n": count,
            "type": await self._do(dali.command(to, dali.QUERY_DEVICE_TYPE)),
            "status": await self._do(dali.command(to, dali.QUERY_STATUS)),
            "arc": await self._do(dali.command(to, dali.QUERY_ACTUAL_LEVEL)),
            "groups": -1 if groups < 0 or high < 0 else groups | high << 8,
            "watts": await self._watts(to),
        }

    async def _watts(self, to):
        """Nominal power of a D4i luminaire, None of others."""
        buf = bytearray(2)
        await self.bus.own()
        try:
            await self._do(dali.special(dali.DTR1, 1))
            for k in range(2):
                told = await self._byte(to, _NOMINAL_WATTS + k)
                if told < 0:
                    told = await self._byte(to, _NOMINAL_WATTS + k)
                if told < 0:
                    return None
                buf[k] = told
        except errors.PoleError:
            return None
        finally:
            self.bus.owned = False
        return dali.number(buf, 0, 2)

    async def _byte(self, to, at):
        await self._do(dali.special(dali.DTR0, at))
        return await self._do(dali.command(to, dali.READ_MEMORY_LOCATION))

    async def _commission(self, everybody):
        work = self._work
        try:
            await self._converse(work.commission(everybody))
        finally:
            self.rows += [{"a": short, "random": "%06x" % random} for random, short in work.found]
        if work.left:
            self.error = "%d without address" % work.left

    async def _blink(self, to):
        before = await self._do(dali.command(to, dali.QUERY_ACTUAL_LEVEL))
        await self._do(dali.command(to, dali.IDENTIFY_DEVICE))
        for _ in range(_BLINKS):
            await self._do(dali.command(to, dali.RECALL_MAX_LEVEL))
            await clock.sleep_ms(_BLINK_MS)
            await self._do(dali.command(to, dali.OFF))
            await clock.sleep_ms(_BLINK_MS)
        if before >= 0 and before != dali.MASK:
            await self._do(dali.level(to, before))

    async def _rename(self, old, new):
        if (
            new is not None
            and await self._do(dali.command(dali.short(new), dali.QUERY_CONTROL_GEAR_PRESENT)) != dali.NO
        ):
            raise errors.PoleError(errors.BAD_VALUE, "address in use")
        await self.bus.own()
        try:
            told = await self._converse(dali_commissioning.rename(old, new))
        finally:
            self.bus.owned = False
        if told == dali.NO:
            raise errors.BusError(errors.NO_ANSWER, old)
        self.rows.append({"a": new})

    async def _group(self, address, command):
        to = dali.short(address)
        await self._do(dali.command(to, command))
        self.rows.append(await self._row(address, 1))


class Commission(dali_commissioning.Commissioning):
    """As it says; `step`: addresses looked at, or named."""

    @property
    def step(self):
        return len(self.found) if self.rounds else sum(1 for p in self.present if p)
