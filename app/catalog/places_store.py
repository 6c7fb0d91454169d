"""Imported places in PostgreSQL: written by `ocop places import`, read by every worker. Rows are added, never changed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalog.gazetteer import UnitVersion
from app.catalog.models import PlaceImport, PlaceVersion

_PROVINCE, _WARD = "province", "ward"


async def newest_import(db: AsyncSession) -> int:
    """Id of the last import, 0 before the first."""
    return await db.scalar(select(func.coalesce(func.max(PlaceImport.id), 0))) or 0


async def imported_versions(db: AsyncSession) -> list[UnitVersion]:
    """What was imported, per code and first day as the last import gave it."""
    key = (PlaceVersion.level, PlaceVersion.code, PlaceVersion.valid_from)
    rows = await db.scalars(select(PlaceVersion).ext(distinct_on(*key)).order_by(*key, PlaceVersion.import_id.desc()))
    return [
        UnitVersion(
            code=row.code,
            province_code=row.province_code,
            name=row.name,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            decision=row.decision,
            is_withdrawn=row.is_withdrawn,
        )
        for row in rows
    ]


async def lock_imports(db: AsyncSession) -> None:
    """One import at a time, until the transaction ends; what it reads afterwards stays true."""
    await db.execute(text("SELECT pg_advisory_xact_lock(hashtext('ocop-live places'))"))


async def has_places_table(db: AsyncSession) -> bool:
    """Whether the database is new enough to hold imported places."""
    return await db.scalar(text("SELECT to_regclass('place_versions') IS NOT NULL")) is True


async def add_import(db: AsyncSession, versions: Collection[UnitVersion], *, file_name: str, file_sha256: str) -> int:
    """Store one import with its versions and give back its id."""
    entry = PlaceImport(file_name=file_name, file_sha256=file_sha256)
    db.add(entry)
    await db.flush()
    db.add_all(
        PlaceVersion(
            import_id=entry.id,
            level=_PROVINCE if version.province_code is None else _WARD,
            code=version.code,
            valid_from=version.valid_from,
            valid_to=version.valid_to,
            province_code=version.province_code,
            name=version.name,
            decision=version.decision,
            is_withdrawn=version.is_withdrawn,
        )
        for version in versions
    )
    await db.flush()
    return entry.id
