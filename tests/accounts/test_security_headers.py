"""Security headers of every answer."""

from __future__ import annotations

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.accounts.security_headers import SecurityHeaders, content_security_policy


async def _nonce(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.state.csp_nonce)


async def _video(request: Request) -> PlainTextResponse:
    request.state.shows_video = True
    return PlainTextResponse("")


async def _cached(request: Request) -> PlainTextResponse:
    return PlainTextResponse("", headers={"cache-control": "public, max-age=86400", "content-security-policy": "default-src 'none'"})


async def read(path: str, *, https_only: bool = False, base_url: str = "http://cho.test:8000", **headers: str) -> httpx2.Response:
    app = Starlette(routes=[Route("/", _nonce), Route("/video", _video), Route("/api/v1/thing", _nonce), Route("/api/v1/cached", _cached)])
    transport = httpx2.ASGITransport(app=SecurityHeaders(app, https_only=https_only))
    async with httpx2.AsyncClient(transport=transport, base_url=base_url, timeout=30, verify=False) as client:
        return await client.get(path, headers=headers)


def directives(answer: httpx2.Response) -> dict[str, str]:
    parts = answer.headers["content-security-policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


async def test_every_page_has_a_nonce_of_its_own() -> None:
    first, second = await read("/"), await read("/")

    assert first.text != second.text
    for page in (first, second):
        assert len(page.text) >= 22
        assert directives(page)["script-src"] == f"'self' 'nonce-{page.text}'"


async def test_pages_run_no_foreign_scripts_and_stand_in_no_foreign_frame() -> None:
    policy = directives(await read("/"))

    assert policy["default-src"] == policy["style-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["frame-src"] == "'none'"
    assert "unsafe" not in str(policy)


async def test_only_a_page_with_a_video_opens_frames_of_the_platforms_and_reaches_other_hosts() -> None:
    video, page = directives(await read("/video")), directives(await read("/"))

    assert video["frame-src"].split() == ["https://www.youtube-nocookie.com", "https://www.facebook.com", "https://www.tiktok.com"]
    assert (video["connect-src"].split()[-1], video["media-src"]) == ("https:", "'self' https: blob:")
    assert (page["connect-src"], page["media-src"]) == ("'self' ws://cho.test:8000 wss://cho.test:8000", "'self'")
    assert {name for name, value in video.items() if page[name] != value} == {"frame-src", "connect-src", "media-src", "script-src"}


async def test_data_are_no_page() -> None:
    assert directives(await read("/api/v1/thing")) == {"default-src": "'none'", "frame-ancestors": "'none'"}


async def test_sockets_are_open_to_our_own_host_only() -> None:
    assert directives(await read("/"))["connect-src"] == "'self' ws://cho.test:8000 wss://cho.test:8000"
    assert directives(await read("/", base_url="https://cho.test"))["connect-src"] == "'self' wss://cho.test"


@pytest.mark.parametrize("host", ["", "a b", "x; script-src *", "cho.test/path", "*", "a,b"])
def test_made_up_host_cannot_write_into_the_policy(host: str) -> None:
    policy = content_security_policy("abc", host, is_https=False)

    assert "connect-src 'self';" in policy
    assert policy.count("script-src") == 1


async def test_companion_headers_are_there() -> None:
    headers = (await read("/")).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


async def test_browsers_are_held_to_https_only_where_cookies_are_secure() -> None:
    assert "strict-transport-security" not in (await read("/")).headers
    assert "max-age=31536000" in (await read("/", https_only=True)).headers["strict-transport-security"]


async def test_api_answers_are_not_cached_unless_they_say_how_long_they_hold() -> None:
    assert (await read("/api/v1/thing")).headers["cache-control"] == "no-store"
    assert "cache-control" not in (await read("/")).headers
    cached = await read("/api/v1/cached")
    assert cached.headers.get_list("cache-control") == ["public, max-age=86400"]
    assert cached.headers["content-security-policy"] == "default-src 'none'"
