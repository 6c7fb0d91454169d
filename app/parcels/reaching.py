"""Whose parcels a signed-in person works with: everybody's of the organisation, or what their own producer packs."""

from __future__ import annotations

from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.catalog.reach import own_producer_id
from app.infra.database import Database
from app.parcels.reading import ParcelReach


class ParcelReaches:
    """Reads only. The routes have seen to it already that the person may pack at all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, user: CurrentUser) -> ParcelReach:
        if user.may_everywhere(Action.PACK_PARCELS):
            return ParcelReach(user.organisation_id)
        async with self._database.transactions() as db:
            return ParcelReach(user.organisation_id, await own_producer_id(db, user))
