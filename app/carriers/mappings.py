"""Lists of columns: those that ship with the service, and the organisation's own with all their versions."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import asyncpg
from pydantic import TypeAdapter

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.service import CurrentUser
from app.carriers.errors import CarrierMappingChanged, CarrierMappingIsReady, CarrierMappingNotFound, TooManyCarrierMappings
from app.carriers.mapping import Content, FileColumns, TrackingColumns
from app.carriers.ready import READY, ReadyMapping
from app.carriers.schemas import ChangedMapping, MappingList, MappingView, NewMapping
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database, RawConnection

MAPPINGS_MOST = 50

_LIST = """
SELECT m.*, u.display_name FROM carrier_mappings m JOIN users u ON u.id = m.made_by
WHERE m.organisation_id = $1 AND m.replaced_at IS NULL ORDER BY m.name, m.mapping_id
"""
_ONE = """
SELECT m.*, u.display_name FROM carrier_mappings m JOIN users u ON u.id = m.made_by
WHERE m.organisation_id = $1 AND m.mapping_id = $2 AND m.replaced_at IS NULL
"""
# Two who save at once come one after the other.
_LOCK = "SELECT id FROM organisations WHERE id = $1 FOR NO KEY UPDATE"
_COUNT = "SELECT count(*) FROM carrier_mappings WHERE organisation_id = $1 AND replaced_at IS NULL"
_REPLACE = "UPDATE carrier_mappings SET replaced_at = $2 WHERE mapping_id = $1 AND replaced_at IS NULL"
_INSERT = """
INSERT INTO carrier_mappings (id, organisation_id, mapping_id, version, kind, carrier, name, content, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10)
"""
_content = TypeAdapter[FileColumns | TrackingColumns](Content)


class CarrierMappings:
    """Reads and keeps them; the routes ask who may."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(self, user: CurrentUser) -> MappingList:
        """The organisation's own first, then the ready ones."""
        async with self._database.pool.acquire() as db:
            rows = await db.fetch(_LIST, user.organisation_id)
        return MappingList(items=[*map(_view, rows), *map(_ready_view, READY)])

    async def read(self, db: RawConnection, organisation_id: UUID, mapping_id: UUID) -> MappingView:
        """One of them, as it is now. Raises `CarrierMappingNotFound`."""
        ready = next((each for each in READY if each.mapping_id == mapping_id), None)
        if ready is not None:
            return _ready_view(ready)
        row = await db.fetchrow(_ONE, organisation_id, mapping_id)
        if row is None:
            raise CarrierMappingNotFound
        return _view(row)

    async def add(self, user: CurrentUser, wanted: NewMapping, intention: Intention | None) -> MappingView:
        """Raises `TooManyCarrierMappings`."""
        async with self._database.pool.acquire() as db, db.transaction():
            claim = await claim_intention_raw(db, user.id, intention, uuid4())
            if claim.is_first:
                await db.execute(_LOCK, user.organisation_id)
                if await db.fetchval(_COUNT, user.organisation_id) >= MAPPINGS_MOST:
                    raise TooManyCarrierMappings(details={"limit": MAPPINGS_MOST})
                await self._insert(db, user, claim.subject_id, 1, wanted)
            return await self.read(db, user.organisation_id, claim.subject_id)

    async def change(self, user: CurrentUser, mapping_id: UUID, wanted: ChangedMapping) -> MappingView:
        """A new version; the same again changes nothing. Raises `CarrierMappingNotFound`, `CarrierMappingIsReady`, `CarrierMappingChanged`."""
        _refuse_ready(mapping_id)
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_LOCK, user.organisation_id)
            before = await self.read(db, user.organisation_id, mapping_id)
            if (before.name, before.carrier, before.content) == (wanted.name, wanted.carrier, wanted.content):
                return before
            if before.version != wanted.seen_version:
                raise CarrierMappingChanged(details={"version": before.version})
            await db.execute(_REPLACE, mapping_id, utc_now())
            await self._insert(db, user, mapping_id, before.version + 1, wanted)
            return await self.read(db, user.organisation_id, mapping_id)

    async def drop(self, user: CurrentUser, mapping_id: UUID) -> MappingList:
        """Use it no more; its versions stay. Raises `CarrierMappingNotFound`, `CarrierMappingIsReady`."""
        _refuse_ready(mapping_id)
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_LOCK, user.organisation_id)
            before = await self.read(db, user.organisation_id, mapping_id)
            await db.execute(_REPLACE, mapping_id, utc_now())
            await _audit(db, user, mapping_id, "carrier_mapping.dropped", before.name, before.version)
        return await self.listed(user)

    @staticmethod
    async def _insert(db: RawConnection, user: CurrentUser, mapping_id: UUID, version: int, wanted: NewMapping) -> None:
        content = json.dumps(_content.dump_python(wanted.content, mode="json"), ensure_ascii=False)
        row = (uuid4(), user.organisation_id, mapping_id, version, wanted.content.kind, wanted.carrier, wanted.name, content)
        await db.execute(_INSERT, *row, user.id, utc_now())
        await _audit(db, user, mapping_id, "carrier_mapping.saved", wanted.name, version)


def _refuse_ready(mapping_id: UUID) -> None:
    if any(each.mapping_id == mapping_id for each in READY):
        raise CarrierMappingIsReady


def _view(row: asyncpg.Record) -> MappingView:
    return MappingView(
        mapping_id=row["mapping_id"],
        version=row["version"],
        name=row["name"],
        carrier=row["carrier"],
        content=_content.validate_json(row["content"]),
        is_ready=False,
        made_by=row["display_name"],
        made_at_ms=to_ms(row["made_at"]),
    )


def _ready_view(ready: ReadyMapping) -> MappingView:
    return MappingView(
        mapping_id=ready.mapping_id,
        version=0,
        name=ready.name,
        carrier=ready.carrier,
        content=ready.content,
        is_ready=True,
        made_by=None,
        made_at_ms=None,
    )


async def _audit(db: RawConnection, user: CurrentUser, mapping_id: UUID, action: str, name: str, version: int) -> None:
    about = {"name": name, "version": version}
    await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=mapping_id, details=about)
