"""A pole with a lamp and two sensors for tests of the MQTT uplink, without sockets."""

import points_bin
from pole.log import Log
from pole.store import Store, Table

ROWS = [
    (100, "lamp.level", 1, 1, True, 0, 1000),
    (102, "air.pm2_5", 2, 0, False, 0, 1000),
    (104, "air.1.pm2_5", 2, 0, False, 0, 1000),
]
OPTIONS = {
    "host": "127.0.0.1", "port": 0, "tls": False, "verify": True, "ca": "", "cert": "", "key": "", "server_name": "",
    "without_time": False, "username": "", "password": "", "client_id": "", "prefix": "yigan", "qos": 1, "clean": True,
    "keepalive_s": 60, "answer_s": 15, "window": 4, "version": 4, "path": "", "session_s": 86400, "discovery": "",
    "payload": "json", "primary_host": "", "retry_min_ms": 50, "retry_max_ms": 100,
}  # fmt: skip


class Pole:
    id = "demo-0001"
    info = {"board": "esp32-devkit", "version": "0.1.0", "reset_cause": 3}

    def __init__(self):
        self.store = Store(Table(points_bin.build(ROWS)))
        self.log = Log()
        self.counters = {}
        self.done = []
        self.store.own(0, self.dim)

    def dim(self, raw, source):
        self.done.append((raw, source))
        self.store.put(0, raw)

    def count(self, name, by=1):
        self.counters[name] = self.counters.get(name, 0) + by

    def said(self, word):
        """True when a line of the log has `word`."""
        return any(word in line[4] for line in self.log.since(0))
