"""Every answer carries the id that its log lines carry, and is counted."""

from __future__ import annotations

import structlog
from prometheus_client import REGISTRY
from starlette.types import Message, Receive, Scope, Send

from app.infra.request_trace import RequestTrace

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [(b"x-request-id", b"chosen-by-a-stranger")]}


def counted(answer: str) -> float:
    return REGISTRY.get_sample_value("ocop_http_requests_total", {"answer": answer}) or 0.0


async def _ask(status: int | None, path: str = "/") -> tuple[list[Message], dict[str, object]]:
    """What the client gets, and what a log line of the request would carry."""
    bound: dict[str, object] = {}
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        bound.update(structlog.contextvars.get_contextvars())
        if status is not None:
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    await RequestTrace(app)(SCOPE | {"path": path}, receive, send)
    return sent, bound


async def test_the_answer_carries_the_id_of_its_log_lines_and_nobody_else_chooses_it() -> None:
    sent, bound = await _ask(200)
    others, other_bound = await _ask(200)

    ids = [dict(messages[0]["headers"])[b"x-request-id"].decode() for messages in (sent, others)]
    assert ids == [bound["request"], other_bound["request"]]
    assert len({*ids, "chosen-by-a-stranger"}) == 3
    assert "request" not in structlog.contextvars.get_contextvars()


async def test_requests_are_counted_by_their_answer_and_probes_are_not() -> None:
    before = {answer: counted(answer) for answer in ("2xx", "4xx", "5xx", "none")}

    for status in (200, 404, 503, None):
        await _ask(status)
    await _ask(200, "/metrics")

    assert {answer: counted(answer) - count for answer, count in before.items()} == {"2xx": 1, "4xx": 1, "5xx": 1, "none": 1}
