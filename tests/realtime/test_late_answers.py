"""What is said of a command that is not done in time: nobody may take for undone what is done a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.infra.watched_commits import CommitUnknown
from app.main import services_of
from app.protocol.client_commands import Command, JoinWaitlist, Leave, PlaceOrder, PostComment, ReportOutsideCount, SendLikes, ViewerHello
from app.protocol.server_events import ServerMessage
from app.realtime.connection import Connection
from tests.live.market import Market


@contextmanager
def _held(market: Market, kind: type[Command], until: asyncio.Event, *, then: Exception | None = None) -> Iterator[None]:
    """Commands of this kind wait for the event before they are done, or fail; answers are late after a moment."""
    routes = services_of(market.node.app).router._routes
    real = routes[kind]

    async def late(connection: Connection, session_id: UUID, command: Command) -> ServerMessage | None:
        await until.wait()
        if then is not None:
            raise then
        return await real.work(connection, session_id, command)

    routes[kind] = replace(real, work=late, deadline_seconds=0.05)
    yield
    routes[kind] = real


async def test_a_late_comment_is_neither_called_undone_nor_offered_to_be_repeated_and_is_shown_later(live_market: Market) -> None:
    viewer, goes_on = await live_market.enters(name="Lan"), asyncio.Event()
    with _held(live_market, PostComment, goes_on):
        answer = await viewer.asks("comment.post", text="còn hàng không ạ")
    goes_on.set()
    await viewer.reads("còn hàng không ạ")

    assert (answer["code"], answer["retryable"], answer["retry_after_ms"]) == ("outcome_unknown", False, None)


@pytest.mark.parametrize(
    ("kind", "name", "content", "answered"),
    [
        (SendLikes, "like.send", {"count": 3}, ("outcome_unknown", False)),
        (ReportOutsideCount, "outside_count.report", {"source": "tiktok", "viewers": 7}, ("outcome_unknown", True)),
        (ViewerHello, "viewer.hello", {"version": 1}, ("unavailable", True)),
    ],
)
async def test_what_changes_something_may_be_done_late_and_only_what_may_be_done_twice_is_retryable(
    live_market: Market, kind: type[Command], name: str, content: dict[str, Any], answered: tuple[str, bool]
) -> None:
    person, goes_on = await (live_market.board() if kind is ReportOutsideCount else live_market.enters()), asyncio.Event()
    with _held(live_market, kind, goes_on):
        answer = await person.asks(name, **content)
    goes_on.set()

    assert (answer["code"], answer["retryable"]) == answered


async def test_a_commit_without_an_answer_is_said_to_be_unknown_as_over_http(live_market: Market) -> None:
    viewer, goes_on = await live_market.enters(), asyncio.Event()
    goes_on.set()
    offer_id = "0190f3f0-0000-7000-8000-000000000001"
    with _held(live_market, JoinWaitlist, goes_on, then=CommitUnknown()):
        with_key = await viewer.asks("waitlist.join", offer_id=offer_id)
    with _held(live_market, PostComment, goes_on, then=CommitUnknown()):
        without = await viewer.asks("comment.post", text="còn không")

    assert [(each["code"], each["retryable"]) for each in (with_key, without)] == [("outcome_unknown", True), ("outcome_unknown", False)]


async def test_every_command_says_whether_it_changes_something_and_whether_it_may_be_done_twice(live_market: Market) -> None:
    routes = services_of(live_market.node.app).router._routes

    assert {kind for kind, route in routes.items() if not route.changes} == {ViewerHello, Leave}
    assert {kind for kind, route in routes.items() if route.has_key} == {PlaceOrder, JoinWaitlist, ReportOutsideCount}
