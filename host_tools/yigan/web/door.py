"""The token of a station on the network: asked for once, kept as a cookie that scripts cannot read.

The first link carries it (`/?token=...`, also as a QR code in the terminal). It is compared in constant time, and who
is wrong too often waits. The line is plain HTTP: whoever can read the bench network can read the token, so use a
network that is yours.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from http.cookies import SimpleCookie
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from yigan.lang import t

TRIES = 8  # wrong tokens of one address within WINDOW_S before it has to wait
WINDOW_S = 60.0
_ADDRESSES = 1000  # remembered at most
_TOKEN_BYTES = 18  # 144 bits: 24 characters, a QR code of version 4
_PAGE = Path(__file__).parent / "page" / "door.html"
_OPEN = {"/style.css", "/icon.svg"}  # what the page of the closed door itself needs


def new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


class Door:
    """`answer` says what somebody without the token gets instead; None lets pass."""

    def __init__(self, token: str, name: str = "station"):
        self._token = token.encode()
        self.cookie = f"yigan_{name}"
        self._wrong: OrderedDict[str, OrderedDict[bytes, float]] = OrderedDict()

    def answer(self, request: Request) -> Response | None:
        who = request.client.host if request.client else ""
        given = self._given(request)
        if given is None:
            return None if request.url.path in _OPEN else self._closed(request, 401)
        if wait := self._wait_s(who):
            return self._closed(request, 429, {"retry-after": str(wait)})
        if not secrets.compare_digest(given.encode(), self._token):
            self._note(who, given)
            return self._closed(request, 403)
        if "token" in request.query_params:
            return self._enter(request)
        return None

    def _given(self, request: Request) -> str | None:
        """The token somebody shows: in the link, as a bearer, or in the cookie."""
        link = request.query_params.get("token")
        if link is not None:
            return link
        kind, _, bearer = request.headers.get("authorization", "").partition(" ")
        return bearer if kind.lower() == "bearer" else request.cookies.get(self.cookie)

    def _enter(self, request: Request) -> Response:
        """Not a redirect: a browser that came from another program would not send the strict cookie along."""
        answer = HTMLResponse(_door(True), headers={"cache-control": "no-store", "refresh": "0; url=/"})
        made = SimpleCookie()
        made[self.cookie] = self._token.decode()
        made[self.cookie].update({"path": "/", "httponly": True, "samesite": "Strict"})
        answer.headers.append("set-cookie", made[self.cookie].OutputString())
        return answer

    def _closed(self, request: Request, status: int, headers: dict | None = None) -> Response:
        headers = {"cache-control": "no-store", **(headers or {})}
        if request.url.path.startswith("/api/"):
            from yigan.web.guard import refusal

            what = t("This station wants its token.", "本工作台需要令牌。")
            hint = t("Open the link that the terminal shows.", "请打开终端中显示的链接。")
            return refusal(request, status, what, hint, **headers)
        return HTMLResponse(_door(False, status == 429), status, headers)

    def _note(self, who: str, given: str) -> None:
        """A page left open with the token of yesterday's station says one wrong word many times: that is one guess."""
        tries = self._wrong.setdefault(who, OrderedDict())
        tries.setdefault(hashlib.sha256(given.encode()).digest(), time.monotonic())
        while len(tries) > TRIES:
            tries.popitem(last=False)
        self._wrong.move_to_end(who)
        while len(self._wrong) > _ADDRESSES:
            self._wrong.popitem(last=False)

    def _wait_s(self, who: str) -> int:
        tries = self._wrong.get(who, {})
        if len(tries) < TRIES:
            return 0
        left = next(iter(tries.values())) + WINDOW_S - time.monotonic()
        return int(left) + 1 if left > 0 else 0


def _door(opened: bool, waits: bool = False) -> str:
    if opened:
        text = ("Welcome. The bench opens…", "欢迎，正在打开工作台…")
    elif waits:
        text = ("Too many wrong tokens. Wait a minute, then try again.", "令牌错误次数过多，请一分钟后再试。")
    else:
        text = ("This bench wants its token: scan the QR code in the terminal, or type the token here.",
                "本工作台需要令牌：请扫描终端中的二维码，或在此输入令牌。")  # fmt: skip
    page = _PAGE.read_text(encoding="utf-8")
    return (
        page.replace("{en}", text[0]).replace("{zh}", text[1]).replace("{form}", "hidden" if opened else "")
    )
