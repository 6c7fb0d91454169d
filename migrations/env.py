"""Alembic's entry: runs migrations through asyncpg. `ocop migrate` passes the URL in `config.attributes["database_url"]`."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import app.accounts.models
import app.catalog.models
import app.live.models
import app.metrics.models
import app.orders.models
import app.reports.models  # noqa: F401 - importing the models fills the metadata
from app.infra.database import Base, sqlalchemy_url
from app.settings import load_settings

# How long a step waits for its lock. While it waits, everybody who comes later waits behind it: better give up and be run again.
# `SET LOCAL` in the revisions says the same, but reaches no further than their transaction: CREATE INDEX CONCURRENTLY runs outside.
LOCK_TIMEOUT = "5s"


def _database_url() -> str:
    given = context.config.attributes.get("database_url")
    if isinstance(given, str):
        return given
    settings = load_settings()
    configured = settings.database_owner_url or settings.database_url
    if configured is None:
        raise SystemExit("Set DATABASE_URL, or use `ocop migrate`, which knows the embedded server.")
    return configured.get_secret_value()


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=False, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def _main() -> None:
    server_settings = {"application_name": "ocop-migrate", "lock_timeout": LOCK_TIMEOUT}
    engine = create_async_engine(sqlalchemy_url(_database_url()), poolclass=NullPool, connect_args={"server_settings": server_settings})
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


asyncio.run(_main())
