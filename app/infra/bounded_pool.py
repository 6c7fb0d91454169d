"""A pool of PostgreSQL connections on which nothing waits without bound, even when the server is frozen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import structlog
from asyncpg.pool import PoolAcquireContext
from typing_extensions import override

from app.infra.counters import CONNECTIONS_THROWN_AWAY
from app.infra.postgres_hosts import PostgresHosts
from app.infra.watched_commits import CommitUnknown, WatchedConnection
from app.settings import DatabaseSettings

if TYPE_CHECKING:
    _Pool = asyncpg.Pool[asyncpg.Record]
    _Acquire = PoolAcquireContext[asyncpg.Record]
    _Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    # generic for the type checker only
    _Pool, _Acquire = asyncpg.Pool, PoolAcquireContext

log = structlog.get_logger(__name__)

_CLOSE_SECONDS = 2.0


class BoundedPool(_Pool):
    """asyncpg's pool with two limits: how long one waits for a connection, and how long one may keep it.

    Past the second one the connection is thrown away, which ends every wait on it at once. It is never cancelled: a cancelled
    statement asks the server for its end and waits for that, and a cancelled COMMIT may have been committed all the same.
    Both limits show as `TimeoutError`.
    """

    def __init__(self, hosts: PostgresHosts, *, size: int, use_seconds: float, settings: DatabaseSettings) -> None:
        super().__init__(
            hosts.urls[0],
            min_size=0,
            max_size=size,
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            connect=hosts.connect,
            connection_class=WatchedConnection,
            record_class=asyncpg.Record,
            loop=None,
            reset=_as_it_is,
            timeout=settings.connect_timeout_seconds,
            server_settings=server_settings(settings, use_seconds=use_seconds),
        )
        self._acquire_seconds = settings.connect_timeout_seconds
        self.use_seconds = use_seconds

    @override
    def acquire(self, *, timeout: float | None = None) -> _Acquire:
        """A connection for the time of an `async with`. Raises `TimeoutError` when none becomes free in time."""
        return _BoundedUse(self, self._acquire_seconds if timeout is None else timeout, self.use_seconds)

    async def open(self) -> None:
        """Make it ready; connections come when first needed."""
        _ = await self

    async def close_soon(self) -> None:
        """Close in order, or by force when a connection does not come back."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.close()
        except TimeoutError:
            self.terminate()


class _BoundedUse(_Acquire):
    """One use of one connection."""

    def __init__(self, pool: BoundedPool, acquire_seconds: float, use_seconds: float) -> None:
        super().__init__(pool, acquire_seconds)
        self._use_seconds = use_seconds
        self._is_late = False
        self._alarm: asyncio.TimerHandle | None = None

    @override
    async def __aenter__(self) -> _Connection:
        connection = await super().__aenter__()
        self._alarm = asyncio.get_running_loop().call_later(self._use_seconds, self._throw_away, connection)
        return connection

    @override
    async def __aexit__(self, *exc: object) -> None:
        if isinstance(exc[1], asyncpg.ReadOnlySQLTransactionError) and self.connection is not None:
            # the server became a standby: the next connection looks for the one that takes writes
            self.connection.terminate()
        try:
            await super().__aexit__(*exc)
        except Exception as broken:  # noqa: BLE001 - asyncpg has thrown it away; what was done on it is done
            log.info("connection_not_given_back", error=repr(broken))
        finally:
            if self._alarm is not None:
                self._alarm.cancel()
        if self._is_late and isinstance(error := exc[1], Exception) and not isinstance(error, CommitUnknown):
            raise TimeoutError(f"PostgreSQL did not finish within {self._use_seconds:g} s") from error

    def _throw_away(self, connection: _Connection) -> None:
        self._is_late = True
        CONNECTIONS_THROWN_AWAY.inc()
        connection.terminate()


async def _as_it_is(_connection: object) -> None:
    """What asyncpg asks of the server before a connection goes back: nothing, which saves a round trip per use.

    Nobody here sets, locks or listens for longer than a transaction, and one that was left open asyncpg rolls back before it comes here.
    """


def server_settings(settings: DatabaseSettings, *, use_seconds: float) -> dict[str, str]:
    """The limits that the server keeps: of a statement, of waiting for a lock, and of a transaction whose owner is silent.

    The last one is for a worker that was frozen: its locks must not hold up the others.
    """

    def milliseconds(seconds: float) -> str:
        return f"{min(seconds, use_seconds) * 1000:.0f}"

    return {
        "application_name": "ocop-live",
        "statement_timeout": milliseconds(settings.statement_timeout_seconds),
        "lock_timeout": milliseconds(settings.lock_timeout_seconds),
        "idle_in_transaction_session_timeout": milliseconds(settings.statement_timeout_seconds),
    }
