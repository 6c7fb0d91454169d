"""Which pages may change something here: the middleware in front of every route."""

from __future__ import annotations

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.accounts.origin_guard import OriginGuard

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]


async def _done(request: Request) -> PlainTextResponse:
    return PlainTextResponse("done")


async def ask(headers: list[tuple[str, str]], *, method: str = "POST", base_url: str = "http://cho.test:8000") -> httpx2.Response:
    app = Starlette(routes=[Route("/api/v1/thing", _done, methods=METHODS)])
    guard = OriginGuard(app, allowed=("https://cho.example.vn",))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=guard), base_url=base_url, verify=False) as client:
        return await client.request(method, "/api/v1/thing", headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("origin", "http://cho.test:8000")],
        [("origin", "HTTP://CHO.test:8000")],
        [("sec-fetch-site", "same-origin")],
        [("sec-fetch-site", "same-origin"), ("origin", "http://cho.test:8000")],
        [("sec-fetch-site", "none"), ("origin", "http://cho.test:8000")],
        [("origin", "https://cho.example.vn")],
        [("sec-fetch-site", "cross-site"), ("origin", "https://cho.example.vn")],
        [("sec-fetch-site", "same-site"), ("origin", "https://cho.example.vn")],
    ],
)
async def test_own_pages_listed_pages_and_programs_may_post(headers: list[tuple[str, str]]) -> None:
    assert (await ask(headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
        [("sec-fetch-site", "anything-new")],
        [("sec-fetch-site", "cross-site"), ("origin", "http://cho.test:8000")],
        [("sec-fetch-site", "cross-site"), ("origin", "null")],
        [("sec-fetch-site", "none"), ("origin", "https://evil.example")],
        [("origin", "null")],
        [("origin", "")],
        [("origin", "https://evil.example")],
        [("origin", "http://cho.test")],
        [("origin", "http://cho.test:8001")],
        [("origin", "https://cho.test:8000")],
        [("origin", "http://cho.test:8000.evil.example")],
        [("origin", "http://evil.cho.test:8000")],
        [("origin", "https://cho.example.vn.evil.example")],
        [("origin", "http://cho.test:8000"), ("origin", "https://evil.example")],
    ],
)
async def test_cross_site_post_is_refused(headers: list[tuple[str, str]]) -> None:
    answer = await ask(headers)

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "origin_refused"
    assert answer.json()["title_vi"]


@pytest.mark.parametrize("method", METHODS)
async def test_every_method_that_may_change_something_is_guarded(method: str) -> None:
    answer = await ask([("origin", "https://evil.example")], method=method)

    assert answer.status_code == (200 if method in {"GET", "HEAD", "OPTIONS"} else 403)


async def test_own_page_behind_a_proxy_that_ends_tls_may_post() -> None:
    answer = await ask([("sec-fetch-site", "same-origin"), ("origin", "https://cho.test:8000")])

    assert answer.status_code == 200


async def test_default_port_may_be_named_or_not() -> None:
    answer = await ask([("origin", "https://cho.test:443")], base_url="https://cho.test")

    assert answer.status_code == 200
