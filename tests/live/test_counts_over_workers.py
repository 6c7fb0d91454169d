"""Counts over the sockets of two workers, and what reading an old session leaves behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

from app.infra.clock import monotonic
from app.main import services_of
from app.metrics.service import LedgerDelta
from tests.live.market import Market


async def test_one_ticket_on_two_workers_is_one_viewer_whose_time_counts_once(live_market: Market) -> None:
    other, device, began_at = await live_market.another_node(), uuid4(), monotonic()
    opened = [await live_market.enters(node=node, device=device) for node in (live_market.node, other) for _ in range(3)]

    both = await opened[0].sees(lambda frame: (frame.get("counts") or {}).get("viewers") == 1, within=8)
    await asyncio.sleep(2)
    for viewer in opened:
        await viewer.socket.close()
    async with asyncio.timeout(5):
        while (stats := await live_market.node.metrics.stats(live_market.session_id)).totals.viewers_now:  # noqa: ASYNC110 - statistics offer no event
            await asyncio.sleep(0.1)
    lasted = monotonic() - began_at

    assert both["counts"]["viewers"] == 1
    assert (stats.totals.views, stats.totals.unique_viewers, stats.totals.viewers_peak) == (1, 1, 1)
    assert 1 <= stats.totals.watch_seconds <= lasted
    assert stats.derived.viewers_average is not None
    assert stats.derived.viewers_average <= 1


async def test_reading_an_old_session_leaves_no_key_behind_for_ever(live_market: Market) -> None:
    viewer = await live_market.enters()
    await viewer.asks("comment.post", text="chào")
    await live_market.ends()
    await live_market.node.metrics.persist(live_market.session_id, expected_seq=0)
    await live_market.node.sessions.transition(live_market.organiser, live_market.session_id, "closed")
    # The node goes on for the other tests; only this room ends.
    await live_market.node.rooms._close(live_market.session_id)
    redis = live_market.stores.redis
    mine = f"*{{{live_market.session_id}}}*"
    await redis.once.delete(*[key async for key in redis.idempotent.scan_iter(mine, count=1000)])

    old = await live_market.another_node()
    paths = [path for path, methods in old.app.openapi()["paths"].items() if "{session_id}" in path and "get" in methods]
    asked = replace(live_market, node=old)
    async with asked.browser(live_market.organiser) as browser:
        statuses = {path: (await browser.get(path.replace("{session_id}", str(live_market.session_id)))).status_code for path in paths}
    late_fact = LedgerDelta(1, 29_000_000, {"orders_placed": 1}, {str(uuid4()): {"orders_placed": 1}}, {str(uuid4()): 1}, "buyer")
    await old.metrics.apply(live_market.session_id, [late_fact])
    await old.metrics.report_outside(live_market.session_id, source="tiktok", viewers=3, observed_at_ms=1)
    await services_of(old.app).rooms.stop()

    keys = [key async for key in redis.idempotent.scan_iter(mine, count=1000)]
    assert statuses["/api/v1/sessions/{session_id}/tick"] == 200
    assert len(paths) > 5
    assert len(keys) > 5
    assert [key for key in keys if await redis.idempotent.ttl(key) == -1] == []
