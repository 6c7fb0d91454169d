"""Real servers for every test: one PostgreSQL and one Redis per run, a fresh database and a key prefix of its own per test."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import hypothesis
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from typing_extensions import override

from app.accounts import passwords
from app.infra.database import Database, open_database
from app.infra.migrations import upgrade_to_newest
from app.infra.redis_client import RedisClients, open_redis
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.embedded_redis import EmbeddedRedis
from app.local_servers.server_account import SYSTEM_FOLDER, account_for, can_enter
from app.settings import DatabaseSettings
from tests import people
from tests.collectors import Collector, a_collector

# No test decides by time: a busy machine would make it fail.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.load_profile("here")

QUICK_ARGON2 = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
# What a password costs to guess is what these are about.
ABOUT_PASSWORDS = {"test_passwords.py", "test_sign_in.py"}
TEMPLATE_DATABASE = "ocop_template"

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that the service runs on (`app/infra/serving.py`)."""
    return "asyncio", {"use_uvloop": True}


# Slow tests start whole services; on a machine half as fast that alone takes a minute.
SLOW_SECONDS = 600


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After they were shuffled: the longest first, else one process works on them alone when the others have done the rest."""
    items.sort(key=lambda item: item.path.parent.name != "absurd")
    for item in items:
        if item.get_closest_marker("slow") is not None:
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS), append=False)


def pytest_sessionstart() -> None:
    """Imports make next to no garbage; looking for it again and again is a third of the time of collecting."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What has been imported stays: garbage of one test is soon found when nothing else is looked at."""
    gc.enable()
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Whatever was left is looked through once more, by pytest itself."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def own_garbage() -> Iterator[None]:
    """A connection, a file or a task that a test left open complains when it is thrown away: now, not in a later test.

    What stands when a test begins, imports and what its module shares, is set aside, so that only what the test made is looked through.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.collect()


# Looking through everything takes half a second: after each module that is a fifth of the time of all tests.
MODULES_BETWEEN_LOOKS = 15
_modules_done = itertools.count(1)


@pytest.fixture(autouse=True, scope="module")
def own_garbage_of_the_module() -> Iterator[None]:
    """The same for what its tests shared, now and then; it is the first to be made, so the last to go.

    What a module left open is told after one of the next, at the latest when all have ended.
    """
    yield
    if next(_modules_done) % MODULES_BETWEEN_LOOKS == 0:
        gc.unfreeze()
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def quick_passwords(request: pytest.FixtureRequest) -> Iterator[None]:
    """Argon2id at its least where a sign-in is only the way to something else."""
    usual = passwords._ARGON2
    if request.path.name not in ABOUT_PASSWORDS:
        _hash_with(QUICK_ARGON2)
    yield
    _hash_with(usual)


def _hash_with(hasher: PasswordHash) -> None:
    if passwords._ARGON2 is not hasher:
        passwords._ARGON2 = hasher
        passwords._hash_of_nobody.cache_clear()
        people._ready.clear()


def make_server_folder(*wanted: Path) -> Path:
    """A new folder that PostgreSQL's user can reach even when the tests run as root, in what is wanted if it can; the caller removes it."""
    candidates = [*wanted, Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
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


# Databases are copied by the thousand: in memory that takes a quarter of the time.
MEMORY_FOLDER = Path("/dev/shm")
MEMORY_FREE_BYTES = 4 << 30


def make_quick_folder() -> Path:
    """A new folder for servers whose data nobody wants back: in memory, where there is plenty."""
    if MEMORY_FOLDER.is_dir() and os.access(MEMORY_FOLDER, os.W_OK) and shutil.disk_usage(MEMORY_FOLDER).free >= MEMORY_FREE_BYTES:
        return make_server_folder(MEMORY_FOLDER)
    return make_server_folder()


@pytest.fixture(scope="session")
def session_server_folder() -> Iterator[Path]:
    folder = make_quick_folder()
    yield folder
    shutil.rmtree(folder)


class QuickPostgres(EmbeddedPostgres):
    """The server of the tests that are not about a machine's failure: a commit does not wait for the disk."""

    @override
    def _options(self) -> list[str]:
        return [*super()._options(), "-c", "fsync=off", "-c", "full_page_writes=off"]


@pytest.fixture(scope="session")
def migrated_cluster(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Files of a server with `TEMPLATE_DATABASE`, migrated once by Alembic for all processes of a run."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    cluster = shared / "cluster"
    with (shared / "cluster.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not cluster.exists():
            folder = make_quick_folder()
            server = QuickPostgres(folder, shared_buffers_mb=64)
            server.start()
            server.run_sql(f"CREATE DATABASE {TEMPLATE_DATABASE} OWNER ocop")
            upgrade_to_newest(server.url_of(TEMPLATE_DATABASE))
            server.stop()
            copy_cluster(folder / "postgres", shared / "cluster.new")
            (shared / "cluster.new").rename(cluster)
            shutil.rmtree(folder)
    return cluster


def copy_cluster(source: Path, aim: Path) -> None:
    """With its owner: PostgreSQL refuses files of anybody else."""
    subprocess.run(["cp", "-a", str(source), str(aim)], check=True)  # noqa: S607 - our own folders


@pytest.fixture(scope="session")
def postgres_server(session_server_folder: Path, migrated_cluster: Path) -> Iterator[EmbeddedPostgres]:
    """The run's PostgreSQL; use `postgres_url` or `fresh_database` unless the test is about the server itself."""
    copy_cluster(migrated_cluster, session_server_folder / "postgres")
    server = QuickPostgres(session_server_folder, shared_buffers_mb=64, max_connections=200)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def durable_server() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL as `make run` starts it, for tests that are about its being so."""
    folder = make_server_folder()
    server = EmbeddedPostgres(folder, shared_buffers_mb=16)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def redis_server(session_server_folder: Path) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(session_server_folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_redis(server_folder: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that this test alone freezes, fills, empties and stops."""
    server = EmbeddedRedis(server_folder)
    server.start()
    yield server
    server.stop()


class FreshDatabases:
    """Migrated, empty databases; the next one is being copied while a test uses the last, over one connection of a thread of its own."""

    def __init__(self, server: EmbeddedPostgres, template: str) -> None:
        self._template = template
        self._worker = ThreadPoolExecutor(1)
        self._loop = asyncio.Runner()
        address = server.url_of("postgres").replace("//ocop@", "//postgres@")
        self._admin: asyncpg.Connection = self._worker.submit(self._loop.run, asyncpg.connect(address)).result()
        self._next = self._worker.submit(self._make)

    def take(self) -> str:
        """The name of one that nobody has used."""
        name = self._next.result()
        self._next = self._worker.submit(self._make)
        return name

    def drop(self, name: str) -> None:
        """Soon; nobody waits for it."""
        self._worker.submit(self._run, f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._worker.submit(lambda: self._loop.run(self._admin.close())).result()
        self._worker.submit(self._loop.close).result()
        self._worker.shutdown()

    def _make(self) -> str:
        name = f"ocop_test_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} OWNER ocop TEMPLATE {self._template} STRATEGY FILE_COPY")
        return name

    def _run(self, statement: str) -> None:
        self._loop.run(self._admin.execute(statement))


@pytest.fixture(scope="session")
def databases(postgres_server: EmbeddedPostgres) -> Iterator[FreshDatabases]:
    made = FreshDatabases(postgres_server, TEMPLATE_DATABASE)
    yield made
    made.close()


@pytest.fixture
def fresh_database(postgres_server: EmbeddedPostgres, databases: FreshDatabases) -> Iterator[Callable[[], str]]:
    """Each call makes one more migrated, empty database and returns its URL; all are dropped after the test."""
    made: list[str] = []

    def make() -> str:
        made.append(databases.take())
        return postgres_server.url_of(made[-1])

    yield make
    for name in made:
        databases.drop(name)


@pytest.fixture
def postgres_url(fresh_database: Callable[[], str]) -> str:
    """URL of a migrated, empty database that only this test uses."""
    return fresh_database()


@pytest.fixture(scope="module")
def module_postgres_url(postgres_server: EmbeddedPostgres, databases: FreshDatabases) -> Iterator[str]:
    """URL of a migrated database shared by one test module, for tests that do not mind each other's rows."""
    name = databases.take()
    yield postgres_server.url_of(name)
    databases.drop(name)


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


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    """One that takes every span and keeps it."""
    async with a_collector() as opened:
        yield opened
