"""What the stores really say, and which of it may work in a moment; the rest is a mistake of ours and is answered as one."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis.exceptions as redis_errors
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from app.errors import OutcomeUnknown, Unavailable
from app.infra.committing import CommitUnknown, NotCommitted, commit
from app.infra.database import Database, open_database
from app.infra.postgres_hosts import single_urls
from app.infra.redis_client import RedisClients
from app.infra.stores_away import is_store_away, store_refusal
from app.local_servers.embedded_redis import EmbeddedRedis
from app.settings import DatabaseSettings
from tests.freezing import frozen
from tests.races.proxy import LossyProxy, proxy_to_socket

NOBODY_LISTENS = 18_449
_SOCKET = ".s.PGSQL.5432"
QUICK = DatabaseSettings(connect_timeout_seconds=0.5, lock_timeout_seconds=0.2, statement_timeout_seconds=0.5)


async def _failure_of(work: Awaitable[Any]) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each kind is looked at by the caller
        await work
    return caught.value


@pytest.fixture
async def quick(postgres_url: str) -> Any:
    async with open_database(postgres_url, QUICK) as opened:
        await opened.pool.execute("CREATE TABLE held (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
        yield opened


async def _by_engine(database: Database, statement: str) -> None:
    async with database.transactions.begin() as db:
        await db.execute(text(statement))


PASSING_STATEMENTS = [
    "SELECT pg_sleep(5)",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$",
    "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'too_many_connections'; END $$",
    "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'cannot_connect_now'; END $$",
    "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'serialization_failure'; END $$",
    "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'deadlock_detected'; END $$",
    "DO $$ BEGIN SET LOCAL transaction_read_only = on; CREATE TABLE t (id int); END $$",
]
MISTAKES = [
    "SELECT 1 / 0",
    "SELECT no_such_column",
    "SELECT * FROM no_such_table",
    "SELEC 1",
    "INSERT INTO held VALUES (NULL)",
    "SELECT 'x'::int",
    "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'internal_error'; END $$",
    "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'object_in_use'; END $$",
    "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege'; END $$",
]


@pytest.mark.parametrize(("statements", "is_away"), [(PASSING_STATEMENTS, True), (MISTAKES, False)], ids=["passing", "mistakes"])
async def test_of_what_postgresql_says_only_what_passes_is_away(quick: Database, statements: list[str], is_away: bool) -> None:
    judged = {}
    for statement in statements:
        failures = [
            await _failure_of(quick.pool.execute(statement)),
            await _failure_of(_by_engine(quick, statement)),
            await _failure_of(commit(quick.placing, lambda db, wanted=statement: db.execute(wanted))),  # type: ignore[misc]
        ]
        judged[statement] = [is_store_away(failure) for failure in failures]

    assert judged == {statement: [is_away] * 3 for statement in statements}


async def test_a_lock_that_is_not_given_passes_and_wrong_values_do_not(quick: Database) -> None:
    async with quick.pool.acquire() as holder, holder.transaction():
        await holder.execute("LOCK TABLE held")
        locked = await _failure_of(quick.pool.execute("INSERT INTO held VALUES (1)"))
    wrong = await _failure_of(quick.pool.execute("INSERT INTO held VALUES ($1)", "one"))

    assert isinstance(locked, asyncpg.LockNotAvailableError)
    assert isinstance(wrong, asyncpg.DataError)
    assert (is_store_away(locked), is_store_away(wrong)) == (True, False)


async def test_a_server_that_nobody_reaches_is_away_however_it_was_to_be_reached(tmp_path: Path, postgres_url: str) -> None:
    addresses = [
        f"postgresql://ocop@127.0.0.1:{NOBODY_LISTENS}/ocop",
        f"postgresql://ocop@localhost:{NOBODY_LISTENS}/ocop",
        f"postgresql://ocop@/ocop?host={tmp_path}",
        "postgresql://ocop@no-such-host.invalid/ocop",
    ]
    for address in addresses:
        failure = await _failure_of(open_database(address, QUICK).__aenter__())
        assert is_store_away(failure), (address, failure)
    nobody = await _failure_of(open_database(postgres_url.replace("ocop_test", "no_such_database"), QUICK).__aenter__())
    assert isinstance(nobody, asyncpg.InvalidCatalogNameError)
    assert not is_store_away(nobody)


async def test_pools_that_are_exhausted_or_closed_pass(quick: Database) -> None:
    raw = await asyncpg.connect(single_urls(quick.engine.url.render_as_string(hide_password=False))[0])
    await raw.close()
    closed = await _failure_of(raw.execute("SELECT 1"))
    async with quick.reading.acquire(), quick.reading.acquire():
        exhausted = await _failure_of(quick.reading.execute("SELECT 1"))

    assert isinstance(closed, asyncpg.InterfaceError)
    assert [is_store_away(each) for each in (closed, exhausted)] == [True, True]


async def test_using_a_connection_wrongly_is_a_mistake(quick: Database) -> None:
    async with quick.pool.acquire() as db:
        twice = await asyncio.gather(db.execute("SELECT pg_sleep(0.1)"), db.execute("SELECT 1"), return_exceptions=True)

    failure = next(each for each in twice if isinstance(each, Exception))
    assert isinstance(failure, asyncpg.InterfaceError)
    assert not is_store_away(failure)


RedisWork = Callable[[Any], Awaitable[Any]]
REDIS_MISTAKES: dict[str, RedisWork] = {
    "WRONGTYPE": lambda redis: redis.hget("text", "field"),
    "not a number": lambda redis: redis.incr("text"),
    "unknown command": lambda redis: redis.execute_command("NOSUCH"),
    "wrong value": lambda redis: redis.set("key", object()),
    "script": lambda redis: redis.eval("return nothing.at.all", 0),
    "script's command": lambda redis: redis.eval("return redis.call('HGET', 'text', 'a')", 0),
    "pipeline": lambda redis: redis.pipeline().hget("text", "field").execute(),
    "error of a script": lambda redis: redis.eval("return redis.error_reply('MINE not now')", 0),
}
REDIS_REFUSALS: dict[str, RedisWork] = {
    "command": lambda redis: redis.set("key", "1"),
    "pipeline": lambda redis: redis.pipeline().set("key", "1").execute(),
    "transaction": lambda redis: redis.pipeline(transaction=True).set("key", "1").execute(),
    "script": lambda redis: redis.eval("return redis.call('SET', 'key', '1')", 0),
}


@pytest.mark.parametrize("name", REDIS_MISTAKES)
async def test_what_redis_can_never_do_is_a_mistake(redis: RedisClients, redis_prefix: str, name: str) -> None:
    await redis.once.set("text", "words")

    failure = await _failure_of(REDIS_MISTAKES[name](redis.once))

    assert isinstance(failure, redis_errors.RedisError)
    assert not is_store_away(failure)


@pytest.fixture
async def own_redis(server_folder: Path) -> AsyncIterator[tuple[EmbeddedRedis, Redis, Redis]]:
    """A server of this test's own, its administrator and a client."""
    server = EmbeddedRedis(server_folder)
    server.start()
    admin, client = (Redis.from_url(server.url, decode_responses=True, socket_timeout=0.5, retry=Retry(NoBackoff(), 0)) for _ in range(2))
    try:
        yield server, admin, client
    finally:
        await admin.aclose()
        await client.aclose()
        server.stop()


