"""Lists of parcels and how an organisation packs: what the page of parcels opens with."""

from __future__ import annotations

from uuid import UUID

from app.accounts.audit import insert_audit
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.fulfilment.sealed_rows import SealedRows
from app.infra.clock import utc_now
from app.infra.database import Database
from app.parcels import reading
from app.parcels.errors import ParcelNotFound
from app.parcels.making import ParcelMaking, packed_by_of
from app.parcels.reaching import ParcelReaches
from app.parcels.schemas import ParcelCounts, ParcelPage, ParcelRules, ParcelView

_SET_RULES = """
INSERT INTO parcel_settings (organisation_id, packed_by, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (organisation_id) DO UPDATE SET packed_by = excluded.packed_by, changed_at = excluded.changed_at
"""


class ParcelLists:
    """Reads, and sets who packs."""

    def __init__(self, database: Database, *, rows: SealedRows, reaches: ParcelReaches, making: ParcelMaking) -> None:
        self._database = database
        self._rows = rows
        self._reaches = reaches
        self._making = making

    async def counts(self, user: CurrentUser) -> ParcelCounts:
        reach = await self._reaches.of(user)
        waiting = await self._making.waiting(user) if user.may(Action.MAKE_PARCELS) else 0
        async with self._database.pool.acquire() as db:
            counted = await reading.count_parcels(db, reach)
            return ParcelCounts(**counted, waiting_orders=waiting, packed_by=await packed_by_of(db, user.organisation_id))

    async def page(self, user: CurrentUser, state: str, *, cursor: str | None, limit: int) -> ParcelPage:
        """Raises `MalformedRequest` for a cursor that is none of ours."""
        reach = await self._reaches.of(user)
        async with self._database.pool.acquire() as db:
            return await reading.page_of(db, self._rows.envelopes, reach, state, cursor=cursor, limit=limit)

    async def read(self, user: CurrentUser, parcel_id: UUID) -> ParcelView:
        """Raises `ParcelNotFound`, also for one of others and for one that was dissolved."""
        reach = await self._reaches.of(user)
        async with self._database.pool.acquire() as db:
            if parcel_id not in await reading.ids_in_reach(db, reach, [parcel_id]):
                raise ParcelNotFound(details={"parcel_id": str(parcel_id)})
            (found,) = await reading.open_parcels(db, self._rows.envelopes, [parcel_id])
            return reading.view_of(found)

    async def set_rules(self, user: CurrentUser, rules: ParcelRules) -> ParcelRules:
        """Who packs what is made from now on; parcels that are made already stay as they are."""
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_SET_RULES, user.organisation_id, rules.packed_by, utc_now())
            await insert_audit(
                db,
                organisation_id=user.organisation_id,
                user_id=user.id,
                action="parcel.rules_set",
                details={"packed_by": rules.packed_by},
            )
        return rules
