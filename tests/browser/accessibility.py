"""axe-core on a page as it is now."""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.sync_api import Page

from app.settings import PROJECT_ROOT

_AXE = PROJECT_ROOT / "app" / "web" / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")


def what_axe_finds(page: Page) -> list[str]:
    """One line for each rule that is broken, with what breaks it."""
    page.evaluate(_axe())
    wanted = {"runOnly": {"type": "tag", "values": _TAGS}, "rules": {"label-content-name-mismatch": {"enabled": True}}}
    found: dict[str, Any] = page.evaluate("wanted => axe.run(document, wanted)", wanted)
    return [f"{each['id']}: {[node['html'][:160] for node in each['nodes']]}" for each in found["violations"]]
