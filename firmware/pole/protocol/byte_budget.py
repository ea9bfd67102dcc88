"""How many bytes a link may still cost today. A fifth is kept for what must not wait."""

DAY = 86400
_KEPT = 5


class Budget:
    """`limit`: bytes a day, 0 for no limit. A day begins at midnight UTC, or every 24 h while nobody knows the time."""

    def __init__(self, limit, day=0, spent=0):
        self.limit = limit
        self.day = day
        self.spent = spent

    def turn(self, seconds):
        """It is `seconds` since some midnight."""
        day = seconds // DAY
        if day != self.day:
            self.day = day
            self.spent = 0

    def allows(self, n, urgent=False):
        """Whether `n` bytes more may be sent. What is urgent may take the last fifth."""
        limit = self.limit
        return not limit or self.spent + n <= (limit if urgent else limit - limit // _KEPT)
