"""SQLAlchemy's engine with the same bounds as `app/infra/bounded_pool.py`: no use of a connection lasts longer than its limit.

A COMMIT whose answer does not come raises `CommitUnknown`, as in `app/infra/committing.py`.
"""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import AdaptedConnection, Connection, ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from app.infra.bounded_pool import server_is_gone, server_settings
from app.infra.committing import ROLLED_BACK, CommitUnknown
from app.settings import DatabaseSettings

_ALARM, _COMMITTING = "alarm", "committing"


def open_engine(url: str, settings: DatabaseSettings) -> AsyncEngine:
    """An engine for a URL as SQLAlchemy spells it. Connections are made when first needed."""
    limit = settings.transaction_timeout_seconds
    engine = create_async_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=0,
        hide_parameters=True,  # an error message must not carry what people typed
        pool_timeout=settings.connect_timeout_seconds,
        connect_args={
            "timeout": settings.connect_timeout_seconds,
            "server_settings": server_settings(settings, use_seconds=limit),
            "async_creator_fn": _connect,
        },
    )
    _bound_uses(engine, limit)
    _name_unknown_commits(engine)
    return engine


async def _connect(*arguments: Any, **named: Any) -> asyncpg.Connection[asyncpg.Record]:  # noqa: ANN401 - asyncpg's
    try:
        return await asyncpg.connect(*arguments, **named)
    except FileNotFoundError as error:
        raise server_is_gone(error) from error


def _name_unknown_commits(engine: AsyncEngine) -> None:
    """What fails while COMMIT waits for its answer may be committed, unless PostgreSQL itself says that it rolled back."""

    def begin(connection: Connection) -> None:
        connection.info.pop(_COMMITTING, None)

    def commit(connection: Connection) -> None:
        connection.info[_COMMITTING] = True

    def failed(context: ExceptionContext) -> None:
        connection = context.connection
        if connection is None or connection.invalidated or not connection.info.pop(_COMMITTING, False):
            return
        error = context.original_exception
        cause = getattr(error, "__cause__", None) or error
        if not isinstance(cause, ROLLED_BACK):
            raise CommitUnknown(repr(cause)) from error

    event.listen(engine.sync_engine, "begin", begin)
    event.listen(engine.sync_engine, "commit", commit)
    event.listen(engine.sync_engine, "handle_error", failed)


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

    event.listen(engine.sync_engine, "checkout", begin)
    event.listen(engine.sync_engine, "checkin", finish)
