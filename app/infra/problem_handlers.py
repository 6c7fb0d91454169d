"""Turns every failure of an HTTP request into a problem document; nobody else builds error responses."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.errors import AppError, BadRequest, MalformedRequest, NotFound
from app.infra.problems import field_problems, problem_body, problem_headers
from app.infra.stores_away import STORE_ERRORS, store_refusal

log = structlog.get_logger(__name__)

_PROBLEMS_SHOWN = 10
# Requests that change nothing.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class MethodNotAllowed(BadRequest):
    code = "method_not_allowed"
    http_status = 405
    title_vi = "Địa chỉ này không nhận kiểu yêu cầu đó."
    title_en = "This address does not take that method."


def add_problem_handlers(app: FastAPI) -> None:
    """Expected failures keep their code; malformed bodies are 422 without the values; anything else is `internal` with an id."""
    app.add_exception_handler(AppError, _expected)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, from_router)
    for kind in STORE_ERRORS:
        app.add_exception_handler(kind, _from_store)
    app.add_exception_handler(Exception, _unexpected)


def problem_response(error: AppError) -> Response:
    return Response(problem_body(error), error.http_status, problem_headers(error))


async def _expected(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)  # noqa: S101 - registered for this type
    return problem_response(error)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type
    return problem_response(MalformedRequest(details={"errors": field_problems(error.errors()[:_PROBLEMS_SHOWN])}))


async def from_router(request: Request, error: Exception) -> Response:
    """Starlette's own answers for unknown paths and methods."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    refusal, headers = router_refusal(request, error)
    response = problem_response(refusal)
    response.headers.update(headers)
    return response


def router_refusal(request: Request, error: HTTPException) -> tuple[AppError, dict[str, str]]:
    """Our name for what Starlette refuses, and the headers that go with it: `Allow` names all that the address takes."""
    if error.status_code == 405:
        return MethodNotAllowed(), {"allow": ", ".join(sorted(_methods_at(request.app.routes, request.url.path))) or "GET, HEAD"}
    return (NotFound() if error.status_code == 404 else BadRequest()), dict(error.headers or {})


def _methods_at(routes: Iterable[BaseRoute], path: str) -> set[str]:
    """Methods of every route that fits the path; each route by itself would name only its own."""
    found: set[str] = set()
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            found |= _methods_at(included.routes, path)
        elif isinstance(route, Route) and route.path_regex.match(path):
            found |= set(route.methods or ())
    return found


async def _from_store(request: Request, error: Exception) -> Response:
    """A store that is away, slow or full: come back later. Anything else of theirs is a mistake of ours."""
    refusal = store_refusal(error, changes=request.method not in SAFE_METHODS, has_key=is_repeatable(request))
    if refusal is None:
        return await _unexpected(request, error)
    log.warning("request_without_store", method=request.method, path=request.url.path, error=repr(error)[:200], code=refusal.code)
    return problem_response(refusal)


def is_repeatable(request: Request) -> bool:
    """Whether the same request again does nothing twice: it names its intention, or says what shall be and not what to do."""
    return request.method == "PUT" or "idempotency-key" in request.headers


async def _unexpected(request: Request, error: Exception) -> Response:
    error_id = secrets.token_hex(6)
    log.error("request_crashed", error_id=error_id, method=request.method, path=request.url.path, exc_info=error)
    return problem_response(AppError(details={"error_id": error_id}))
