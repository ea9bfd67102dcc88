"""The wireless interface as a client, kept connected."""

import network

from pole import clock


class Interface:
    """`say(text)` logs. `drops` counts losses."""

    def __init__(self, spec, say):
        self._spec = spec
        self._wlan = network.WLAN(network.STA_IF)
        self._say = say
        self.drops = 0

    async def run(self, beat):
        """For ever: connect, and connect again. The port's own reconnection is not relied upon."""
        wlan, was = self._wlan, False
        wlan.active(True)
        wait_s = 1
        while True:
            beat()
            if wlan.isconnected():
                if not was:
                    self._say("Wi-Fi %s, address %s" % (self._spec["ssid"], wlan.ifconfig()[0]))
                was, wait_s = True, 1
                await clock.sleep_ms(1000)
                continue
            if was:
                was = False
                self.drops += 1
                self._say("Wi-Fi lost")
            wlan.disconnect()
            wlan.connect(self._spec["ssid"], self._spec.get("password") or None)
            for _ in range(10 * wait_s):
                beat()
                await clock.sleep_ms(500)
                if wlan.isconnected():
                    break
            wait_s = min(2 * wait_s, 6)
