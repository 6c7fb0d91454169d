"""Whose fault it is when a batch could not be written: an order's, for ever, or the moment's."""

from __future__ import annotations

import re

import asyncpg

from app.errors import AppError, BadRequest


class OrderCannotBeWritten(BadRequest):
    """Something in this order can never be stored, as it is; nothing was placed and a repeat will not help."""

    code = "order_cannot_be_written"
    title_vi = "Đơn này có nội dung không lưu được, mời kiểm tra lại."
    title_en = "This order cannot be stored as it is."


class SpoiltOrder(Exception):
    """Raised while a batch is decided: the order at `index` cannot be. `__cause__` says why; the others are not to blame."""

    def __init__(self, index: int) -> None:
        super().__init__(f"order {index} of the batch cannot be decided")
        self.index = index


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_PASSING = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_OF_THE_CONTENT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)


def is_of_the_content(error: BaseException | None) -> bool:
    """True when the same rows would fail again: what the database refuses for what it is, and mistakes of our own code.

    Locks, time limits, deadlocks, lost connections and a full disk pass; they say nothing about the orders.
    """
    return isinstance(error, _OF_THE_CONTENT) or not isinstance(error, _PASSING)


def storable(*texts: str) -> bool:
    """Whether PostgreSQL can hold these texts: no NUL, no half of a surrogate pair."""
    return not any(_UNSTORABLE.search(text) for text in texts)


def refusal(error: BaseException | None) -> AppError:
    """What the buyer of a spoilt order is told: its own reason if it has one."""
    return error if isinstance(error, AppError) else OrderCannotBeWritten()
