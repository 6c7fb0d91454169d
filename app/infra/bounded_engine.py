"""SQLAlchemy's engine with the same bounds as `app/infra/bounded_pool.py`: no use of a connection lasts longer than its limit."""

from __future__ import annotations

import asyncio

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import AdaptedConnection, ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from app.infra.bounded_pool import server_settings
from app.infra.postgres_hosts import PostgresHosts
from app.settings import DatabaseSettings

_ALARM = "alarm"


def open_engine(url: str, hosts: PostgresHosts, settings: DatabaseSettings) -> AsyncEngine:
    """An engine for a URL as SQLAlchemy spells it, which only names it: `hosts` connect, when it is first needed."""
    limit = settings.transaction_timeout_seconds
    engine = create_async_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=0,
        hide_parameters=True,  # an error message must not carry what people typed
        pool_timeout=settings.connect_timeout_seconds,
        connect_args={
            "async_creator_fn": hosts.connect,
            "timeout": settings.connect_timeout_seconds,
            "server_settings": server_settings(settings, use_seconds=limit),
        },
    )
    _bound_uses(engine, limit)
    return engine


def _bound_uses(engine: AsyncEngine, limit: float) -> None:
    """Throw a connection away when it was not given back in time. A query to see whether it is alive would itself need a bound,
    so a connection is only asked whether it knows to be closed, and the pool then makes a new one.
    """

    def begin(connection: AdaptedConnection, record: ConnectionPoolEntry, proxy: object) -> None:
        raw = connection.driver_connection
        if raw.is_closed():
            raise DisconnectionError
        record.info[_ALARM] = asyncio.get_running_loop().call_later(limit, raw.terminate)

    def finish(connection: object, record: ConnectionPoolEntry) -> None:
        if (alarm := record.info.pop(_ALARM, None)) is not None:
            alarm.cancel()

    def look(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == asyncpg.ReadOnlySQLTransactionError.sqlstate:
            # The server became a standby: all its connections go, and the next one looks for the server that takes writes.
            context.is_disconnect = True

    event.listen(engine.sync_engine, "handle_error", look)
    event.listen(engine.sync_engine, "checkout", begin)
    event.listen(engine.sync_engine, "checkin", finish)
