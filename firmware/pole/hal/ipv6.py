"""IPv6 on an interface of an RP2 whose pole file says `ipv6 = "auto"`; loaded there only.

MicroPython 1.24 and later (extmod/network_lwip.c): `ipconfig(autoconf6=True)` asks routers for a prefix (RFC 4862), and
`ipconfig("addr6")` lists (address, state, preferred s, valid s). A listening socket bound to `::` takes IPv4 clients,
too (extmod/modlwip.c). The images for ESP32 have neither word in `ipconfig` (ports/esp32/network_common.c).
"""

from pole.hal import net

_VALID = 0x10  # a bit of the states of an address that may be used (lwIP, ip6_addr.h)
_SELDOM = 10  # looks: what `ipconfig` says is made anew each time


class Nic:
    """An interface of `network` that takes addresses of both families, as hal/interface.py uses it; `say(text)` logs what
    is new. Servers that start from now on listen for both.
    """

    def __init__(self, nic, say):
        self._nic = nic
        self._say = say
        self._known = ""
        self._turn = 0
        self.ifconfig = nic.ifconfig
        if hasattr(nic, "connect"):
            self.connect, self.disconnect = nic.connect, nic.disconnect
        net.ANY[0] = "::"

    def active(self, on):
        self._nic.active(on)
        self._nic.ipconfig(autoconf6=True)

    def isconnected(self):
        """Asked once a second while it is so."""
        up = self._nic.isconnected()
        if up:
            self._turn = (self._turn + 1) % _SELDOM
            if self._turn == 1:
                self._look()
        return up

    def _look(self):
        found = ", ".join([one[0].lower() for one in self._nic.ipconfig("addr6") if one[1] & _VALID])
        if found != self._known:
            self._known = found
            self._say("IPv6 " + (found or "lost"))


def whole(text):
    """An address as lists of clients have it (conf/encode.py): eight words, no zeros left out."""
    head, _, tail = text.lower().partition("::")
    words = head.split(":") if head else []
    ends = tail.split(":") if tail else []
    return ":".join(words + ["0"] * (8 - len(words) - len(ends)) + ends)