async def test_a_redis_that_refuses_writes_is_busy_silent_or_gone_passes(own_redis: tuple[EmbeddedRedis, Redis, Redis]) -> None:
    server, admin, client = own_redis
    judged: dict[tuple[str, str], bool] = {}

    async def judge(state: str, works: dict[str, RedisWork]) -> None:
        for name, work in works.items():
            judged[state, name] = is_store_away(await _failure_of(work(client)))

    read: dict[str, RedisWork] = {"read": lambda redis: redis.get("key")}
    for setting, value, normal in (("maxmemory", "1", "0"), ("min-replicas-to-write", "1", "0")):
        await admin.config_set(setting, value)
        await judge(setting, REDIS_REFUSALS)
        await admin.config_set(setting, normal)
    await admin.execute_command("REPLICAOF", "127.0.0.1", str(NOBODY_LISTENS))
    await judge("replica", REDIS_REFUSALS)
    await admin.config_set("replica-serve-stale-data", "no")
    await judge("master down", read)
    await admin.execute_command("REPLICAOF", "NO", "ONE")
    await admin.config_set("lua-time-limit", "1")
    endless = asyncio.ensure_future(client.eval("while true do end", 0))
    _ = await asyncio.gather(endless, return_exceptions=True)
    await judge("busy", read)
    await admin.script_kill()
    with frozen(server.pid):
        await judge("silent", read)
    server.stop()
    await judge("stopped", read)

    assert [each for each, is_away in judged.items() if not is_away] == []
    assert len(judged) == 16


