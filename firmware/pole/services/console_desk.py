"""What answers at a console: requests as JSON, rows of points, a watch. Loaded by services/console.py when somebody asks.

The requests are told in docs/console.md; what is no word of these is a tool's (pole/tools).
"""

import asyncio
import json

from pole import clock, errors
from pole.codec.frame_line import put
from pole.quality import NAMES

_REPORT_MS = 30
_YEAR_2024 = 126230400  # a bench whose clock says less has a flat battery


def _chosen(store, names):
    """The places that "*", a name, a prefix that ends in a dot, or a list of these mean."""
    found = []
    for name in (names,) if isinstance(names, str) else names:
        some = len(found)
        if name == "*" or name[-1:] == ".":
            head = "" if name == "*" else name
            found += [i for i in range(store.n) if store.name(i).startswith(head)]
        else:
            found += [i for i in (store.find(name),) if i >= 0]
        if len(found) == some:
            raise errors.PoleError(errors.UNKNOWN_POINT, name)
    return found


def row(store, i):
    """What is told of point i: {p: name, v: text or None, u: unit, q: quality, age: s or None}."""
    age = store.age_s(i)
    told = {
        "p": store.name(i),
        "v": store.text(i) or None,
        "u": store.unit(i),
        "q": NAMES[store.quality(i)],
        "age": age if age >= 0 else None,
    }
    return store.judge.row(told, i) if store.judge else told


def _rows(store, places):
    for i in places:
        yield row(store, i)


def _lines(log, since):
    for seq, uptime, level, where, text, times in log.since(since):
        yield {"s": seq, "t": uptime, "l": level, "w": where, "x": text, "k": times}


class _Watch:
    """What tells changes by `say(message)`, as long as its lease lasts."""

    n = 0  # of the request
    _flags = None  # of the store: which points changed
    watched = None  # bytes: 1 for each point of the watch
    _every = 1
    _due = 0  # uptime of the next look
    _until = 0  # uptime at which the lease ends
    _reports = None  # the task that tells what changes

    def __init__(self, store, say):
        self._store = store
        self._say = say

    def begin(self, n, places, every, lease_s):
        """A watch, or the same one again."""
        if self._flags is None:
            self._flags = self._store.listen()
        renewed = self.watched is not None and self.n == n
        watched = bytearray(self._store.n)
        for i in places:
            watched[i] = 1
            if not renewed:
                self._flags[i] = 1  # the first look tells all of them
        self.watched, self.n, self._every = watched, n, every
        self._due = clock.uptime_s()
        self._until = self._due + lease_s
        self.go_on()

    def end(self):
        self.watched = None

    def go_on(self):
        """Tell what changes, if somebody watches."""
        if self.watched and not self._reports:
            self._reports = asyncio.create_task(self._report_on())

    def pause(self):
        if self._reports:
            self._reports.cancel()
            self._reports = None

    async def _report_on(self):
        """As long as somebody watches."""
        while self.watched:
            await self._report()
            await clock.sleep_ms(_REPORT_MS)
        self._reports = None

    async def _report(self):
        """Tell what changed since the last look, at most every `every` seconds."""
        now = clock.uptime_s()
        if now >= self._until:
            self.watched = None
            return
        if now < self._due:
            return
        self._due = now + self._every
        for i in range(self._store.n):
            if self.watched[i] and self._flags[i]:
                self._flags[i] = 0
                self._say({"n": self.n, "r": row(self._store, i)})
                await clock.sleep_ms(0)


