"""Security headers on every HTTP answer, with a fresh script nonce per request. Pure ASGI middleware, added by `app.main`."""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST_SHAPE = re.compile(r"[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:]{2,45}\](:[0-9]{1,5})?")
_VIDEO_FRAMES = "https://www.youtube-nocookie.com https://www.facebook.com https://www.tiktok.com"
_API_PREFIX = "/api/v1"
# Data, never a page: whatever a browser is made to see in it, it runs and loads nothing.
_POLICY_OF_DATA = "default-src 'none'; frame-ancestors 'none'"
_ONE_YEAR_SECONDS = 365 * 24 * 3600

FIXED_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}


class SecurityHeaders:
    """Adds Content-Security-Policy and its companions where the answer does not bring its own.

    Pages read the nonce from `request.state.csp_nonce`. A page that plays a session's video says so with `request.state.shows_video`; no
    other one may open a frame, or reach other hosts. Answers of the API are not cached unless they say how long they hold.
    """

    def __init__(self, app: ASGIApp, *, https_only: bool) -> None:
        self._app = app
        self._https_only = https_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["csp_nonce"] = nonce

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope, nonce)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, scope: Scope, nonce: str) -> None:
        is_https = self._https_only or scope["scheme"] == "https"
        if scope["path"].startswith(_API_PREFIX):
            headers.setdefault("content-security-policy", _POLICY_OF_DATA)
        else:
            host, shows_video = Headers(scope=scope).get("host", ""), bool(scope["state"].get("shows_video"))
            policy = content_security_policy(nonce, host, is_https=is_https, shows_video=shows_video)
            headers.setdefault("content-security-policy", policy)
        for name, value in FIXED_HEADERS.items():
            headers.setdefault(name, value)
        if self._https_only:
            headers.setdefault("strict-transport-security", f"max-age={_ONE_YEAR_SECONDS}")
        if scope["path"].startswith(_API_PREFIX):
            headers.setdefault("cache-control", "no-store")


def content_security_policy(nonce: str, host: str, *, is_https: bool, shows_video: bool = False) -> str:
    """The policy of one page. Sockets are named with the host because not every browser counts them to 'self'.

    A session's video is in a frame of its platform, or comes in pieces from any host over https; the host may change it while people watch.
    """
    sockets = ""
    if _HOST_SHAPE.fullmatch(host):
        sockets = f" wss://{host}" if is_https else f" ws://{host} wss://{host}"
    directives = [
        "default-src 'self'",
        f"script-src 'self' 'nonce-{nonce}'",
        "style-src 'self'",
        "img-src 'self' data: https:",
        "media-src 'self' https: blob:" if shows_video else "media-src 'self'",
        f"connect-src 'self'{sockets}" + (" https:" if shows_video else ""),
        f"frame-src {_VIDEO_FRAMES}" if shows_video else "frame-src 'none'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
    return "; ".join(directives)
