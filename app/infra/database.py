"""PostgreSQL: SQLAlchemy sessions for ordinary work, a raw asyncpg pool for the order path. Transactions are always explicit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg
from sqlalchemy import MetaData, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

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
    """Any postgres URL, spoken through asyncpg."""
    return make_url(url).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def asyncpg_dsn(url: str) -> str:
    """Any postgres URL in libpq form."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@dataclass(frozen=True, slots=True)
class Database:
    """The two doors to PostgreSQL. `transactions.begin()` commits on leaving, `pool` is for hand-written SQL."""

    engine: AsyncEngine
    transactions: async_sessionmaker[AsyncSession]
    pool: asyncpg.Pool[asyncpg.Record]

    async def answers(self) -> bool:
        """True when a trivial query comes back; used by /readyz."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return True


@asynccontextmanager
async def open_database(url: str, settings: DatabaseSettings) -> AsyncIterator[Database]:
    """Open both pools and close them on leaving. Connections are made when first needed, except one that proves the way."""
    server_settings = {
        "application_name": "ocop-live",
        "statement_timeout": f"{settings.statement_timeout_seconds * 1000:.0f}",
        "lock_timeout": f"{settings.lock_timeout_seconds * 1000:.0f}",
    }
    engine = create_async_engine(
        sqlalchemy_url(url),
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,  # an error message must not carry what people typed
        pool_timeout=settings.connect_timeout_seconds,
        connect_args={"timeout": settings.connect_timeout_seconds, "server_settings": server_settings},
    )
    pool = await asyncpg.create_pool(
        asyncpg_dsn(url), min_size=1, max_size=settings.pool_size, timeout=settings.connect_timeout_seconds, server_settings=server_settings
    )
    try:
        yield Database(engine, async_sessionmaker(engine, expire_on_commit=False), pool)
    finally:
        await pool.close()
        await engine.dispose()
