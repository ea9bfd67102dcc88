"""What every network interface does: it is kept connected, and says so in the log."""

from pole import clock

_LOOK_MS = 1000
_TRY_MS = 10000  # for one network; six times as long when it failed again and again
_STEP_MS = 500


class Interface:
    """`nic`: one of `network`'s. `spec`: address, netmask, gateway and dns for who wants no DHCP, `ipv6` for who wants
    that. `say(text)` logs.

    `drops` counts losses.
    """

    def __init__(self, nic, spec, say):
        self._nic = nic
        self._say = say
        self._spec = spec
        self.drops = 0
        if "ipv6" in spec:
            from pole.hal import ipv6

            self._nic = ipv6.Nic(nic, say)

    def join(self, turn):
        """Begin to connect, for the `turn`-th time in a row; the name of what it connects to."""
        return self._spec["kind"]

    async def run(self, beat):
        """For ever: connect, and connect again. The port's own reconnection is not relied upon."""
        nic, spec, name, turn = self._nic, self._spec, "", 0
        nic.active(True)
        if "address" in spec:
            nic.ifconfig((spec["address"], spec["netmask"], spec["gateway"], spec["dns"]))
        up = False
        while True:
            beat()
            if nic.isconnected():
                if not up:
                    self._say("%s, address %s" % (name or spec["kind"], nic.ifconfig()[0]))
                up, turn = True, 0
                await clock.sleep_ms(_LOOK_MS)
                continue
            if up:
                up = False
                self.drops += 1
                self._say("lost")
            name = self.join(turn)
            turn += 1
            wait = _TRY_MS * min(turn, 6)
            while wait > 0 and not nic.isconnected():
                beat()
                await clock.sleep_ms(_STEP_MS)
                wait -= _STEP_MS
