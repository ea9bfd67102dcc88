"""The pole's own state: uptime, memory, clock, restarts.

---
title_zh = "节点状态"
capability = "node"
points = ["uptime", "reset_cause", "heap_free", "clock_time", "clock_trust", "task_restarts", "chip_temperature"]
"""

import gc

from pole import clock

_PERIOD_MS = 5000


class Service:
    def __init__(self, pole, options):
        self.pole = pole
        self.sources = []
        for name, source in (
            ("uptime", clock.uptime_s),
            ("reset_cause", lambda: pole.info["reset_cause"]),
            ("heap_free", _heap_free),
            ("clock_time", clock.now),
            ("clock_trust", clock.trust),
            ("task_restarts", lambda: pole.supervisor.restarts),
            ("chip_temperature", pole.hal.temperature),
        ):
            i = pole.store.find("node." + name)
            if i >= 0:
                self.sources.append((i, source))

    async def run(self, beat):
        while True:
            beat()
            gc.collect()  # often and small beats rarely and long
            for i, source in self.sources:
                self.pole.store.put(i, source())
            await clock.sleep_ms(_PERIOD_MS)


def _heap_free():
    return gc.mem_free() if hasattr(gc, "mem_free") else None
