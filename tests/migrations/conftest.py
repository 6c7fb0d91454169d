"""Databases at any revision: empty, or filled by the code of an earlier day."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from alembic.script import ScriptDirectory

from app.infra.migrations import migration_config
from app.local_servers.embedded_postgres import EmbeddedPostgres
from tests.migrations.filled import Filled, read_filled

_numbers = itertools.count(1)


@pytest.fixture
def bare_database(postgres_server: EmbeddedPostgres) -> Iterator[Callable[[], str]]:
    """Each call makes one more database without a single table and returns its owner's URL; all are dropped after the test."""
    made: list[str] = []

    def make() -> str:
        name = f"ocop_migrations_{next(_numbers)}"
        postgres_server.run_sql(f"CREATE DATABASE {name} OWNER ocop")
        made.append(name)
        return postgres_server.url_of(name)

    yield make
    for name in made:
        postgres_server.run_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def bare_url(bare_database: Callable[[], str]) -> str:
    """URL of a database without a single table that only this test uses."""
    return bare_database()


@pytest.fixture(scope="session")
def revisions() -> list[str]:
    """Every revision of ours, from the first to the newest."""
    found = ScriptDirectory.from_config(migration_config("postgresql://nobody")).walk_revisions()
    return [revision.revision for revision in found][::-1]


@pytest.fixture(scope="session")
def filled() -> Filled:
    """What the old code knew about the data of its own dump."""
    return read_filled()


@pytest.fixture
def filled_url(postgres_server: EmbeddedPostgres, bare_url: str, filled: Filled) -> str:
    """URL of a database as the old code left it, at the old revision; loaded as the owner of the tables, who is no superuser."""
    postgres_server.run_sql(filled.sql(), database=bare_url)
    return bare_url
