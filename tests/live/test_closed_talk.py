"""What was said can be hidden and shown again after the session is closed, for whoever reads back; nobody is muted there any more."""

from __future__ import annotations

from typing import Any

from app.main import services_of
from tests.live.market import Market, Node
from tests.live.test_moderation import comment_of, helping, polled, says, words_in
from tests.metrics.builders import eventually


async def _closed(market: Market) -> dict[str, dict[str, Any]]:
    """A closed and counted session in which two things were said; the comments by their words."""
    await market.goes_live()
    viewer = await market.enters()
    for words in ("bưởi ngon", "số nhà tôi là 12 ngõ 3"):
        await says(viewer, words)
    comments = {words: await comment_of(viewer, words) for words in ("bưởi ngon", "số nhà tôi là 12 ngõ 3")}
    await market.archived_comments(2)
    for state in ("ended", "closed"):
        await market.node.sessions.transition(market.organiser, market.session_id, state)
    await services_of(market.node.app).reports.finish_ended()
    return comments


async def test_hidden_and_shown_again_after_closing_on_every_node(market: Market) -> None:
    comments = await _closed(market)
    other = await market.another_node()
    said = list(comments)

    async def shows(node: Node, words: list[str]) -> None:
        async def does() -> bool:
            return words_in(await polled(node, market)) == words

        await eventually(does, within_seconds=3)

    await shows(other, said)
    async with helping(market) as helper:
        await helper.hides(comments[said[1]]["id"])
        for node in (market.node, other):
            await shows(node, said[:1])
        newest = await helper.does("GET", "/comments")
        assert newest["hidden"] == [comments[said[1]]["id"]]

        await helper.shows(comments[said[1]]["id"])
        for node in (market.node, other):
            await shows(node, said)

        mute = await helper.client.post(f"{helper.path}/restrictions", json={"comment_id": comments[said[0]]["id"], "kind": "mute"})
        assert (mute.status_code, mute.json()["code"]) == (409, "session_closed")
    trail = "SELECT action FROM audit_entries WHERE subject_id = $1 AND action LIKE 'comment.%' ORDER BY id"
    rows = await market.stores.database.pool.fetch(trail, str(market.session_id))
    assert [row["action"] for row in rows] == ["comment.hidden", "comment.restored"]
