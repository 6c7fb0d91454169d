"""Where products are on show. The catalogue says what has changed, in the transaction of the change; sessions hear it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


class ShownGoods(Protocol):
    """Whoever shows products to people."""

    async def changed(self, db: AsyncSession, product_ids: Collection[UUID]) -> tuple[UUID, ...]:
        """These products are about to look different; returns the ids of the places that show them, for `told`."""

    async def told(self, session_ids: Collection[UUID]) -> None:
        """The change is committed."""


class ShownNowhere:
    """For commands that change goods without a running service."""

    async def changed(self, db: AsyncSession, product_ids: Collection[UUID]) -> tuple[UUID, ...]:
        return ()

    async def told(self, session_ids: Collection[UUID]) -> None:
        """Nobody is there to be told."""
