"""Transactions whose end is known: either certainly nothing was written, or nobody can say, or it is committed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from app.infra.bounded_pool import BoundedPool
from app.infra.database import RawConnection

Result = TypeVar("Result")

# Of what PostgreSQL answers to COMMIT only these say that it was rolled back: integrity (deferred constraints), a serialization failure,
# a deadlock. A server that shuts down while COMMIT waits for a standby has already committed.
_ROLLED_BACK = (asyncpg.IntegrityConstraintViolationError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError)


class NotCommitted(Exception):
    """Certainly nothing was written: it failed before COMMIT was sent, or PostgreSQL refused it. `__cause__` says why."""


class CommitUnknown(Exception):
    """COMMIT was sent and its answer did not come: it may be committed or not. `__cause__` says what came instead."""


async def commit(pool: BoundedPool, work: Callable[[RawConnection], Awaitable[Result]]) -> Result:
    """Run `work` in a transaction of its own and commit it. Raises `NotCommitted` or `CommitUnknown`, nothing else but a cancellation.

    Until COMMIT is sent every failure is a rollback, a lost connection too: the server rolls back what nobody commits.
    """
    sent = False
    try:
        async with pool.acquire() as db:
            transaction = db.transaction()
            await transaction.start()
            try:
                result = await work(db)
            except Exception:
                await _roll_back(db, transaction)
                raise
            sent = True
            try:
                await transaction.commit()
            except BaseException:
                db.terminate()
                raise
    except Exception as error:
        if sent and not isinstance(error, _ROLLED_BACK):
            raise CommitUnknown(repr(error)) from error
        raise NotCommitted(repr(error)) from error
    return result


async def _roll_back(db: RawConnection, transaction: asyncpg.transaction.Transaction) -> None:
    try:
        await transaction.rollback()
    except Exception:  # noqa: BLE001 - thrown away, it is rolled back by the server
        db.terminate()
