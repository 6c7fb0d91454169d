"""PostgreSQL connections that tell a COMMIT without an answer from every other failure, whoever uses them."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import asyncpg
from asyncpg.transaction import Transaction
from typing_extensions import override

if TYPE_CHECKING:
    _Connection = asyncpg.Connection[asyncpg.Record]
else:
    # generic for the type checker only
    _Connection = asyncpg.Connection

# Of what PostgreSQL answers to COMMIT only these say that it was rolled back: integrity (deferred constraints), a serialization failure,
# a deadlock. A server that shuts down while COMMIT waits for a standby has already committed.
ROLLED_BACK = (asyncpg.IntegrityConstraintViolationError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError)


class CommitUnknown(Exception):
    """COMMIT was sent and its answer did not come: it may be committed or not. `__cause__` says what came instead."""


class PostgresUnreachable(ConnectionError):
    """No connection could be made. A socket file that is missing says the same as a port on which nobody listens."""


class WatchedTransaction(Transaction):
    """asyncpg's transaction, whose COMMIT raises `CommitUnknown` when nobody can say what became of it."""

    _connection: _Connection
    _nested: bool

    @override
    async def commit(self) -> None:
        await self._watched(super().commit())

    @override
    async def __aexit__(self, kind: object, error: object, traceback: object) -> None:
        leaving = super().__aexit__(kind, error, traceback)
        await (leaving if kind is not None else self._watched(leaving))

    async def _watched(self, committing: Awaitable[None]) -> None:
        is_sent = not (self._nested or self._connection.is_closed())
        try:
            await committing
        except Exception as error:
            if not is_sent or isinstance(error, ROLLED_BACK):
                raise
            self._connection.terminate()
            raise CommitUnknown(repr(error)) from error


class WatchedConnection(_Connection):
    """A connection that makes such transactions."""

    __slots__ = ()

    @override
    def transaction(self, *, isolation: Any = None, readonly: bool = False, deferrable: bool = False) -> WatchedTransaction:
        return WatchedTransaction(self, isolation, readonly, deferrable)


async def connect_to_postgres(*arguments: Any, **named: Any) -> WatchedConnection:  # noqa: ANN401 - asyncpg's
    """`asyncpg.connect`, for pools and engines. Raises `PostgresUnreachable` for whatever the operating system says."""
    try:
        connection: WatchedConnection = await asyncpg.connect(*arguments, **named | {"connection_class": WatchedConnection})
    except TimeoutError:
        raise
    except OSError as error:
        raise PostgresUnreachable(repr(error)) from error
    return connection
