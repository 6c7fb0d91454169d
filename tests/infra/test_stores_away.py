"""What passes by itself is told from what has to be mended, and nobody is told to repeat what may already be done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from redis.exceptions import AuthenticationError
from sqlalchemy import text

from app.infra.bounded_engine import open_engine
from app.infra.committing import CommitUnknown
from app.infra.database import Database, open_database, sqlalchemy_url
from app.infra.redis_client import RedisClients, open_redis
from app.infra.stores_away import is_store_away
from app.local_servers.embedded_redis import EmbeddedRedis
from app.settings import DatabaseSettings
from tests.live.market import QUICK, Market, open_market, open_stores
from tests.races.proxy import LossyProxy, once, postgres_behind


async def _execute(database: Database, statement: str) -> None:
    async with database.transactions.begin() as db:
        await db.execute(text(statement))


async def _wrong_value(database: Database) -> None:
    await database.pool.fetchval("SELECT $1::int", "not a number")


async def _wrong_type(redis: RedisClients) -> None:
    await redis.once.set("a-text", "x", ex=5)
    await redis.once.rpush("a-text", "y")


async def _broken_script(redis: RedisClients) -> None:
    await redis.once.eval("return redis.call('NO_SUCH_COMMAND')", 0)


async def _nobody_listens(tmp_path: Path) -> None:
    async with open_redis(f"unix://{tmp_path}/nobody.sock") as redis:
        await redis.once.ping()


async def _raised(work: Awaitable[object]) -> Exception:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - looked at by the test
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    ("statement", "passes"),
    [
        ("SELECT no_such_column", False),
        ("SELECT 1 / 0", False),
        ("INSERT INTO organisations (id) VALUES (NULL)", False),
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$", True),  # no room on the disk
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53300'; END $$", True),  # too many connections
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '58030'; END $$", True),  # the disk fails
        ("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '55P03'; END $$", True),  # a lock was not to be had
    ],
)
async def test_what_postgresql_says_is_told_apart(database: Database, statement: str, passes: bool) -> None:
    assert is_store_away(await _raised(_execute(database, statement))) is passes
    assert is_store_away(await _raised(database.pool.execute(statement))) is passes


async def test_values_and_files_of_ours_are_mistakes(database: Database, redis: RedisClients, tmp_path: Path) -> None:
    raised = [
        await _raised(_wrong_value(database)),
        await _raised(_wrong_type(redis)),
        await _raised(_broken_script(redis)),
        await _raised(asyncio.to_thread((tmp_path / "missing").read_text)),
        AuthenticationError("invalid username-password pair"),
    ]

    assert [is_store_away(error) for error in raised] == [False] * len(raised), raised


async def test_a_store_that_does_not_listen_is_away(tmp_path: Path) -> None:
    url = f"postgresql://ocop@/ocop?host={tmp_path}"
    raised = [await _raised(_nobody_listens(tmp_path)), await _raised(_use_engine(url)), await _raised(_use_pool(url))]

    assert [is_store_away(error) for error in raised] == [True] * 3, raised


async def _use_engine(url: str) -> None:
    async with open_engine(sqlalchemy_url(url), DatabaseSettings()).connect():
        pass


async def _use_pool(url: str) -> None:
    async with open_database(url, DatabaseSettings()):
        pass


@pytest.fixture
async def fillable(server_folder: Path) -> AsyncIterator[RedisClients]:
    server = EmbeddedRedis(server_folder)
    server.start()
    try:
        async with open_redis(server.url) as clients:
            yield clients
    finally:
        server.stop()


async def test_a_redis_that_refuses_writes_is_away_however_it_says_so(fillable: RedisClients) -> None:
    async def by_script() -> None:
        await fillable.once.eval("return redis.call('SET', KEYS[1], 'x')", 1, "k")

    async def by_pipeline(*, transaction: bool) -> None:
        async with fillable.once.pipeline(transaction=transaction) as pipeline:
            _ = pipeline.set("a", "1")
            _ = pipeline.set("b", "1")
            await pipeline.execute()

    ways: list[Callable[[], Awaitable[object]]] = [
        partial(fillable.once.set, "k", "x"),
        by_script,
        partial(by_pipeline, transaction=True),
        partial(by_pipeline, transaction=False),
    ]
    _ = await fillable.once.config_set("maxmemory", "1")
    full = [await _raised(way()) for way in ways]
    _ = await fillable.once.config_set("maxmemory", "0")
    _ = await fillable.once.config_set("min-replicas-to-write", "1")
    alone = [await _raised(way()) for way in ways]

    assert [is_store_away(error) for error in full + alone] == [True] * 8, full + alone


class Cut:
    """A market whose way to PostgreSQL loses the answer to the next COMMIT when told so."""

    def __init__(self, market: Market, proxy: LossyProxy) -> None:
        self.market = market
        self.proxy = proxy

    def loses_the_next_commit(self) -> None:
        """The commit of the change of the title: background work commits, too."""
        is_near = False

        def is_the_commit(data: bytes) -> bool:
            nonlocal is_near
            is_near = is_near or b"UPDATE sessions" in data
            return is_near and b"COMMIT" in data

        self.proxy.loses_answer = once(is_the_commit)


@pytest.fixture
async def cut(postgres_url: str, redis_url: str, redis_prefix: str, server_folder: Path) -> AsyncIterator[Cut]:
    proxy = LossyProxy()
    async with (
        postgres_behind(proxy, postgres_url, server_folder) as url,
        open_stores(url, redis_url, redis_prefix, QUICK) as stores,
        AsyncExitStack() as stack,
    ):
        yield Cut(await open_market(stores, stack), proxy)


@pytest.mark.parametrize(("headers", "code"), [({}, "change_unknown"), ({"Idempotency-Key": "3f1c7d0e-press-one"}, "outcome_unknown")])
async def test_a_commit_whose_answer_is_lost_is_not_called_a_failure(cut: Cut, headers: dict[str, str], code: str) -> None:
    path = f"/api/v1/sessions/{cut.market.session_id}"
    async with cut.market.browser(cut.market.organiser) as browser:
        await browser.get(path)
        cut.loses_the_next_commit()
        answer = await browser.patch(path, json={"title": "Phiên chợ mới"}, headers=headers)
        repeated = await browser.patch(path, json={"title": "Phiên chợ mới"}, headers=headers)
        after = await browser.get(path)

    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (503, code, bool(headers))
    assert repeated.status_code == 200
    assert after.json()["title"] == "Phiên chợ mới"
    assert cut.proxy.lost == 1


async def test_a_commit_that_postgresql_refuses_is_a_known_failure(database: Database) -> None:
    await _execute(
        database,
        "CREATE TABLE checked_late (id int, CONSTRAINT once UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)",
    )
    error = await _raised(_execute(database, "INSERT INTO checked_late VALUES (1), (1)"))

    assert not isinstance(error, CommitUnknown)
    assert not is_store_away(error)
