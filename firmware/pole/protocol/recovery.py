"""What to do about a link that stays down: more each time, and the most disturbing last. Pure."""

RECONNECT, REATTACH, RESTART_MODEM, POWER_CYCLE, REBOOT = range(5)
_WAIT_S = 60, 180, 600, 1800  # down so long since the last step, then the next; rounds double
_ROUNDS = 4  # doublings


class Ladder:
    """Of one link. `offers`: a bit for each of the first four steps that its uplink knows."""

    def __init__(self, offers, lot):
        self.offers = offers
        self._lot = lot
        self._rung = self._round = 0
        self._down = self._since = -1
        self._jitter = 0

    def step(self, up, now):
        """The step to take at `now` (s), or -1."""
        if up:
            self._down = -1
            return -1
        if self._down < 0:
            self._down = self._since = now
            self._rung = self._round = 0
        while self._rung < REBOOT and not self.offers >> self._rung & 1:
            self._rung += 1
        if self._rung >= REBOOT:
            self._rung = 0
            self._round = min(self._round + 1, _ROUNDS)
            return -1
        wait = _WAIT_S[self._rung] << self._round
        if now - self._since < wait + self._jitter:
            return -1
        step, self._since = self._rung, now
        self._rung += 1
        self._jitter = wait * self._lot(8) // 1024  # a street of poles must not call the same cell at once
        return step


class Last:
    """REBOOT, when no link at all was up for `after_s` (0: never), and again after as long."""

    def __init__(self, after_s):
        self.after_s = after_s
        self._alone = -1

    def step(self, any_up, now):
        if any_up or self._alone < 0:
            self._alone = now
        if self.after_s and now - self._alone >= self.after_s:
            self._alone = now
            return REBOOT
        return -1
