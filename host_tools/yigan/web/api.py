"""The routes of the live bench. Answers are JSON; a problem is {"what", "where", "hint"} with a status that fits.

GET  /api/slots        {"bench": {"phase": stopped|starting|running|stopping, "finished", "roster": {"path", "poles",
                       "passed", "missing": ids}}, "slots": [...]}. A slot: key, port, uid, chip, pole, board, state
                       (found|working|passed|failed|interrupted|gone|idle), stage, done, total, percent, what, hint,
                       error, began (s since 1970), seconds, elapsed, work (row of the ledger), place
GET  /api/events       the same as server-sent events: snapshot first, then slot, gone {"key"}, bench, beat
POST /api/start        work every port (409 while it stops, 422 without a roster)
POST /api/stop         end all works where they are (Bench.stop)
POST /api/retry/{key}  work on this board again (409 when it is not there, or at work)
GET  /api/rosters      [{"path", "kind": table|folder}] below the folder the station was started in
POST /api/roster       {"path"}: take this CSV file or folder below that folder (403 elsewhere, 422 with file:line:column)

Sentences (what, hint) come in the language of the query `language=en|zh`, else of Accept-Language. Every POST wants the
header X-Yigan (any value) and, from a browser, our own Origin. On the network every request wants the token, as a cookie
or as `Authorization: Bearer`. History, logs, export: yigan.web.history.
"""

import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from yigan.errors import ConfigError, YiganError
from yigan.lang import t
from yigan.web import tongue
from yigan.web.choice import Outside
from yigan.web.events import Hub
from yigan.web.guard import refusal
from yigan.web.station import Station

_FRESH = {"cache-control": "no-store"}


class Api:
    """The bench over HTTP."""

    def __init__(self, station: Station, hub: Hub):
        self._station, self._hub = station, hub

    def routes(self) -> list[Route]:
        return [
            Route("/api/slots", self.slots),
            Route("/api/events", self.events),
            Route("/api/start", self.start, methods=["POST"]),
            Route("/api/stop", self.stop, methods=["POST"]),
            Route("/api/retry/{key:path}", self.retry, methods=["POST"]),
            Route("/api/rosters", self.rosters),
            Route("/api/roster", self.roster, methods=["POST"]),
        ]

    def slots(self, request: Request) -> Response:
        state, language = self._station.state(), tongue.wanted(request)
        slots = [tongue.spoken(slot, language) for slot in state["slots"]]
        return JSONResponse({**state, "slots": slots}, headers=_FRESH)

    async def events(self, request: Request) -> Response:
        if self._hub.full():
            return refusal(request, 503, t("Too many pages are open.", "打开的页面过多。"))
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(
            self._hub.events(tongue.wanted(request)), headers=headers, media_type="text/event-stream"
        )

    def start(self, request: Request) -> Response:
        self._station.start()
        return self.slots(request)

    def stop(self, request: Request) -> Response:
        self._station.stop()
        return self.slots(request)

    def retry(self, request: Request) -> Response:
        self._station.retry(request.path_params["key"])
        return self.slots(request)

    def rosters(self, request: Request) -> Response:
        return JSONResponse(list(self._station.candidates()), headers=_FRESH)

    async def roster(self, request: Request) -> Response:
        path = await _field(request, "path")
        return JSONResponse(await run_in_threadpool(self._station.choose, path), headers=_FRESH)


async def _field(request: Request, name: str) -> str:
    """A text of the JSON body (the guard has limited its size)."""
    try:
        value = json.loads(await request.body())[name]
    except (ValueError, KeyError, TypeError, RecursionError):
        value = None
    if not isinstance(value, str) or not value or "\0" in value:
        raise ConfigError(t("The request wants a text {n!r}.", "请求缺少文本 {n!r}。", n=name))
    return value


def problem(request: Request, error: Exception) -> Response:
    """What a YiganError looks like over HTTP."""
    assert isinstance(error, YiganError)
    status = 422 if isinstance(error, ConfigError) else 403 if isinstance(error, Outside) else 409
    return refusal(request, status, error.what, error.hint, error.where)
