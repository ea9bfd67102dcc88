"""Which slaves of a bus may be asked now: a dead one must not eat the time of the living.

After three failures in a row a slave is isolated. From then on it is only probed, with a pause that
doubles from probe to probe, and the probes of all dead slaves together may take a tenth of the bus: a dead
slave costs a whole time-out where a living one costs a fifth of that. One good answer brings it back.

Pure: time comes in as ticks, any counter of milliseconds for which `diff(a, b)` and `add(a, ms)` are given.
"""

WELL = 0
SUSPECT = 1  # failed lately: not worth a retry
ISOLATED = 2


class Slave:
    """What is known about one address."""

    def __init__(self):
        self.failures = 0  # in a row
        self.pause_ms = 0  # until the next probe; 0 while not isolated
        self.due = 0  # ticks of the next probe
        self.late_until = 0  # ticks until which a reply given up on may still come
        self.late = False
        self.polled = False  # by the pole itself, not for a stranger only


class SlaveHealth:
    """The slaves of one bus.

    threshold: failures in a row that isolate. first_ms and longest_ms: pause before the first probe, and the
    longest. share: the probes of all dead slaves take at most one part in `share` of the time.
    """

    def __init__(self, diff, add, threshold=3, first_ms=1000, longest_ms=30000, share=10):
        self._diff = diff
        self._add = add
        self._threshold = threshold
        self._first_ms = first_ms
        self._longest_ms = longest_ms
        self._share = share
        self._slaves = {}
        self._paid = 0  # ticks from which the bus has earned the next probe
        self._price_ms = 0  # what the last probe had to earn

    def slave(self, address):
        found = self._slaves.get(address)
        if found is None:
            found = self._slaves[address] = Slave()
        return found

    def state(self, address):
        failures = self.slave(address).failures
        if failures >= self._threshold:
            return ISOLATED
        return SUSPECT if failures else WELL

    def isolated(self):
        """Addresses that are isolated now."""
        return [a for a, s in self._slaves.items() if s.failures >= self._threshold]

    def admit(self, address, now, cost_ms):
        """May it be asked now? Always, if it answers; an isolated one when its probe is due and earned.

        cost_ms: how long it will hold the bus if it stays silent. A yes to a probe takes the turn.
        """
        slave = self.slave(address)
        if slave.failures < self._threshold:
            return True
        if self._ahead(slave.due, now, slave.pause_ms) or self._ahead(self._paid, now, self._price_ms):
            return False
        slave.due = self._add(now, slave.pause_ms)
        self._price_ms = cost_ms * self._share
        self._paid = self._add(now, self._price_ms)
        return True

    def _ahead(self, moment, now, most):
        """Does `moment` still lie ahead? It was set at most `most` ahead: farther means the ticks wrapped."""
        return 0 < self._diff(moment, now) <= most

    def answered(self, address):
        """It answered, be it with an exception. True if that ended an isolation."""
        slave = self.slave(address)
        back = slave.failures >= self._threshold
        slave.failures = 0
        slave.pause_ms = 0
        return back

    def failed(self, address, now):
        """It did not answer, or not in a way that could be read. True if that isolates it."""
        slave = self.slave(address)
        slave.failures += 1
        if slave.failures < self._threshold:
            return False
        slave.pause_ms = min(2 * slave.pause_ms or self._first_ms, self._longest_ms)
        slave.due = self._add(now, slave.pause_ms)
        return slave.failures == self._threshold
