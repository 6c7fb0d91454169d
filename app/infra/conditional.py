"""Answers that are sent once: whoever shows the tag of what they have gets 304 while it has not changed."""

from __future__ import annotations

import hashlib

from fastapi import Request, Response
from pydantic import BaseModel

_NOT_MODIFIED = 304
_TAG_CHARACTERS = 27


def tagged(request: Request, body: BaseModel, *, moving: frozenset[str] = frozenset()) -> Response:
    """The body as JSON with a weak ETag, or 304 for who has it. `moving`: fields that say when was read, which alone make no new answer.

    Written by pydantic itself: checked and turned over once more by the framework, a long answer would hold the event loop.
    """
    content = body.model_dump_json()
    same = body.model_dump_json(exclude=set(moving)) if moving else content
    tag = f'W/"{hashlib.sha256(same.encode()).hexdigest()[:_TAG_CHARACTERS]}"'
    # a browser asks each time; nobody in between keeps what one person may see
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "cookie, authorization"}
    known = {each.strip() for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=_NOT_MODIFIED, headers=headers)
    return Response(content, media_type="application/json", headers=headers)
