"""Whether a session exists, asked on the way to placing an order: never behind what else is asked of the database."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.errors import AppError
from app.infra.bounded_pool import BoundedPool
from app.infra.gathering import Gathering
from app.orders.errors import Busy
from app.sessions.errors import SessionNotFound

_KNOWN_MAX = 10_000
_ASKED_AT_ONCE = 1_000
_WAITING_MAX = 20_000
_FIND = "SELECT id FROM sessions WHERE id = ANY($1::uuid[])"


class KnownSessions:
    """Asks once per session, because sessions are never deleted; whoever asks at once is answered by one query.

    It uses a connection of placing, at most one: orders for invented sessions cost the others nothing.
    """

    def __init__(self, pool: BoundedPool, *, seconds: float) -> None:
        self._pool = pool
        self._known: set[UUID] = set()
        self._asking: Gathering[UUID, bool] = Gathering(
            "known_sessions",
            self._find,
            busy=lambda: Busy(retry_after_seconds=2),
            seconds=seconds,
            most=_ASKED_AT_ONCE,
            queue_max=_WAITING_MAX,
        )

    async def require(self, session_id: UUID) -> None:
        """Raises `SessionNotFound`, or `Busy` when the database does not say in time."""
        if session_id not in self._known:
            await self._asking.ask(session_id)
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known.add(session_id)

    async def close(self) -> None:
        await self._asking.close()

    async def _find(self, session_ids: Sequence[UUID]) -> list[bool | AppError]:
        found = {row["id"] for row in await self._pool.fetch(_FIND, list(set(session_ids)))}
        return [True if session_id in found else SessionNotFound() for session_id in session_ids]