@pytest.mark.parametrize(
    ("failure", "is_away"),
    [
        (redis_errors.BusyLoadingError("LOADING"), True),
        (redis_errors.ResponseError("MISCONF Redis is configured to save RDB snapshots"), True),
        (redis_errors.ResponseError("Command # 1 (SET a 1) of pipeline caused error: ('MISCONF Redis is configured',)"), True),
        (redis_errors.ClusterDownError("CLUSTERDOWN The cluster is down"), True),
        (redis_errors.AuthenticationError("WRONGPASS"), False),
        (redis_errors.NoPermissionError("NOPERM"), False),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (socket.gaierror(-2, "Name or service not known"), True),
        (OSError(errno.EHOSTUNREACH, "No route to host"), True),
        (FileNotFoundError(errno.ENOENT, "a file of ours"), False),
        (PermissionError(errno.EACCES, "a file of ours"), False),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (ValueError(), False),
        (OperationalError("SELECT", {}, Exception()), False),
        (DBAPIError("SELECT", {}, Exception(), connection_invalidated=True), True),
        (NotCommitted("a mistake of ours"), False),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_failures_that_cannot_be_provoked_here_are_judged_alike(failure: Exception, is_away: bool) -> None:
    assert is_store_away(failure) is is_away


async def test_a_commit_without_an_answer_is_unknown_by_every_way_to_write(postgres_url: str, server_folder: Path) -> None:
    proxy = LossyProxy(loses_answer=lambda data: b"COMMIT" in data)
    database_name, _, folder = postgres_url.removeprefix("postgresql://ocop@/").partition("?host=")
    cut_url = f"postgresql://ocop@/{database_name}?host={server_folder}"
    async with proxy_to_socket(proxy, Path(folder) / _SOCKET, server_folder / _SOCKET), open_database(cut_url, QUICK) as database:
        async with database.pool.acquire() as db:
            await db.execute("CREATE TABLE written (by text)")
        ways = {
            "by hand": _write_by_hand(database),
            "by the engine": _by_engine(database, "INSERT INTO written VALUES ('by the engine')"),
            "committing": commit(database.placing, lambda db: db.execute("INSERT INTO written VALUES ('committing')")),
        }
        failures = {name: await _failure_of(way) for name, way in ways.items()}
        written = [row["by"] for row in await database.pool.fetch("SELECT by FROM written")]

    assert {name: type(failure) for name, failure in failures.items()} == dict.fromkeys(ways, CommitUnknown)
    assert written == list(ways)
    for failure in failures.values():
        assert not is_store_away(failure)
        with_key, without, read = (
            store_refusal(failure, changes=changes, has_key=has_key) for changes, has_key in ((True, True), (True, False), (False, False))
        )
        assert isinstance(with_key, OutcomeUnknown)
        assert isinstance(without, OutcomeUnknown)
        assert (with_key.code, with_key.retryable, without.code, without.retryable) == ("outcome_unknown", True, "outcome_unknown", False)
        assert type(read) is Unavailable


async def _write_by_hand(database: Database) -> None:
    async with database.pool.acquire() as db, db.transaction():
        await db.execute("INSERT INTO written VALUES ('by hand')")
