"""Tells a store that is away, slow or refuses writes from a mistake of ours: the first passes, the second has to be mended."""

from __future__ import annotations

import asyncpg
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.infra.committing import CommitUnknown, NotCommitted

# Limits of time, locks and connections, a server that starts or stops: what PostgreSQL says when it cannot now.
_PASSING = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # a connection that went away in the middle shows up as one of these
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


# What the stores' libraries raise, to be looked at by `is_store_away`.
STORE_ERRORS: tuple[type[Exception], ...] = (
    RedisError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    NotCommitted,
    CommitUnknown,
)


def is_store_away(error: BaseException) -> bool:
    """Whether the same may work in a moment."""
    if isinstance(
        error, (RedisError, OSError, TimeoutError, PoolTimeoutError, OperationalError, InterfaceError, NotCommitted, CommitUnknown)
    ):
        return True
    if isinstance(error, DBAPIError):
        cause = getattr(error.orig, "__cause__", None)
        return error.connection_invalidated or (cause is not None and isinstance(cause, _PASSING))
    return isinstance(error, _PASSING)
