"""The routes of the ledger.

GET /api/history     {"rows": [...], "before": id or 0}: the newest first. Query: pole, uid, result, text, since and until
                     (s since 1970; until is not included), limit (1 to 200), before (the last answer's, for the next page)
GET /api/log/{id}    {"row": {...}, "lines": [[s since 1970, text], ...], "next": n}. Query: after=n gives only later lines
GET /api/export.csv  the rows that the same query finds, all of them, as CSV that no spreadsheet runs
"""

import dataclasses
import io
import math
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from yigan.bench import Ledger, Row, sheet
from yigan.errors import ConfigError, YiganError
from yigan.lang import t
from yigan.web import tongue, view
from yigan.web.guard import refusal
from yigan.web.station import Station

_PAGE, _MOST = 50, 200
_FRESH = {"cache-control": "no-store"}
_WORDS = ("pole", "uid", "result", "text")


class History:
    """The ledger over HTTP, read only."""

    def __init__(self, station: Station):
        self._ledger: Ledger = station.ledger
        self._discreet = station.discreet

    def routes(self) -> list[Route]:
        return [
            Route("/api/history", self.history),
            Route("/api/log/{id:int}", self.log),
            Route("/api/export.csv", self.export),
        ]

    def history(self, request: Request) -> Response:
        limit = min(max(int(_number(request, "limit", _PAGE)), 1), _MOST)
        rows, more = [], False
        for row in self._matching(request, int(_number(request, "before", 0))):
            if len(rows) == limit:
                more = True
                break
            rows.append(row)
        language = tongue.wanted(request)
        shown = [tongue.spoken(view.row(row, self._discreet), language) for row in rows]
        return JSONResponse({"rows": shown, "before": rows[-1].id if more else 0}, headers=_FRESH)

    def log(self, request: Request) -> Response:
        work, after = request.path_params["id"], int(_number(request, "after", 0))
        try:
            row = self._ledger.row(work)
        except (YiganError, OverflowError):
            return refusal(request, 404, t("The ledger has no row {n}.", "台账中没有第 {n} 行。", n=work))
        language, lines = tongue.wanted(request), self._ledger.log(work)
        later = [
            (at, tongue.translated(self._discreet.told(line), language))
            for at, line in lines[max(after, 0) :]
        ]
        shown = tongue.spoken(view.row(row, self._discreet), language)
        body = {"row": shown, "lines": later, "next": len(lines)}
        return JSONResponse(body, headers=_FRESH)

    def export(self, request: Request) -> Response:
        """The oldest first, as a ledger is read."""
        told = self._discreet.told
        rows = [
            dataclasses.replace(row, what=told(row.what), hint=told(row.hint))
            for row in self._matching(request)
        ]
        file = io.StringIO(newline="")
        sheet.export(reversed(rows), file)
        headers = {"content-disposition": 'attachment; filename="yigan-ledger.csv"', **_FRESH}
        return Response(file.getvalue().encode("utf-8-sig"), headers=headers, media_type="text/csv")

    def _matching(self, request: Request, before: int = 0) -> Iterator[Row]:
        """The newest first; read in pieces, so that a ledger of years fits."""
        words = {name: request.query_params.get(name, "")[:200] for name in _WORDS}
        since, until = _number(request, "since", 0), _number(request, "until", math.inf)
        while rows := self._ledger.rows(limit=_MOST, before=before, **words):
            yield from (row for row in rows if since <= row.began < until)
            before = rows[-1].id
            if rows[-1].began < since:  # rows are begun in the order of their numbers
                return


def _number(request: Request, name: str, default: float) -> float:
    text = request.query_params.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if math.isnan(value) or (text and abs(value) > 2**53):
        raise ConfigError(t("{n} is a number.", "{n} 应为数字。", n=name))
    return value
