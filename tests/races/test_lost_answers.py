"""An answer that gets lost after the work was done: nothing may be doubled, nothing forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from app.infra.clock import monotonic, now_ms
from app.infra.database import Database, open_database
from app.infra.redis_client import RedisClients, open_redis
from app.metrics.service import Flush, MetricsService, Move
from app.protocol.server_events import OrderReceipt
from app.redis_keys import SessionKeys
from app.settings import DatabaseSettings
from tests.metrics.builders import a_delta
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.races.checkers import complaints_about, read_truth
from tests.races.proxy import LossyProxy, once, proxy_to_socket
from tests.races.writers import a_node, acknowledged, place_all

_POSTGRES_SOCKET = ".s.PGSQL.5432"


@asynccontextmanager
async def _database_behind(proxy: LossyProxy, postgres_url: str, folder: Path) -> AsyncIterator[Database]:
    parts = urlsplit(postgres_url)
    server = Path(parse_qs(parts.query)["host"][0]) / _POSTGRES_SOCKET
    async with proxy_to_socket(proxy, server, folder / _POSTGRES_SOCKET):
        url = f"postgresql://{parts.username}@{parts.path}?host={folder}"
        async with open_database(url, DatabaseSettings()) as database:
            yield database


@asynccontextmanager
async def _redis_behind(proxy: LossyProxy, redis_url: str, folder: Path) -> AsyncIterator[RedisClients]:
    listen = folder / "redis.sock"
    async with proxy_to_socket(proxy, Path(redis_url.removeprefix("unix://")), listen), open_redis(f"unix://{listen}") as redis:
        yield redis


@pytest.fixture
def short_folder(server_folder: Path) -> Path:
    """Short enough for a unix socket's path."""
    return server_folder


async def test_a_batch_whose_commit_was_not_answered_is_answered_from_the_ledger(
    database: Database, market: Market, postgres_url: str, short_folder: Path
) -> None:
    offer_id = await an_offer(database, market, total=100)
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(30)]
    proxy = LossyProxy()

    async with _database_behind(proxy, postgres_url, short_folder) as unreliable, a_node(unreliable.placing) as node:
        await node.place(a_wanted_order(market, {offer_id: 1}))
        proxy.loses_answer = once(lambda data: b"COMMIT" in data)
        answers = await place_all(node, orders)

    truth = await read_truth(postgres_url, market.session_id)
    assert proxy.lost == 1
    assert all(isinstance(answer, OrderReceipt) for answer in answers)
    assert complaints_about(truth, acknowledged(orders, answers)) == []
    assert len(truth.orders) == 31


async def test_a_batch_whose_commit_never_arrived_is_written_by_the_repeat(
    database: Database, market: Market, postgres_url: str, short_folder: Path
) -> None:
    offer_id = await an_offer(database, market, total=100)
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(30)]
    proxy = LossyProxy()

    async with _database_behind(proxy, postgres_url, short_folder) as unreliable, a_node(unreliable.placing) as node:
        await node.place(a_wanted_order(market, {offer_id: 1}))
        proxy.loses_request = once(lambda data: b"COMMIT" in data)
        answers = await place_all(node, orders)

    truth = await read_truth(postgres_url, market.session_id)
    assert proxy.lost == 1
    assert complaints_about(truth, acknowledged(orders, answers)) == []
    assert len(truth.orders) == 31


def _holds(statement: bytes, data: bytes) -> bool:
    return statement in data


async def test_connections_that_break_at_any_statement_double_nothing(
    database: Database, market: Market, postgres_url: str, short_folder: Path
) -> None:
    offer_id = await an_offer(database, market, total=40, limit=3)
    orders = [a_wanted_order(market, {offer_id: 1 + number % 3}) for number in range(60)]
    proxy = LossyProxy()

    async with _database_behind(proxy, postgres_url, short_folder) as unreliable, a_node(unreliable.placing) as node:
        answering = asyncio.ensure_future(place_all(node, orders[:30]))
        for statement in (b"ledgers", b"offers", b"ledger_entries", b"order_lines", b"COMMIT"):
            proxy.loses_answer = once(partial(_holds, statement))
            await asyncio.sleep(0.1)
        answers = await answering + await place_all(node, orders[30:])

    truth = await read_truth(postgres_url, market.session_id)
    assert proxy.lost > 0
    assert complaints_about(truth, acknowledged(orders, answers)) == []
    assert sum(entry["remaining"] for entry in truth.offers) == 0


async def test_a_lost_reply_of_redis_counts_ledger_entries_once(
    database: Database, market: Market, redis: RedisClients, redis_url: str, redis_prefix: str, short_folder: Path
) -> None:
    keys = SessionKeys(redis_prefix, market.session_id)
    deltas = [a_delta(seq, amount_vnd=100_000) for seq in range(1, 6)]
    proxy = LossyProxy()

    async with _redis_behind(proxy, redis_url, short_folder) as unreliable:
        metrics = MetricsService(database, unreliable, redis_prefix)
        await metrics.apply(market.session_id, deltas[:1])
        proxy.loses_answer = once(lambda data: b"EVALSHA" in data)
        with pytest.raises(RedisConnectionError):
            await metrics.apply(market.session_id, deltas)
        stands_at = await metrics.apply(market.session_id, deltas)

    assert proxy.lost == 1
    assert stands_at == 5
    assert (await redis.once.hgetall(keys.ledger))["revenue_placed_vnd"] == "500000"


async def test_a_lost_reply_of_redis_counts_a_nodes_flush_once(
    database: Database, market: Market, redis: RedisClients, redis_url: str, redis_prefix: str, short_folder: Path
) -> None:
    keys = SessionKeys(redis_prefix, market.session_id)
    flushes = [
        Flush("a", number, now_ms(), {"likes": 10, "comments": 1}, watching=[Move(uuid4().bytes, "came", monotonic())]) for number in (1, 2)
    ]
    proxy = LossyProxy()

    async with _redis_behind(proxy, redis_url, short_folder) as unreliable:
        metrics = MetricsService(database, unreliable, redis_prefix)
        await metrics.flush(market.session_id, flushes[0])
        proxy.loses_answer = once(lambda data: b"EVALSHA" in data)
        with pytest.raises(RedisConnectionError):
            await metrics.flush(market.session_id, flushes[1])
        figures = await metrics.flush(market.session_id, flushes[1])

    assert proxy.lost == 1
    assert figures.likes == 20
    assert (await redis.once.hgetall(keys.live))["comments"] == "2"
    assert (figures.viewers, figures.board.views) == (2, 2)
