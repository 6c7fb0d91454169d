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

_GRANTS = PROJECT_ROOT / "migrations" / "grants.sql"


def upgrade_to_newest(database_url: str) -> None:
    """Apply every migration that is missing, as the owner of the tables, then grant the service's role what it needs. Blocks; runs its own event loop, so call it from synchronous code.

    Other services may work on the database meanwhile. Raises as `upgrade` does.
    """
    upgrade(migration_config(database_url))
    asyncio.run(_grant(database_url))


def upgrade(config: Config) -> None:
    """Apply every migration that is missing, one transaction each. Of several upgrades at once the first works and the others wait for it.

    Raises `StartupError` when a migration gave up waiting for a table that others use, or when another upgrade takes too long, and
    otherwise whatever the failing migration raised. PostgreSQL rolls that migration back whole; those before it stay.
    """
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != asyncpg.LockNotAvailableError.sqlstate:
            raise
        raise StartupError(
            "A migration gave up waiting for a table that others are using; nothing of it was kept. "
            "Run `ocop migrate` again, outside of the rush or when no long report or backup is running."
        ) from error


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
