"""Dark or not: two thresholds and a delay, so that neither headlights nor clouds switch a street."""

_BLIND_S = 120  # a photocell that says nothing for so long has no say


class Photocell:
    """Below `on_lux` for `delay_s` it gets dark, above `off_lux` it gets light. `dark` None: not known."""

    def __init__(self, on_lux, off_lux, delay_s):
        self.on_lux = on_lux
        self.off_lux = off_lux
        self.delay_s = delay_s
        self.dark = None
        self._seen = 0  # uptime of the last reading
        self._since = None  # uptime of the first reading that says otherwise

    def see(self, lux, uptime):
        """A reading, None when there is none. `dark` afterwards; in doubt, between the thresholds, it is."""
        if self.dark is None or uptime - self._seen >= _BLIND_S:
            self.dark = None if lux is None else lux < self.off_lux
            self._since = None
        if lux is None:
            self._since = None
            return self.dark
        self._seen = uptime
        if not (lux > self.off_lux if self.dark else lux < self.on_lux):
            self._since = None
        elif self._since is None:
            self._since = uptime
        if self._since is not None and uptime - self._since >= self.delay_s:
            self.dark = not self.dark
            self._since = None
        return self.dark

    def give(self, lux, uptime, out):
        """Fill a driver's `out`: illuminance, dark, on_threshold, off_threshold."""
        dark = self.see(lux, uptime)
        out[0] = lux
        out[1] = None if dark is None else 1 if dark else 0
        out[2] = self.on_lux
        out[3] = self.off_lux

    def move(self, k, lux):
        """Point k (2: on, 3: off) wants to be `lux`; False when lamps would flap."""
        on, off = (lux, self.off_lux) if k == 2 else (self.on_lux, lux)
        if on >= off:
            return False
        self.on_lux, self.off_lux = on, off
        return True
