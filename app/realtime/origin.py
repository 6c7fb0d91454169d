"""Which pages may open sockets and post. One pure rule, used for HTTP (`app/accounts/origin_guard.py`) and for sockets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HTTP_SCHEMES = {"ws": "http", "wss": "https"}


def origin_allowed(origin: str | None, *, host: str, scheme: str, allowed: Sequence[str]) -> bool:
    """Whether a request from `origin` may act on the service that was called as `scheme`://`host`.

    Scheme, host and port must all equal our own or those of one entry of `allowed`. A missing Origin is True: no browser
    leaves it out on a cross-site socket or post, and any other client must still show its ticket or login. `null` is refused.
    """
    if origin is None:
        return True
    asked = _parts_of(origin)
    if asked is None:
        return False
    own = _parts_of(f"{_HTTP_SCHEMES.get(scheme, scheme)}://{host}")
    return asked == own or any(asked == _parts_of(entry) for entry in allowed)


@lru_cache(maxsize=256)  # every viewer comes with the same few
def _parts_of(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of a serialised origin; None for anything that is more or less than that."""
    try:
        parts = urlsplit(origin.strip().lower())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        return None
    if parts.path or parts.query or parts.fragment or any(char in origin for char in "\\?# \t\r\n@"):
        return None
    return parts.scheme, parts.hostname, _DEFAULT_PORTS[parts.scheme] if port is None else port
