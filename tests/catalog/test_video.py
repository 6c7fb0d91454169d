"""Only links whose platform and video are certain are taken, and each gets its embed address."""

from __future__ import annotations

import pytest

from app.catalog.errors import InvalidVideoUrl
from app.catalog.video import parse_video_url


@pytest.mark.parametrize(
    ("url", "kind", "embed"),
    [
        ("https://www.youtube.com/watch?v=abcDEF_12-3&t=5", "youtube", "https://www.youtube-nocookie.com/embed/abcDEF_12-3"),
        ("https://youtu.be/abcDEF_12-3?si=x", "youtube", "https://www.youtube-nocookie.com/embed/abcDEF_12-3"),
        ("https://m.youtube.com/live/abcDEF_12-3", "youtube", "https://www.youtube-nocookie.com/embed/abcDEF_12-3"),
        (
            "https://www.facebook.com/ocop.hatinh/videos/1234567890",
            "facebook",
            "https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Focop.hatinh%2Fvideos%2F1234567890"
            "&show_text=false",
        ),
        ("https://www.tiktok.com/@ocop.hatinh/video/7311223344556677889", "tiktok", "https://www.tiktok.com/player/v1/7311223344556677889"),
        ("https://www.tiktok.com/@ocop.hatinh/live", "tiktok", None),
        ("https://cdn.example.vn/cho/live.m3u8?token=1", "hls", "https://cdn.example.vn/cho/live.m3u8?token=1"),
        ("/static/demo/live.m3u8", "hls", "/static/demo/live.m3u8"),
    ],
)
def test_known_links_get_kind_and_embed_address(url, kind, embed):
    view = parse_video_url(f"  {url} ")

    assert (view.kind, view.embed_url) == (kind, embed)
    assert parse_video_url(view.url) == view


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "http://www.youtube.com/watch?v=abcDEF_12-3",
        "https://www.youtube.com.evil.vn/watch?v=abcDEF_12-3",
        "https://evil.vn/https://youtu.be/abcDEF_12-3",
        "https://user@www.youtube.com/watch?v=abcDEF_12-3",
        "https://www.youtube.com/watch?v=short",
        "https://www.youtube.com/channel/abcDEF_12-3",
        "https://www.facebook.com/ocop.hatinh",
        "https://www.facebook.com/watch/?v=abc",
        "https://www.tiktok.com/@ocop.hatinh",
        "http://cdn.example.vn/live.m3u8",
        "https://cdn.example.vn/live.mp4",
        "//evil.vn/live.m3u8",
        "/static/../secret/live.m3u8",
        'https://cdn.example.vn/live.m3u8"><script>',
        "https://cdn.example.vn:8443/live.m3u8",
    ],
)
def test_everything_else_is_refused(url):
    with pytest.raises(InvalidVideoUrl) as refusal:
        parse_video_url(url)

    assert refusal.value.details["accepted"] == ["youtube", "facebook", "tiktok", "hls"]
