"""The application: routes, the page's files, and the guard before all of it."""

import asyncio
import contextlib
import logging
import os
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from yigan.errors import YiganError
from yigan.lang import t
from yigan.web import tongue
from yigan.web.api import Api, problem
from yigan.web.door import Door
from yigan.web.events import Hub
from yigan.web.guard import Guard, refusal
from yigan.web.history import History
from yigan.web.station import Station

PAGE = Path(__file__).parent / "page"
_INDEX = PAGE / "index.html"
_log = logging.getLogger(__name__)


def make(station: Station, door: Door | None = None) -> Starlette:
    """An ASGI application; its `state.hub` is the hub. Without `door` only loopback names are answered."""
    hub = Hub(station.state)
    station.changed = hub.changed
    routes = [
        Route("/", index),
        *Api(station, hub).routes(),
        *History(station).routes(),
        Mount("/", StaticFiles(directory=PAGE)),
    ]
    app = Starlette(
        routes=routes,
        lifespan=_living(hub),
        exception_handlers={YiganError: problem, 404: _nothing, 405: _nothing, 500: _bug},
    )
    app.add_middleware(Guard, door=door)
    app.state.hub = hub
    return app


def _living(hub: Hub):
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(hub.run())
        yield
        hub.close()
        task.cancel()

    return lifespan


def index(request: Request) -> Response:
    language = {"zh": "zh-CN", "en": "en"}[tongue.wanted(request)]
    return HTMLResponse(_INDEX.read_text(encoding="utf-8").replace("{language}", language))


def _nothing(request: Request, error: Exception) -> Response:
    return refusal(request, getattr(error, "status_code", 404), t("There is nothing here.", "此处没有内容。"))


def _bug(request: Request, error: Exception) -> Response:
    what = t("This is a bug in yigan: {n}.", "这是 yigan 的程序错误：{n}。", n=type(error).__name__)
    trace = "".join(traceback.format_exception(error))
    _log.error(trace if os.environ.get("YIGAN_DEBUG") else trace.splitlines()[-1])  # on the terminal
    return refusal(request, 500, what, t("The terminal of the station says more.", "详情见工作台终端。"))
