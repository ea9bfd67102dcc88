"""READ_FLASH of the stub: frames of data, each acknowledged with the bytes received so far, and an MD5 at the end."""

import hashlib

from yigan.twin.rom import slip

_IN_FLIGHT = 4  # frames before an acknowledgement; the host would allow 64


class Reading:
    """One read of flash under way."""

    def __init__(self, data: bytes, page: int):
        self.data, self.page = data, max(1, min(page, 0x1000))
        self.sent = 0
        self.over = False

    def frames(self, acknowledged: int) -> list[bytes]:
        """What may be sent now that the host has `acknowledged` so many bytes."""
        found = []
        while self.sent < len(self.data) and self.sent - acknowledged < _IN_FLIGHT * self.page:
            found.append(slip.frame(self.data[self.sent : self.sent + self.page]))
            self.sent += self.page
        if acknowledged >= len(self.data):
            self.over = True
            found.append(slip.frame(hashlib.md5(self.data, usedforsecurity=False).digest()))
        return found


