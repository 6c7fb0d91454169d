"""What a room must hear is told once and in order, whatever Redis does, and nobody waits for it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from app.accounts.service import CurrentUser
from app.infra.database import Database
from app.infra.redis_client import RedisClients, open_redis
from app.local_servers.embedded_redis import EmbeddedRedis
from app.protocol.server_events import OfferChanged, RoomEvent
from app.realtime.room_log import LogPosition, RoomLog
from app.sessions.telling import RoomTeller
from app.settings import RealtimeSettings
from tests.orders.builders import Market, a_market, an_offer
from tests.selling import Selling, selling_services


@pytest.fixture
async def redis(own_redis: EmbeddedRedis) -> AsyncIterator[RedisClients]:
    async with open_redis(own_redis.url) as opened:
        yield opened


@pytest.fixture
async def selling(database: Database, redis: RedisClients) -> AsyncIterator[Selling]:
    services = selling_services(database, redis, "own")
    services.teller.start()
    yield services
    await services.placing.close()
    await services.teller.close()


def the_host(market: Market) -> CurrentUser:
    return CurrentUser(market.user_id, market.organisation_id, "Đoàn xã", "host", "Lan", "host")


async def told(redis: RedisClients, session_id: UUID) -> list[RoomEvent]:
    log = RoomLog(redis, prefix="own", settings=RealtimeSettings())
    head = await log.head(session_id)
    return [each.event for each in await log.read_after(session_id, LogPosition(head.epoch, 0))]


async def all_told(database: Database, teller: RoomTeller) -> None:
    """Sweeps as the job does, until nothing is left to tell."""
    async with asyncio.timeout(25):
        while await database.pool.fetchval("SELECT count(*) FROM room_outbox "):
            await teller.sweep()
            await asyncio.sleep(0.1)


async def _pin_and_extend(selling: Selling, market: Market, offer_id: UUID) -> int:
    """Two extensions between pins; returns when the offer ends, ms."""
    host = the_host(market)
    for product_id in (market.product_id, None, market.product_id):
        await selling.session_editor.pin(host, market.session_id, product_id)
    await selling.offers.extend(host, market.session_id, offer_id, 60)
    view = await selling.offers.extend(host, market.session_id, offer_id, 60)
    return view.ends_at_ms or 0


def _check(events: list[RoomEvent], market: Market, ends_at_ms: int) -> None:
    extensions = [event.offer.ends_at_ms for event in events if isinstance(event, OfferChanged)]
    assert extensions == [ends_at_ms - 60_000, ends_at_ms]
    assert [event.product_id for event in events if event.type == "product.pinned"][-1] == market.product_id


async def test_a_frozen_redis_holds_up_no_command_and_the_room_hears_it_afterwards(
    database: Database, redis: RedisClients, selling: Selling, own_redis: EmbeddedRedis
) -> None:
    market = await a_market(database)
    offer_id = await an_offer(database, market)

    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(4):  # below the 5 s that a client waits for Redis
            ends_at_ms = await _pin_and_extend(selling, market, offer_id)
        locked = await database.pool.fetchval("SELECT count(*) FROM (SELECT FROM sessions FOR UPDATE NOWAIT) s")
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)

    await all_told(database, selling.teller)
    assert locked == 1
    _check(await told(redis, market.session_id), market, ends_at_ms)


async def test_a_full_redis_loses_nothing(database: Database, redis: RedisClients, selling: Selling) -> None:
    market = await a_market(database)
    offer_id = await an_offer(database, market)
    await redis.once.config_set("maxmemory", "1")

    ends_at_ms = await _pin_and_extend(selling, market, offer_id)
    await selling.teller.sweep()
    await asyncio.sleep(0.3)
    untold = await database.pool.fetchval("SELECT count(*) FROM room_outbox ")
    await redis.once.config_set("maxmemory", "0")

    await all_told(database, selling.teller)
    assert untold >= 3
    _check(await told(redis, market.session_id), market, ends_at_ms)


async def test_two_nodes_tell_each_event_once_and_in_order(database: Database, redis: RedisClients, selling: Selling) -> None:
    market = await a_market(database)
    offer_id = await an_offer(database, market, ends_in_seconds=60)
    other = selling_services(database, redis, "own")
    other.teller.start()

    ends = [
        (await each.offers.extend(the_host(market), market.session_id, offer_id, 1)).ends_at_ms
        for _ in range(20)
        for each in (selling, other)
    ]

    await asyncio.gather(all_told(database, selling.teller), all_told(database, other.teller))
    await other.teller.close()
    await other.placing.close()
    assert [event.offer.ends_at_ms for event in await told(redis, market.session_id) if isinstance(event, OfferChanged)] == ends


async def test_an_event_that_was_appended_by_a_process_that_died_before_it_said_so_is_not_told_again(
    database: Database, redis: RedisClients
) -> None:
    market = await a_market(database)
    selling = selling_services(database, redis, "own")
    ends_at_ms = await _pin_and_extend(selling, market, await an_offer(database, market))
    kept = await database.pool.fetch("SELECT session_id, topic, subject_id, event, id FROM room_outbox ORDER BY id")
    await selling.teller.tell(market.session_id)
    before = await told(redis, market.session_id)

    for row in kept:
        await database.pool.execute(
            "INSERT INTO room_outbox (session_id, topic, subject_id, event, id) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5)", *row
        )
    assert await selling.teller.tell(market.session_id)

    assert len(kept) >= 5
    assert await told(redis, market.session_id) == before
    _check(before, market, ends_at_ms)
    await selling.placing.close()


async def test_what_another_node_has_claimed_is_left_to_it_until_its_claim_runs_out(database: Database, redis: RedisClients) -> None:
    market = await a_market(database)
    selling = selling_services(database, redis, "own")
    await _pin_and_extend(selling, market, await an_offer(database, market))
    await database.pool.execute("UPDATE room_outbox SET claimed_until = now() + interval '1 minute'")

    assert not await selling.teller.tell(market.session_id)
    assert await told(redis, market.session_id) == []

    await database.pool.execute("UPDATE room_outbox SET claimed_until = now() - interval '1 second'")
    assert await selling.teller.tell(market.session_id)
    assert await told(redis, market.session_id) != []
    await selling.placing.close()
