"""Alembic's entry: runs migrations through asyncpg. `ocop migrate` passes the URL in `config.attributes["database_url"]`."""

from __future__ import annotations

import asyncio
import importlib

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from app.infra.clock import monotonic
from app.infra.database import Base, sqlalchemy_url
from app.infra.postgres_hosts import PostgresHosts
from app.infra.startup import StartupError
from app.settings import PROJECT_ROOT, load_settings

# Importing the models fills the metadata that `alembic check` compares with.
for _models in sorted((PROJECT_ROOT / "app").glob("*/models.py")):
    importlib.import_module(f"app.{_models.parent.name}.models")

# How long a step waits for its lock. While it waits, everybody who comes later waits behind it: better give up and be run again.
# `SET LOCAL` in the revisions says the same, but reaches no further than their transaction: CREATE INDEX CONCURRENTLY runs outside.
LOCK_TIMEOUT = "5s"
# Nodes that start together each bring the database to the newest schema: one does it, the others wait and find it done.
_TURN_SECONDS = 120.0
_TRY_TURN = text("SELECT pg_try_advisory_lock(hashtext('ocop-live migrations'))")


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


async def _wait_for_turn(connection: AsyncConnection) -> None:
    """Held until the connection ends. Asked for again and again: a statement that waits would hold up CREATE INDEX CONCURRENTLY."""
    deadline = monotonic() + _TURN_SECONDS
    while not await connection.scalar(_TRY_TURN):
        await connection.rollback()
        if monotonic() > deadline:
            raise StartupError(f"Another upgrade of this database has been running for {_TURN_SECONDS:.0f} s. Try again when it is done.")
        await asyncio.sleep(0.2)
    await connection.commit()


async def _main() -> None:
    server_settings = {"application_name": "ocop-migrate", "lock_timeout": LOCK_TIMEOUT}
    url = _database_url()
    connect_args = {"async_creator_fn": PostgresHosts(url).connect, "server_settings": server_settings}
    engine = create_async_engine(sqlalchemy_url(url), poolclass=NullPool, connect_args=connect_args)
    async with engine.connect() as connection:
        await _wait_for_turn(connection)
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


asyncio.run(_main())
