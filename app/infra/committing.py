"""Transactions whose end is known: either certainly nothing was written, or nobody can say, or it is committed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import asyncpg

from app.infra.bounded_pool import BoundedPool
from app.infra.database import RawConnection
from app.infra.tracing import span
from app.infra.watched_commits import CommitUnknown

__all__ = ["Commit", "CommitUnknown", "NotCommitted", "commit"]

Result = TypeVar("Result")


Work = Callable[[RawConnection], Awaitable[Result]]
# `commit` below, or what a test puts in its place
Commit = Callable[[BoundedPool, Work[Result]], Awaitable[Result]]


class NotCommitted(Exception):
    """Certainly nothing was written: it failed before COMMIT was sent, or PostgreSQL refused it. `__cause__` says why."""


async def commit(pool: BoundedPool, work: Work[Result]) -> Result:
    """Run `work` in a transaction of its own and commit it. Raises `NotCommitted` or `CommitUnknown`, nothing else but a cancellation.

    Until COMMIT is sent every failure is a rollback, a lost connection too: the server rolls back what nobody commits.
    """
    try:
        async with pool.acquire() as db:
            transaction = db.transaction()
            await transaction.start()
            try:
                result = await work(db)
            except Exception:
                await _roll_back(db, transaction)
                raise
            try:
                with span("postgresql.commit"):
                    await transaction.commit()
            except BaseException:
                _throw_away(db)
                raise
    except CommitUnknown:
        raise
    except Exception as error:
        raise NotCommitted(repr(error)) from error
    return result


async def _roll_back(db: RawConnection, transaction: asyncpg.transaction.Transaction) -> None:
    try:
        await transaction.rollback()
    except Exception:  # noqa: BLE001 - thrown away, it is rolled back by the server
        _throw_away(db)


def _throw_away(db: RawConnection) -> None:
    # The pool takes a connection that broke back by itself; then there is nothing left to end.
    with suppress(asyncpg.InterfaceError):
        db.terminate()
