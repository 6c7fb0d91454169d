"""No wait for PostgreSQL is without bound: not for a connection, a statement, a commit or a rollback, whatever hangs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.infra.bounded_pool import BoundedPool
from app.infra.clock import monotonic
from app.infra.committing import CommitUnknown, NotCommitted, commit
from app.infra.database import Database, RawConnection, open_database
from app.installation.opening import stores_to_start
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.settings import DatabaseSettings, load_settings
from tests.freezing import frozen

SETTINGS = DatabaseSettings(
    pool_size=2,
    placing_pool_size=2,
    reading_pool_size=1,
    connect_timeout_seconds=0.5,
    placing_timeout_seconds=1.0,
    transaction_timeout_seconds=1.0,
    reading_timeout_seconds=1.0,
)
# What a wait may take: the wait for a connection, the use of it, and what a busy machine adds.
BOUND_SECONDS = SETTINGS.connect_timeout_seconds + SETTINGS.transaction_timeout_seconds + 1.5


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    async with open_database(postgres_url, SETTINGS) as opened:
        yield opened


async def _fetch_by_engine(database: Database) -> None:
    async with database.transactions.begin() as db:
        await db.execute(text("SELECT 1"))


async def _fetch(database: Database) -> None:
    async with database.pool.acquire() as db, db.transaction():
        await db.fetch("SELECT 1")


async def _report(database: Database) -> None:
    async with database.reading.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
        await db.fetch("SELECT 1")


async def _commit(database: Database) -> None:
    await commit(database.placing, lambda db: db.execute("SELECT 1"))


ALL_WAYS = [_fetch_by_engine, _fetch, _report, _commit]


async def test_every_way_to_a_frozen_server_ends_by_its_bound_and_works_again_afterwards(
    database: Database, postgres_server: EmbeddedPostgres
) -> None:
    for way in ALL_WAYS:
        await way(database)
    started = monotonic()

    with frozen(postgres_server.pid):
        answers = await asyncio.gather(*(way(database) for way in ALL_WAYS for _ in range(4)), return_exceptions=True)

    took = monotonic() - started
    assert [answer for answer in answers if not isinstance(answer, Exception)] == []
    assert {type(answer) for answer in answers} <= {TimeoutError, PoolExhausted, DBAPIError, NotCommitted}
    assert took < BOUND_SECONDS
    for way in ALL_WAYS:
        await way(database)


async def _freeze_in_a_transaction(database: Database, server_pid: int) -> None:
    async with database.pool.acquire() as db, db.transaction():
        await db.fetch("SELECT 1")
        with frozen(server_pid):
            await db.fetch("SELECT 2")


async def _freeze_in_a_transaction_of_the_engine(database: Database, server_pid: int) -> None:
    async with database.transactions.begin() as db:
        await db.execute(text("SELECT 1"))
        with frozen(server_pid):
            await db.execute(text("SELECT 2"))


async def test_a_transaction_in_which_the_server_freezes_ends_by_its_bound(database: Database, postgres_server: EmbeddedPostgres) -> None:
    async with database.pool.acquire() as before, before.transaction():
        await before.fetch("SELECT 1")
    started = monotonic()

    with pytest.raises(TimeoutError, match="PostgreSQL did not finish within 1 s"):
        await _freeze_in_a_transaction(database, postgres_server.pid)
    with pytest.raises(DBAPIError):
        await _freeze_in_a_transaction_of_the_engine(database, postgres_server.pid)

    assert monotonic() - started < 2 * BOUND_SECONDS


async def test_a_commit_that_is_not_answered_is_unknown_and_what_came_before_it_is_not(
    database: Database, postgres_server: EmbeddedPostgres
) -> None:
    held = ExitStack()

    async def freeze_at_the_end(db: RawConnection) -> None:
        await db.execute("CREATE TEMP TABLE t (id int)")
        held.enter_context(frozen(postgres_server.pid))

    async def freeze_in_between(db: RawConnection) -> None:
        with frozen(postgres_server.pid):
            await db.execute("SELECT 1")

    try:
        with pytest.raises(CommitUnknown):
            await commit(database.placing, freeze_at_the_end)
    finally:
        held.close()
    with pytest.raises(NotCommitted):
        await commit(database.placing, freeze_in_between)
    await _commit(database)


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1 / 0", "SELECT pg_sleep(5)", "SELECT no_such_column", "SELECT pg_terminate_backend(pg_backend_pid())"],
)
async def test_a_statement_that_fails_before_commit_is_certainly_rolled_back(database: Database, statement: str) -> None:
    with pytest.raises(NotCommitted):
        await commit(database.placing, lambda db: db.execute(statement))
    await _commit(database)


async def test_one_purpose_that_is_exhausted_leaves_the_others_alone(database: Database) -> None:
    async with database.pool.acquire(), database.pool.acquire(), database.reading.acquire():
        with pytest.raises(TimeoutError):
            await _fetch(database)
        with pytest.raises(TimeoutError):
            await _report(database)
        started = monotonic()
        await _commit(database)
        await _fetch_by_engine(database)

    assert monotonic() - started < SETTINGS.connect_timeout_seconds


async def test_connections_that_a_restart_cut_are_replaced_without_an_error(database: Database, postgres_server: EmbeddedPostgres) -> None:
    for way in ALL_WAYS:
        await way(database)
    postgres_server.run_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ocop-live'")
    await asyncio.sleep(0.2)

    for way in ALL_WAYS:
        await way(database)


async def test_no_more_connections_are_opened_than_are_counted_for_a_worker(database: Database) -> None:
    counted = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ocop-live'"

    async def count() -> int:
        async with database.transactions() as db:
            await asyncio.sleep(0.4)
            return int(await db.scalar(text(counted)) or 0)

    async def occupy(pool: BoundedPool) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(2):
                _ = group.create_task(pool.execute("SELECT pg_sleep(0.15)"))

    seen, *_ = await asyncio.gather(
        asyncio.gather(*(count() for _ in range(4))), occupy(database.pool), occupy(database.placing), occupy(database.reading)
    )

    assert max(seen) == SETTINGS.connections_per_worker == 7


async def test_reports_read_where_they_are_told_to(fresh_database: Callable[[], str]) -> None:
    here, replica = fresh_database(), fresh_database()

    async with open_database(here, SETTINGS, read_url=replica) as database:
        names = [await pool.fetchval("SELECT current_database()") for pool in (database.pool, database.placing, database.reading)]

    assert [name in url for name, url in zip(names, (here, here, replica), strict=True)] == [True] * 3
    assert names[0] == names[1] != names[2]


def test_the_embedded_server_takes_every_connection_of_every_worker(tmp_path: Path) -> None:
    wide = DatabaseSettings(pool_size=9, placing_pool_size=7, reading_pool_size=5)
    for settings in (SETTINGS, wide):
        server = stores_to_start(load_settings(data_dir=tmp_path, workers=20, database=settings, database_url=None)).postgres
        assert server is not None
        assert server._max_connections > 20 * settings.connections_per_worker
