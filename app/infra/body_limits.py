"""How large a request's body may be: said beside the route, looked up before the body is read.

A route that says nothing takes `DEFAULT_BYTES`; methods that need no body take next to none. The limits stand in the OpenAPI document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

DEFAULT_BYTES = 64 * 1024
WITHOUT_BODY_BYTES = 1024
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
_KEY = "x-max-body-bytes"


def body_at_most(limit_bytes: int) -> dict[str, Any]:
    """For a route's `openapi_extra`: another limit than the usual one, smaller or larger."""
    return {_KEY: limit_bytes}


class BodyLimits:
    """The limits of all routes that state one of their own."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._stated: list[tuple[frozenset[str], re.Pattern[str], int]] = [
            (frozenset(route.methods or ()), route.path_regex, extra[_KEY])
            for router in routers
            for route in router.routes
            if isinstance(route, APIRoute) and _KEY in (extra := route.openapi_extra or {})
        ]

    def of(self, method: str, path: str) -> int:
        """Bytes that a request's body may have."""
        for methods, pattern, limit in self._stated:
            if method in methods and pattern.match(path):
                return limit
        return WITHOUT_BODY_BYTES if method in _WITHOUT_BODY else DEFAULT_BYTES
