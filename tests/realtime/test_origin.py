"""Only our own pages and listed origins may act; look-alikes may not."""

from __future__ import annotations

import pytest

from app.realtime.origin import origin_allowed

LISTED = ("https://cho.example.vn", "http://localhost:5173")


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        (None, "ocop.vn", "https"),
        ("https://ocop.vn", "ocop.vn", "https"),
        ("https://ocop.vn", "ocop.vn:443", "wss"),
        ("https://OCOP.vn", "ocop.VN", "https"),
        ("http://192.168.1.5:8000", "192.168.1.5:8000", "ws"),
        ("http://[::1]:8000", "[::1]:8000", "http"),
        ("https://cho.example.vn", "ocop.vn", "https"),
        ("http://localhost:5173", "ocop.vn", "https"),
    ],
)
def test_own_and_listed_origins_may(origin, host, scheme):
    assert origin_allowed(origin, host=host, scheme=scheme, allowed=LISTED)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.vn",
        "http://ocop.vn",
        "https://ocop.vn:8443",
        "https://ocop.vn.evil.vn",
        "https://evil-ocop.vn",
        "https://ocop.vn@evil.vn",
        "https://user@ocop.vn",
        "https://ocop.vn/",
        "https://ocop.vn?x",
        "https://ocop.vn#x",
        "https://ocop.vn evil.vn",
        "https://ocop.vn:port",
        "https://[ocop.vn",
        "https://ocop.vn\\evil.vn",
        "https://cho.example.vn.evil.vn",
        "https://cho.example.vn:444",
        "file://ocop.vn",
        "*",
    ],
)
def test_everything_else_may_not(origin):
    assert not origin_allowed(origin, host="ocop.vn", scheme="https", allowed=LISTED)


def test_without_a_host_only_listed_origins_may():
    assert not origin_allowed("https://ocop.vn", host="", scheme="https", allowed=())
    assert origin_allowed("https://cho.example.vn", host="", scheme="https", allowed=LISTED)
