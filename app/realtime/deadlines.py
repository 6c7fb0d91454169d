"""Waiting lists by time: whom a worker waits for, and since when. Kept by `detached.py`, which asks twice a second whose time is up."""

from __future__ import annotations

from typing import Generic, TypeVar

from app.infra.clock import monotonic

T = TypeVar("T")


class Deadlines(Generic[T]):
    """Who waits for something, each equally long, so the oldest come first. Waiting twice changes nothing."""

    __slots__ = ("_due_at", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due_at: dict[T, float] = {}

    def __contains__(self, waiting: T) -> bool:
        return waiting in self._due_at

    def __len__(self) -> int:
        return len(self._due_at)

    def add(self, waiting: T) -> None:
        self._due_at.setdefault(waiting, monotonic() + self._seconds)

    def discard(self, waiting: T) -> None:
        self._due_at.pop(waiting, None)
        self._shrink()

    def take_overdue(self) -> list[T]:
        """Those whose time is up; they wait no more."""
        now = monotonic()
        due = []
        for waiting, due_at in self._due_at.items():
            if due_at > now:
                break
            due.append(waiting)
        for waiting in due:
            del self._due_at[waiting]
        self._shrink()
        return due

    def _shrink(self) -> None:
        if not self._due_at:
            self._due_at.clear()  # an emptied dictionary keeps the table of its fullest moment
