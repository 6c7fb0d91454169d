"""Reads a pasted video link strictly: its platform, and the address by which a page may embed it."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, quote, urlsplit, urlunsplit

from app.catalog.errors import InvalidVideoUrl
from app.protocol.views import VideoKind, VideoView

_URL_MAX_CHARACTERS = 500
_YOUTUBE_HOSTS = frozenset({"youtube.com", "m.youtube.com", "youtube-nocookie.com"})
_FACEBOOK_HOSTS = frozenset({"facebook.com", "m.facebook.com", "web.facebook.com"})
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_YOUTUBE_PATH = re.compile(r"/(?:live|embed|shorts|v)/([A-Za-z0-9_-]{11})/?")
_FACEBOOK_PATH = re.compile(r"/(?:watch/?(?:live/?)?|[A-Za-z0-9.\-]+/videos/(?:[A-Za-z0-9.\-_]+/)?\d+/?|reel/\d+/?|share/v/[A-Za-z0-9]+/?)")
_TIKTOK_VIDEO = re.compile(r"/@[A-Za-z0-9._]{2,24}/video/(\d{10,25})/?")
_TIKTOK_LIVE = re.compile(r"/@[A-Za-z0-9._]{2,24}/live/?")
_LOCAL_HLS = re.compile(r"/(?!/)[A-Za-z0-9._~/-]+\.m3u8")
_ACCEPTED = ["youtube", "facebook", "tiktok", "hls"]


def parse_video_url(url: str) -> VideoView:
    """The kind of a video link, the link in its plain form, and the embed address (None where only a link is allowed).

    Raises `InvalidVideoUrl` for everything that is not exactly one of the known forms.
    """
    cleaned = url.strip()
    if not cleaned or len(cleaned) > _URL_MAX_CHARACTERS or any(ord(char) <= 0x20 or char in "\\<>\"'" for char in cleaned):
        raise _refused()
    if _LOCAL_HLS.fullmatch(cleaned) and ".." not in cleaned:
        return VideoView(kind="hls", url=cleaned, embed_url=cleaned)
    parts = _https_parts(cleaned)
    host = (parts.hostname or "").removeprefix("www.")
    if host in _YOUTUBE_HOSTS or host == "youtu.be":
        return _youtube(parts, host)
    if host in _FACEBOOK_HOSTS or host == "fb.watch":
        return _facebook(parts, host)
    if host == "tiktok.com":
        return _tiktok(parts)
    if parts.path.endswith(".m3u8"):
        plain = urlunsplit(("https", parts.netloc, parts.path, parts.query, ""))
        return VideoView(kind="hls", url=plain, embed_url=plain)
    raise _refused()


def video_view(kind: VideoKind | None, url: str | None) -> VideoView | None:
    """The view of a stored link, which was checked when it was stored."""
    return None if kind is None or url is None else parse_video_url(url)


def _https_parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused() from None
    if parts.scheme != "https" or parts.username is not None or parts.password is not None or port not in {None, 443}:
        raise _refused()
    if not parts.hostname or "." not in parts.hostname:
        raise _refused()
    return parts


def _youtube(parts: SplitResult, host: str) -> VideoView:
    found: str | None = None
    if host == "youtu.be":
        found = parts.path.strip("/")
    elif parts.path in {"/watch", "/watch/"}:
        found = next(iter(parse_qs(parts.query).get("v", [])), None)
    elif match := _YOUTUBE_PATH.fullmatch(parts.path):
        found = match.group(1)
    if found is None or not _YOUTUBE_ID.fullmatch(found):
        raise _refused()
    return VideoView(
        kind="youtube", url=f"https://www.youtube.com/watch?v={found}", embed_url=f"https://www.youtube-nocookie.com/embed/{found}"
    )


def _facebook(parts: SplitResult, host: str) -> VideoView:
    if host == "fb.watch":
        if not re.fullmatch(r"/[A-Za-z0-9_-]{5,40}/?", parts.path):
            raise _refused()
        plain = f"https://fb.watch{parts.path}"
    else:
        if not _FACEBOOK_PATH.fullmatch(parts.path):
            raise _refused()
        query = ""
        if parts.path.startswith("/watch"):
            video = next(iter(parse_qs(parts.query).get("v", [])), "")
            if not re.fullmatch(r"\d{5,25}", video):
                raise _refused()
            query = f"v={video}"
        plain = urlunsplit(("https", "www.facebook.com", parts.path, query, ""))
    embed = f"https://www.facebook.com/plugins/video.php?href={quote(plain, safe='')}&show_text=false"
    return VideoView(kind="facebook", url=plain, embed_url=embed)


def _tiktok(parts: SplitResult) -> VideoView:
    plain = f"https://www.tiktok.com{parts.path.rstrip('/')}"
    if match := _TIKTOK_VIDEO.fullmatch(parts.path):
        return VideoView(kind="tiktok", url=plain, embed_url=f"https://www.tiktok.com/player/v1/{match.group(1)}")
    if _TIKTOK_LIVE.fullmatch(parts.path):
        # TikTok offers no player for live streams; the page shows the link.
        return VideoView(kind="tiktok", url=plain, embed_url=None)
    raise _refused()


def _refused() -> InvalidVideoUrl:
    return InvalidVideoUrl(details={"accepted": _ACCEPTED})
