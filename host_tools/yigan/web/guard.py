"""Who may ask this server anything, and the headers that every answer carries.

Three strangers are kept out. A page of another site that makes the technician's browser ask us: Host must be a name
of this machine (DNS rebinding), a POST must come from our own origin and carry a header no form can send (CSRF). A
neighbour on the network: see door. And text from a board that pretends to be a script: the content security policy
allows nothing but our own files.
"""

import ipaddress
import re
import socket

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from yigan.lang import t
from yigan.web import tongue
from yigan.web.door import Door

HEADER = "x-yigan"  # any value; a request with it cannot come from another site without our permission
BODY_BYTES = 4096
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?")
_POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
    "manifest-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
))  # fmt: skip
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",  # the first link carries the token
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), usb=(), serial=()",
}


class Guard:
    """ASGI: lets through what may pass. `door` is None on loopback, where the machine's own user is at home."""

    def __init__(self, app: ASGIApp, door: Door | None = None):
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, _with_headers(send))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        answer = self._stranger(request) or (self._door and self._door.answer(request))
        await (answer or self._app)(scope, receive, send)

    def _stranger(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if not own_name(host, network=self._door is not None):
            return refusal(
                request, 421, t("This station is not called {h!r}.", "本工作台不叫 {h!r}。", h=host[:80])
            )
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and _is_call(request):
            return refusal(request, 403, t("Another site asked.", "请求来自其他网站。"))
        if request.method in ("GET", "HEAD"):
            return None
        return self._changing(request, host)

    def _changing(self, request: Request, host: str) -> Response | None:
        origin = request.headers.get("origin")
        if origin is not None and origin.lower() != f"{request.url.scheme}://{host}".lower():
            return refusal(request, 403, t("Another site asked.", "请求来自其他网站。"))
        if HEADER not in request.headers:
            hint = t("Send the header X-Yigan: 1.", "请带上请求头 X-Yigan: 1。")
            return refusal(request, 403, t("This request could be forged.", "无法排除伪造的请求。"), hint)
        length = request.headers.get("content-length", "0")
        if "transfer-encoding" in request.headers or not length.isdigit() or int(length) > BODY_BYTES:
            return refusal(request, 413, t("That is too much.", "请求过大。"))
        return None


def _is_call(request: Request) -> bool:
    """A link from elsewhere may open the page; nothing from elsewhere may call the API."""
    return request.url.path.startswith("/api/") or request.method not in ("GET", "HEAD")


def own_name(host: str, network: bool) -> bool:
    """Whether a Host header names this machine. On the network any address does: rebinding needs a name."""
    found = _HOST.fullmatch(host)
    if not found:
        return False
    name = found[1].lower().strip("[]")
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        mine = socket.gethostname().lower()
        return network and name.removesuffix(".") in (mine, f"{mine.partition('.')[0]}.local")
    return network or address.is_loopback


def refusal(
    request: Request, status: int, what: str, hint: str = "", where: str = "", **headers: str
) -> JSONResponse:
    """A problem as JSON, in the reader's language."""
    body = tongue.spoken({"what": what, "where": where, "hint": hint}, tongue.wanted(request))
    return JSONResponse(body, status, {"cache-control": "no-store", **headers})


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-cache")
        await send(message)

    return sent
