"""Time from the network: several servers are asked, and what more than half of them say is believed.

The clock is never set back: up to five minutes it stands still until it is right, and more is not believed of the
network once the network, or better, has set it. A server that differs from GNSS is logged and counted, and changes
nothing. Answers to questions that we did not ask are no answers.
---
title_zh = "网络校时（NTP）"
section = "ntp"
[options.servers]
type = "list"
default = ["pool.ntp.org"]
en = "Names or addresses of NTP servers, with :port where it is not 123; three see through one that is wrong"
zh = "NTP 服务器的域名或地址（端口非 123 时加 :端口）；三台可识别其中一台出错"
[options.period_min]
type = "int"
default = 60
low = 1
high = 1440
unit = "min"
en = "How often they are asked"
zh = "校时周期"
"""

import os

from pole import clock, load, seldom
from pole.errors import PoleError
from pole.log import INFO, WARN

_ANSWER_MS = 3000
_RETRY_S = 16  # doubles
_DIFFERS_S = 2


class Service:
    """`refused` counts servers that were not believed."""

    def __init__(self, pole, options):
        self.pole = pole
        self.servers = options["servers"]
        self.period_s = 60 * options["period_min"]
        self.refused = 0

    async def run(self, beat):
        wait = _RETRY_S
        while True:
            found = await self.ask(beat)
            done = found is not None and self.believe(found, len(self.servers))
            wait = self.period_s if done else min(2 * wait, self.period_s)
            # a street of poles must not ask at once
            await self._pause(wait + os.urandom(1)[0] * wait // 1024, beat)

    async def _pause(self, seconds, beat):
        while seconds > 0:
            beat()
            await clock.sleep_ms(1000 * min(seconds, 10))
            seconds -= 10

    async def ask(self, beat):
        """Seconds to add to the uptime that most servers agree on, None for none."""
        from pole.protocol import ntp

        offsets = []
        try:
            for server in self.servers:
                beat()
                try:
                    offsets.append(await self._one(ntp, server))
                except (OSError, PoleError) as error:
                    self._refuse(server, getattr(error, "detail", "") or error)
            found = ntp.agreed(offsets) if offsets else None
            if offsets and found is None:
                self._refuse("servers", "they contradict each other")
            return found
        finally:
            seldom.forget(ntp)

    async def _one(self, ntp, server):
        host, _, port = server.partition(":")
        peer = load.module("hal", "net_udp").Datagrams(host, int(port or 123))
        try:
            buf, nonce = bytearray(ntp.LONGEST), os.urandom(8)
            ntp.request(buf, nonce)
            begun = clock.ticks_ms()
            peer.send(buf)
            n = await peer.readinto(buf, _ANSWER_MS)
            if not n:
                raise OSError("no answer")
            trip = clock.ticks_diff(clock.ticks_ms(), begun)
            now, error = ntp.answer(memoryview(buf)[:n], nonce, trip)
            return now - clock.uptime_s(), error
        finally:
            peer.close()

    def believe(self, offset, asked):
        """Set the clock, unless a better source or our own past says otherwise. Whether it agrees."""
        now, then = clock.now(), clock.uptime_s() + offset
        if now is None:
            clock.set_time(then, clock.NETWORK)
            self.pole.log.add(INFO, "ntp", "time from %d servers" % asked)
            return True
        if clock.trust() == clock.GNSS and abs(then - now) > _DIFFERS_S:
            if clock.set_time(then, clock.NETWORK):  # GNSS was silent for a day
                return True
            self._refuse("servers", "%d s from GNSS" % (then - now))
            return False
        if now - then > clock.STILL_S and clock.trust() >= clock.NETWORK:
            self._refuse("servers", "%d s back" % (now - then))
            return False
        if abs(then - now) > 1:
            clock.set_time(then, clock.NETWORK)
        return True

    def _refuse(self, server, why):
        self.refused += 1
        self.pole.count("ntp.refused")
        self.pole.log.add(WARN, "ntp", "%s: %s" % (server, why))
