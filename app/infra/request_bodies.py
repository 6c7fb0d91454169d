"""Reads the bodies of requests whole, within bounds: of size by route, of time, of memory, and of slow ones by address.

A body of ours is a few hundred bytes and arrives in one piece. One that does not is *slow*: only those are counted.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import Receive, Scope

from app.errors import BadRequest, Unavailable
from app.infra.client_networks import network_of as network_of_address

KIB = 1024
BODY_MAX_BYTES = 64 * KIB
WITHOUT_BODY_MAX_BYTES = KIB
SLOW_AFTER_SECONDS = 1.0
BODY_SECONDS = 10.0
# A larger body may take longer, as long as it comes at this speed: a poor mobile network.
BODY_BYTES_PER_SECOND = 16 * KIB
SLOW_BODIES_AT_ONCE = 200
SLOW_BODIES_PER_NETWORK = 40
# All bodies that are being read at one time, of this process.
BODIES_MAX_BYTES = 64 * 1024 * KIB
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "DELETE", "TRACE"})
_RETRY_AFTER_SECONDS = 2.0


class BodyTooLarge(BadRequest):
    code = "body_too_large"
    http_status = 413
    title_vi = "Nội dung gửi lên quá lớn."
    title_en = "The request's body is too large."


class BodyTooSlow(BadRequest):
    """The body did not arrive in time; the connection is closed."""

    code = "body_too_slow"
    http_status = 408
    retryable = True
    title_vi = "Nội dung gửi lên quá chậm, mời thử lại."
    title_en = "The request's body came too slowly."


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """The largest body of one route, in bytes. `path` is written as the route's own, with `{names}`."""

    method: str
    path: str
    max_bytes: int

    def fits(self, method: str, path: str) -> bool:
        """Whether a request is for this route."""
        return method == self.method and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", self.path), path) is not None


class RequestBodies:
    """The bodies that one process is reading."""

    def __init__(self, limits: Iterable[BodyLimit] = ()) -> None:
        self._limits = tuple(limits)
        self._bytes = 0
        self._slow = 0
        self._slow_of: Counter[str] = Counter()

    async def read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None when the client has gone. Raises `BodyTooLarge`, `BodyTooSlow`, `Unavailable`."""
        length = header_of(scope, b"content-length")
        if scope["method"] in _WITHOUT_BODY and length in {"", "0"} and not header_of(scope, b"transfer-encoding"):
            return b""
        most = self._most(scope)
        expected = int(length) if length.isdigit() else most
        if expected > most:
            raise BodyTooLarge(details={"max_bytes": most})
        body = bytearray()
        with self._reserved(expected):
            try:
                async with asyncio.timeout(SLOW_AFTER_SECONDS):
                    return await _read_into(body, receive, most)
            except TimeoutError:
                pass
            seconds = BODY_SECONDS + expected / BODY_BYTES_PER_SECOND
            with self._counted_as_slow(network_of(scope)):
                try:
                    async with asyncio.timeout(seconds - SLOW_AFTER_SECONDS):
                        return await _read_into(body, receive, most)
                except TimeoutError:
                    raise BodyTooSlow(details={"seconds": round(seconds, 1)}) from None

    def _most(self, scope: Scope) -> int:
        if scope["method"] in _WITHOUT_BODY:
            return WITHOUT_BODY_MAX_BYTES
        fitting = (limit.max_bytes for limit in self._limits if limit.fits(scope["method"], scope["path"]))
        return next(fitting, BODY_MAX_BYTES)

    @contextmanager
    def _reserved(self, expected: int) -> Iterator[None]:
        if self._bytes + expected > BODIES_MAX_BYTES:
            raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS)
        self._bytes += expected
        try:
            yield
        finally:
            self._bytes -= expected

    @contextmanager
    def _counted_as_slow(self, network: str) -> Iterator[None]:
        if self._slow >= SLOW_BODIES_AT_ONCE or self._slow_of[network] >= SLOW_BODIES_PER_NETWORK:
            raise BodyTooSlow(details={"seconds": SLOW_AFTER_SECONDS})
        self._slow += 1
        self._slow_of[network] += 1
        try:
            yield
        finally:
            self._slow -= 1
            self._slow_of[network] -= 1
            if not self._slow_of[network]:
                del self._slow_of[network]


def header_of(scope: Scope, name: bytes) -> str:
    """A header's value, or nothing."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def network_of(scope: Scope) -> str:
    """The part of a client's address that one person cannot change at will: all of an IPv4 address, the /64 of an IPv6 address."""
    return network_of_address(scope["client"][0]) if scope.get("client") else ""


async def _read_into(body: bytearray, receive: Receive, most: int) -> bytes | None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > most:
            raise BodyTooLarge(details={"max_bytes": most})
        if not message.get("more_body", False):
            return bytes(body)
