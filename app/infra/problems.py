"""Expected failures as `application/problem+json`: the one document that every HTTP answer and socket refusal uses."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.errors import AppError
from app.protocol.text import TextRefused

PROBLEM_MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """Why a request was refused (RFC 9457). `code` is stable: programs decide by it, never by the texts."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="`/errors/` and the code", examples=["/errors/rate_limited"])
    title: str = Field(description="what happened, in English")
    title_vi: str = Field(description="what happened, in Vietnamese")
    status: int = Field(description="the HTTP status, repeated")
    detail: str = Field(description="this occurrence, in English")
    code: str = Field(description="stable code")
    retryable: bool = Field(description="whether the same request may succeed later")
    retry_after_seconds: float | None = Field(None, description="when a repeat makes sense")
    details: dict[str, Any] | None = Field(None, description="facts about this occurrence, by code")


def problem_of(error: AppError) -> Problem:
    """The document for one failure."""
    return Problem(
        type=f"/errors/{error.code}",
        title=error.title_en,
        title_vi=error.title_vi,
        status=error.http_status,
        detail=error.message,
        code=error.code,
        retryable=error.retryable,
        retry_after_seconds=error.retry_after_seconds,
        details=error.details or None,
    )


def field_problems(errors: Iterable[Mapping[str, Any]], *, within: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """What pydantic found, for the details of `malformed`: where, in which words, and the stable code of a text that was refused.

    Never what was sent: it may be a buyer's phone or a password.
    """
    found = []
    for each in errors:
        problem = {"at": ".".join((*within, *map(str, each["loc"]))), "problem": each["msg"]}
        reason = each.get("ctx", {}).get("error")
        found.append(problem | ({"code": reason.code} if isinstance(reason, TextRefused) else {}))
    return found


def problem_body(error: AppError) -> bytes:
    """The document as JSON; absent parts are left out."""
    return json.dumps(problem_of(error).model_dump(mode="json", exclude_none=True), ensure_ascii=False).encode()


def problem_headers(error: AppError) -> dict[str, str]:
    """Headers that go with the document: media type, never cached, `Retry-After` in whole seconds where it is known."""
    headers = {"content-type": PROBLEM_MEDIA_TYPE, "cache-control": "no-store"}
    if error.retry_after_seconds is not None:
        headers["retry-after"] = str(math.ceil(error.retry_after_seconds))
    return headers


def problem_answer(error: AppError, headers: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """A whole HTTP/1.1 answer with the document, for what is refused before ASGI; the connection ends with it."""
    body = problem_body(error)
    fields = {**problem_headers(error), **headers, "content-length": str(len(body)), "connection": "close"}
    lines = [
        f"HTTP/1.1 {error.http_status} {HTTPStatus(error.http_status).phrase}",
        *(f"{name}: {value}" for name, value in fields.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@cache
def _problem_schema() -> dict[str, Any]:
    # Each of a thousand refusals names it; making it anew took a second of every start.
    return Problem.model_json_schema()


def problem_responses(*kinds: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """What a route may refuse with, for the `responses` argument of FastAPI: one entry per status, one example per code."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        add_problem(responses, kind)
    return responses


def add_problem(responses: dict[int | str, dict[str, Any]], kind: type[AppError]) -> None:
    """One more that a route may refuse with."""
    example = problem_of(kind()).model_dump(mode="json", exclude_none=True)
    entry = responses.setdefault(
        kind.http_status,
        {"description": "", "content": {PROBLEM_MEDIA_TYPE: {"schema": _problem_schema(), "examples": {}}}},
    )
    entry["content"][PROBLEM_MEDIA_TYPE]["examples"][kind.code] = {"summary": kind.title_en, "value": example}
    entry["description"] = ", ".join(f"`{code}`" for code in entry["content"][PROBLEM_MEDIA_TYPE]["examples"])
