"""PostgreSQL: SQLAlchemy for ordinary work, asyncpg for hand-written SQL, in pools by purpose. Transactions are always explicit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg
from sqlalchemy import MetaData, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase

from app.infra.bounded_engine import open_engine
from app.infra.bounded_pool import BoundedPool
from app.infra.postgres_hosts import PostgresHosts, single_urls
from app.settings import DatabaseSettings

RawConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"


class Base(DeclarativeBase):
    """Base of all tables; names of constraints follow one convention, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def sqlalchemy_url(url: str) -> str:
    """Any postgres URL, spoken through asyncpg; of several hosts the first."""
    return make_url(single_urls(url)[0]).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


@dataclass(frozen=True, slots=True)
class Database:
    """The doors to PostgreSQL, by purpose, so that a flood at one of them is not felt at the others.

    `transactions.begin()` commits on leaving; `pool` is for hand-written SQL. `placing` is for writing orders alone; `reading` for
    reports, from a replica where there is one, so what it says may be a moment old.
    """

    engine: AsyncEngine
    transactions: async_sessionmaker[AsyncSession]
    pool: BoundedPool
    placing: BoundedPool
    reading: BoundedPool

    async def refusal(self) -> str | None:
        """Why PostgreSQL takes no writes, or None; used by /readyz."""
        async with self.engine.connect() as connection:
            is_read_only = await connection.scalar(text("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'"))
        return "refuses writes (read-only)" if is_read_only else None


@asynccontextmanager
async def open_database(url: str, settings: DatabaseSettings, *, read_url: str | None = None) -> AsyncIterator[Database]:
    """Open all pools and close them on leaving. Connections are made when first needed, except one that proves the way.

    `read_url` is where reports read; left out, the same database.
    """
    hosts, use_seconds = PostgresHosts(url), settings.transaction_timeout_seconds
    reading = hosts if read_url is None else PostgresHosts(read_url, wants_writes=False)
    engine = open_engine(sqlalchemy_url(url), hosts, settings)
    pools = (
        BoundedPool(hosts, size=settings.pool_size, use_seconds=use_seconds, settings=settings),
        BoundedPool(hosts, size=settings.placing_pool_size, use_seconds=settings.placing_timeout_seconds, settings=settings),
        BoundedPool(reading, size=settings.reading_pool_size, use_seconds=settings.reading_timeout_seconds, settings=settings),
    )
    try:
        for pool in pools:
            await pool.open()
        await pools[1].execute("SELECT 1")
        yield Database(engine, async_sessionmaker(engine, expire_on_commit=False), *pools)
    finally:
        for pool in pools:
            await pool.close_soon()
        await engine.dispose()
