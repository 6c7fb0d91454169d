"""What a start says at its end: where the pages are, and who may sign in."""

from __future__ import annotations

from collections.abc import Sequence

from app.local_servers.reachable_at import address_of, lan_address
from app.settings import Settings

_PAGES = (("Viewers", "/"), ("Host", "/host"), ("Organiser", "/organiser"))


def banner(settings: Settings, logins: Sequence[str]) -> str:
    """Several lines for a terminal; `logins` are lines of their own."""
    lines = ["", "  ocop-live is ready.", ""]
    lines += [f"  {title:<10} {address_of(settings, 'localhost')}{path}" for title, path in _PAGES]
    if settings.host in {"", "0.0.0.0", "::"} and (lan := lan_address()):  # noqa: S104 - compared, not bound
        lines += ["", f"  On a phone in the same network: {address_of(settings, lan)}/"]
    if logins:
        lines += ["", *logins]
    return "\n".join([*lines, "", "  Ctrl-C stops everything.", ""])
