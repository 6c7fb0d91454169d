"""Real servers for every test: one PostgreSQL and one Redis per run, a fresh database and a key prefix of its own per test."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from app.infra.database import Database, open_database
from app.infra.migrations import upgrade_to_newest
from app.infra.redis_client import RedisClients, open_redis
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.embedded_redis import EmbeddedRedis
from app.local_servers.server_account import SYSTEM_FOLDER, account_for, can_enter
from app.settings import DatabaseSettings

# No test decides by time: a busy machine would make it fail.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.load_profile("here")

TEMPLATE_DATABASE = "ocop_template"

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def make_server_folder() -> Path:
    """A new folder that PostgreSQL's user can reach even when the tests run as root; the caller removes it."""
    candidates = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    if os.geteuid() == 0:
        SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        candidates.append(SYSTEM_FOLDER)
    for parent in candidates:
        folder = Path(tempfile.mkdtemp(prefix="ocop-test-", dir=parent))
        folder.chmod(0o711)
        if can_enter(folder, account_for(folder / "postgres")):
            return folder
        folder.rmdir()
    raise RuntimeError(f"PostgreSQL's user can reach none of {candidates}")


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A data folder for servers that the test starts itself."""
    folder = make_server_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def session_server_folder() -> Iterator[Path]:
    folder = make_server_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server(session_server_folder: Path) -> Iterator[EmbeddedPostgres]:
    """The run's PostgreSQL; use `postgres_url` or `fresh_database` unless the test is about the server itself."""
    server = EmbeddedPostgres(session_server_folder, shared_buffers_mb=64, max_connections=200)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server(session_server_folder: Path) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(session_server_folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_template(postgres_server: EmbeddedPostgres) -> str:
    """Name of a database migrated once by Alembic, from which the tests' databases are copied."""
    postgres_server.run_sql(f"CREATE DATABASE {TEMPLATE_DATABASE} OWNER ocop")
    upgrade_to_newest(postgres_server.url_of(TEMPLATE_DATABASE))
    return TEMPLATE_DATABASE


@pytest.fixture
def fresh_database(postgres_server: EmbeddedPostgres, migrated_template: str) -> Iterator[Callable[[], str]]:
    """Each call makes one more migrated, empty database and returns its URL; all are dropped after the test."""
    made: list[str] = []

    def make() -> str:
        name = f"ocop_test_{next(_numbers)}"
        postgres_server.run_sql(f"CREATE DATABASE {name} OWNER ocop TEMPLATE {migrated_template} STRATEGY FILE_COPY")
        made.append(name)
        return postgres_server.url_of(name)

    yield make
    for name in made:
        postgres_server.run_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(fresh_database: Callable[[], str]) -> str:
    """URL of a migrated, empty database that only this test uses."""
    return fresh_database()


@pytest.fixture(scope="module")
def module_postgres_url(postgres_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """URL of a migrated database shared by one test module, for tests that do not mind each other's rows."""
    name = f"ocop_test_{next(_numbers)}"
    postgres_server.run_sql(f"CREATE DATABASE {name} OWNER ocop TEMPLATE {migrated_template}")
    yield postgres_server.url_of(name)
    postgres_server.run_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def redis_url(redis_server: EmbeddedRedis) -> str:
    """The run's Redis; keep keys apart with `redis_prefix`."""
    return redis_server.url


@pytest.fixture
def redis_prefix() -> str:
    """First part of every key of this test; fits `Settings.redis_prefix`."""
    return f"test-{os.getpid()}-{next(_numbers)}"


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    """A migrated, empty database that only this test uses, opened as a worker opens it."""
    async with open_database(postgres_url, DatabaseSettings()) as opened:
        yield opened


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[RedisClients]:
    """Clients of the run's Redis; keep keys apart with `redis_prefix`."""
    async with open_redis(redis_url) as opened:
        yield opened
