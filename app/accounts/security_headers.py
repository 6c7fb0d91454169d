"""Security headers on every HTTP answer, with a fresh script nonce per request. Pure ASGI middleware, added by `app.main`."""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST_SHAPE = re.compile(r"[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:]{2,45}\](:[0-9]{1,5})?")
_VIDEO_FRAMES = "https://www.youtube-nocookie.com https://www.facebook.com https://www.tiktok.com"
_API_PREFIX = "/api/v1"
_ONE_YEAR_SECONDS = 365 * 24 * 3600

FIXED_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}


class SecurityHeaders:
    """Adds Content-Security-Policy and its companions where the answer does not bring its own.

    Pages read the nonce from `request.state.csp_nonce`. Answers of the API are not cached unless they say how long they hold.
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
        headers.setdefault(
            "content-security-policy", content_security_policy(nonce, Headers(scope=scope).get("host", ""), is_https=is_https)
        )
        for name, value in FIXED_HEADERS.items():
            headers.setdefault(name, value)
        if self._https_only:
            headers.setdefault("strict-transport-security", f"max-age={_ONE_YEAR_SECONDS}")
        if scope["path"].startswith(_API_PREFIX):
            headers.setdefault("cache-control", "no-store")


def content_security_policy(nonce: str, host: str, *, is_https: bool) -> str:
    """The policy of one answer. Sockets are named with the host because not every browser counts them to 'self'."""
    sockets = ""
    if _HOST_SHAPE.fullmatch(host):
        sockets = f" wss://{host}" if is_https else f" ws://{host} wss://{host}"
    directives = [
        "default-src 'self'",
        f"script-src 'self' 'nonce-{nonce}'",
        "style-src 'self'",
        "img-src 'self' data: https:",
        "media-src 'self' https: blob:",
        f"connect-src 'self'{sockets} https:",
        f"frame-src {_VIDEO_FRAMES}",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
    return "; ".join(directives)
