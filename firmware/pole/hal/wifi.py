"""The wireless interface as a client of one of the networks it knows."""

import network

from pole.hal.interface import Interface as Base


class Interface(Base):
    """`spec`: ssid and password, or `networks` of them: tried in turn, the last that worked first.

    They are not looked for by a scan: it stops the board for two seconds.
    """

    def __init__(self, spec, say):
        Base.__init__(self, network.WLAN(network.STA_IF), spec, say)
        self._networks = spec.get("networks") or [spec]
        self._last = 0

    def join(self, turn):
        if turn:
            self._last = (self._last + 1) % len(self._networks)
        one = self._networks[self._last]
        self._nic.disconnect()
        self._nic.connect(one["ssid"], one.get("password") or None)
        return "Wi-Fi " + one["ssid"]
