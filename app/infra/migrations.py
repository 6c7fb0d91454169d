"""Brings a database to the newest schema; called by `ocop migrate`, `ocop run` and the tests."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from app.settings import PROJECT_ROOT


def upgrade_to_newest(database_url: str) -> None:
    """Apply every migration that is missing. Blocks; runs its own event loop, so call it from synchronous code.

    Raises whatever the failing migration raised; PostgreSQL rolls that migration back whole.
    """
    config = Config(toml_file=PROJECT_ROOT / "pyproject.toml")
    # Not a configuration option: options are interpolated, and a password may hold a percent sign.
    config.attributes["database_url"] = database_url
    command.upgrade(config, "head")
