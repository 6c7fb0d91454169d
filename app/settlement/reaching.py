"""Whose settlements a signed-in person sees: every producer's of the organisation, or their own."""

from __future__ import annotations

from uuid import UUID

from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.catalog.errors import ProducerNotFound
from app.catalog.reach import own_producer_id
from app.infra.database import Database, RawConnection
from app.settlement import reading
from app.settlement.reading import ProducerFacts


class SettlementReaches:
    """Reads only. The routes have seen to it already that the person may see settlements at all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def only(self, user: CurrentUser) -> UUID | None:
        """The one producer whose settlements they see; None: every producer's."""
        if user.may_everywhere(Action.SEE_SETTLEMENTS):
            return None
        async with self._database.transactions() as db:
            return await own_producer_id(db, user)

    async def require(self, db: RawConnection, user: CurrentUser, producer_id: UUID) -> ProducerFacts:
        """Raises `ProducerNotFound`, also for those that are out of reach."""
        if await self.only(user) not in (None, producer_id):
            raise ProducerNotFound
        return await require_facts(db, user, producer_id)


async def require_facts(db: RawConnection, user: CurrentUser, producer_id: UUID) -> ProducerFacts:
    """Raises `ProducerNotFound`, also for those of other organisations."""
    producer = await reading.producer_facts(db, producer_id, user.organisation_id)
    if producer is None:
        raise ProducerNotFound
    return producer
