"""Reads a viewer's websocket upgrade from its bytes: the part of HTTP/1.1 and RFC 6455 §4.2.1 that it needs, strictly. No I/O."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

from websockets.utils import accept_key

from app.errors import AppError, BadRequest
from app.infra.problems import problem_answer

_REQUEST_LINE = re.compile(rb"GET /ws/sessions/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:\?[!-~]*)? HTTP/1\.1")
_NAME, _VALUE = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++", rb"[^\x00-\x08\x0a-\x1f\x7f]*+"
_HEADERS = re.compile(rb"(%b):(%b)\r\n" % (_NAME, _VALUE))
_ONLY_HEADERS = re.compile(rb"(?:%b:%b\r\n)*+" % (_NAME, _VALUE))
# These change the meaning of a request when they come twice.
_ONCE = frozenset({b"host", b"origin", b"sec-websocket-key", b"sec-websocket-version", b"content-length"})


class UpgradeMalformed(BadRequest):
    """The request is not a websocket upgrade as RFC 6455 §4.2.1 asks for."""

    code = "upgrade_malformed"
    title_vi = "Yêu cầu kết nối chưa đúng."
    title_en = "This is not a valid websocket upgrade."


class UpgradeVersionUnsupported(UpgradeMalformed):
    """Another version than 13; the answer names it."""

    code = "upgrade_version_unsupported"
    http_status = 426
    title_en = "Only websocket version 13 is spoken here."


class UpgradeRequest(NamedTuple):
    """A viewer's request to enter a room, well-formed, not yet checked."""

    session_id: UUID
    key: str
    host: str
    origin: str | None
    cookie: str
    forwarded_for: str
    forwarded_proto: str


def is_viewer_upgrade(head: bytes) -> bool:
    """Whether this request line is ours to answer; `/board` and `/bridge` below it are not."""
    return _REQUEST_LINE.fullmatch(head.partition(b"\r\n")[0]) is not None


def read_upgrade(head: bytes) -> UpgradeRequest:
    """The request, from its first line to the empty line. Raises `UpgradeMalformed`, `UpgradeVersionUnsupported`."""
    first, _, rest = head.partition(b"\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        raise UpgradeMalformed("not a viewer's address")
    headers = _headers(rest)
    tokens = {token.strip().lower() for token in headers.get(b"connection", b"").split(b",")}
    if b"upgrade" not in tokens or headers.get(b"upgrade", b"").lower() != b"websocket":
        raise UpgradeMalformed("no upgrade to websocket")
    if headers.get(b"sec-websocket-version") != b"13":
        raise UpgradeVersionUnsupported
    if headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers or b"host" not in headers:
        raise UpgradeMalformed("a body, or no host")
    origin = headers.get(b"origin")
    return UpgradeRequest(
        session_id=_session_id(line[1]),
        key=_key(headers.get(b"sec-websocket-key", b"")),
        host=headers[b"host"].decode("latin-1"),
        origin=None if origin is None else origin.decode("latin-1"),
        cookie=headers.get(b"cookie", b"").decode("latin-1"),
        forwarded_for=headers.get(b"x-forwarded-for", b"").decode("latin-1"),
        forwarded_proto=headers.get(b"x-forwarded-proto", b"").decode("latin-1"),
    )


def accepted(key: str) -> bytes:
    """The 101 answer, without extensions or subprotocols."""
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept_key(key).encode()
        + b"\r\n\r\n"
    )


def refused(error: AppError) -> bytes:
    """The whole HTTP answer; the connection is closed after it."""
    return problem_answer(error, {"sec-websocket-version": "13"} if error.http_status == HTTPStatus.UPGRADE_REQUIRED else {})


@lru_cache(maxsize=256)
def _session_id(text: bytes) -> UUID:
    # A rush has one of them.
    return UUID(text.decode())


def _headers(lines: bytes) -> dict[bytes, bytes]:
    """The fields of header lines, each with its end."""
    if _ONLY_HEADERS.fullmatch(lines) is None:
        raise UpgradeMalformed("a header line that is none")
    headers: dict[bytes, bytes] = {}
    for name, value in _HEADERS.findall(lines):
        name, value = name.lower(), value.strip(b" \t")
        if name in headers:
            if name in _ONCE:
                raise UpgradeMalformed(f"{name.decode()} twice")
            headers[name] += (b"; " if name == b"cookie" else b", ") + value
        else:
            headers[name] = value
    return headers


def _key(text: bytes) -> str:
    try:
        if len(base64.b64decode(text, validate=True)) == 16:
            return text.decode()
    except binascii.Error:
        pass
    raise UpgradeMalformed("Sec-WebSocket-Key is not 16 bytes in base64")
