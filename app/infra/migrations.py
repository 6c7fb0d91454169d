"""Brings a database to the newest schema and grants; called by `ocop migrate`, `ocop run` and the tests."""

from __future__ import annotations

import asyncio

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from app.infra.postgres_hosts import PostgresHosts
from app.infra.startup import StartupError
from app.settings import PROJECT_ROOT

# Orders that come in take their tables in an order of their own: PostgreSQL ends a deadlock by giving up one side, often the migration.
_TRIES = 5
_GRANTS = PROJECT_ROOT / "migrations" / "grants.sql"


def upgrade_to_newest(database_url: str) -> None:
    """Apply every migration that is missing, as the owner of the tables, then grant the service's role what it needs. Blocks; runs its own event loop, so call it from synchronous code.

    Other services may work on the database meanwhile. Raises as `upgrade` does.
    """
    upgrade(migration_config(database_url))
    asyncio.run(_grant(database_url))


def upgrade(config: Config) -> None:
    """Apply every migration that is missing, one transaction each. Of several upgrades at once the first works and the others wait for it.

    A migration that PostgreSQL gave up to end a deadlock is tried again. Raises `StartupError` when a migration gave up waiting for a table
    that others use, or when another upgrade takes too long, and otherwise whatever the failing migration raised. PostgreSQL rolls that
    migration back whole; those before it stay.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            command.upgrade(config, "head")
        except DBAPIError as error:
            sqlstate = getattr(error.orig, "sqlstate", None)
            if sqlstate == asyncpg.DeadlockDetectedError.sqlstate and tries_left:
                continue
            if sqlstate not in {asyncpg.LockNotAvailableError.sqlstate, asyncpg.DeadlockDetectedError.sqlstate}:
                raise
            raise StartupError(
                "A migration gave up waiting for a table that others are using; nothing of it was kept. "
                "Run `ocop migrate` again, outside of the rush or when no long report or backup is running."
            ) from error
        else:
            return


def migration_config(database_url: str) -> Config:
    """Alembic's view of our migrations on this database, for `alembic.command`. Connects to nothing yet."""
    config = Config(toml_file=PROJECT_ROOT / "pyproject.toml")
    # Not a configuration option: options are interpolated, and a password may hold a percent sign.
    config.attributes["database_url"] = database_url
    return config


async def _grant(database_url: str) -> None:
    connection = await PostgresHosts(database_url).connect()
    try:
        await connection.execute(_GRANTS.read_text(encoding="utf-8"))
    finally:
        await connection.close()