class Desk:
    """`lease_s`: how long a watch lasts that nobody asks for again. `line`: the LineReader, whose counters are told."""

    def __init__(self, pole, line, lease_s):
        self.pole = pole
        self.store = pole.store
        self.line = line
        self.lease_s = lease_s
        self.watch = _Watch(pole.store, self._say)
        self._asked = True

    def is_wanted(self):
        """Whether somebody has asked since the last time, or watches."""
        asked, self._asked = self._asked, False
        return asked or self.watch.watched is not None

    def _say(self, message):
        put(self.pole.console, json.dumps(message).encode())

    async def answer(self, body):
        """Carry out the request in these bytes."""
        self._asked = True
        try:
            request = json.loads(body.decode())
            n = request["n"]
        except (ValueError, KeyError, TypeError):  # UnicodeError is a ValueError
            self.line.strangers += 1
            return
        try:
            action = self._action(request.get("do"))
            tool = None if action else self.pole.tool(request.get("do"))
            if action is None and tool is None:
                raise errors.PoleError(errors.BAD_REQUEST, "do")
            done = action(request) if action else tool.answer(self.pole, request)
            for row in done if hasattr(done, "__next__") else ():
                self._say({"n": n, "r": row})
                await clock.sleep_ms(0)  # a row takes 7 ms of the line: others may run
            self._say({"n": n, "ok": done if isinstance(done, dict) else {}})
        except errors.PoleError as error:
            self._refuse(n, error.code, error.detail)
            return
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            self._refuse(n, errors.BAD_REQUEST, "")
            return
        if request.get("do") == "restart":
            await clock.sleep_ms(100)  # the answer is to leave before the board does
            self.pole.restart(request.get("mode") != "soft")

    def _refuse(self, n, code, detail):
        word = errors.WORDS[code] if code < len(errors.WORDS) else "error"
        self._say({"n": n, "error": word, "code": code, "at": str(detail)})

    # What can be asked for

    def _action(self, do):
        """What does it, None for what is no word of ours: it may be a tool's."""
        if do == "get":
            return self._get
        if do == "set":
            return self._set
        if do == "watch" or do == "unwatch":
            return self._watch
        if do == "log":
            return self._log
        if do == "time":
            return self._time
        if do == "restart":
            return self._restart
        return self._identify if do == "identify" else None

    def _identify(self, request):
        told = dict(self.pole.info)
        told["uptime"] = clock.uptime_s()
        told["trust"] = clock.TRUST[clock.trust()]
        told["time"] = clock.iso(clock.now())
        told["protocol"] = 0
        told["bench"] = True
        told["points"] = self.store.n
        told["bad_lines"] = self.line.strangers + self.line.overlong + self.line.bad_crc
        return told

    def _get(self, request):
        return _rows(self.store, _chosen(self.store, request.get("names", "*")))

    def _set(self, request):
        name, value = request["p"], request["v"]
        if isinstance(value, bool):
            value = "true" if value else "false"
        i = self.store.find(name)
        if i < 0:
            raise errors.PoleError(errors.UNKNOWN_POINT, name)
        self.store.request(i, self.store.parse(i, str(value)), "console")
        return row(self.store, i)

    def _watch(self, request):
        if request["do"] == "unwatch":
            self.watch.end()
            return {}
        places = _chosen(self.store, request.get("names", "*"))
        every = request.get("every", 1)
        if not isinstance(every, int) or not 0 <= every <= 3600:
            raise errors.PoleError(errors.BAD_VALUE, "every")
        self.watch.begin(request["n"], places, every, self.lease_s)
        return {"points": len(places), "lease": self.lease_s}

    def _log(self, request):
        since = request.get("since", 0)
        if not isinstance(since, int):
            raise errors.PoleError(errors.BAD_VALUE, "since")
        return _lines(self.pole.log, since)

    def _time(self, request):
        """The bench's clock, taken unless a better source holds the time."""
        utc = request["utc"]
        if not isinstance(utc, int) or not _YEAR_2024 <= utc < 1073741824:
            raise errors.PoleError(errors.BAD_VALUE, "utc")
        return {"taken": clock.set_time(utc, clock.RTC), "time": clock.iso(clock.now())}

    def _restart(self, request):
        if request.get("mode", "hard") not in ("hard", "soft"):
            raise errors.PoleError(errors.BAD_VALUE, "mode")
        return {}
