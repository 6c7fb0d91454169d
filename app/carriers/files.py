"""Files for carriers: looked at with receivers masked, then made with them in the clear, which is written down first."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from app.accounts.audit import insert_audit
from app.accounts.service import CurrentUser
from app.carriers.errors import CarrierMappingNotFound, NothingFitsCarrier
from app.carriers.fitting import Unfit, fits, unfit
from app.carriers.from_parcels import open_some, read_parcels, to_send
from app.carriers.mapping import FileColumns
from app.carriers.mappings import CarrierMappings
from app.carriers.parcels_to_send import ParcelToSend, masked_value
from app.carriers.schemas import (
    PARCELS_MOST,
    ROWS_SHOWN,
    FilePreview,
    FileWanted,
    MadeFile,
    MadeFileList,
    NewFile,
    SendableParcel,
    SendableParcels,
    UnfitParcel,
)
from app.carriers.writing import rows_of, written
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database, RawConnection
from app.infra.sealing import Envelopes
from app.parcels.revealing import note_revealed

FILES_SHOWN = 50

_INSERT = """
INSERT INTO carrier_files (id, organisation_id, mapping_name, mapping_version, form, parcel_ids, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_LIST = """
SELECT f.id, f.mapping_name, f.mapping_version, f.form, cardinality(f.parcel_ids) AS parcels, f.made_at, u.display_name
FROM carrier_files f JOIN users u ON u.id = f.made_by WHERE f.organisation_id = $1 ORDER BY f.made_at DESC, f.id LIMIT $2
"""
_SENDABLE = """
SELECT p.id FROM parcels p WHERE p.organisation_id = $1 AND p.state <> 'dissolved'
ORDER BY (p.state = 'handed_over'), p.made_at DESC, p.id LIMIT $2
"""
_ASKED = "SELECT parcel_id, state, words, fee_vnd FROM carrier_orders WHERE parcel_id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file's bytes, how many parcels are in it, and how many stayed out."""

    content: bytes
    name: str
    parcels: int
    left_out: int


class CarrierFiles:
    """Makes them; the routes ask who may see receivers in the clear."""

    def __init__(self, database: Database, envelopes: Envelopes, mappings: CarrierMappings) -> None:
        self._database = database
        self._envelopes = envelopes
        self._mappings = mappings

    async def sendable(self, user: CurrentUser) -> SendableParcels:
        """Parcels that may be sent, then those that are on their way; receivers masked."""
        async with self._database.pool.acquire() as db:
            ids = [row["id"] for row in await db.fetch(_SENDABLE, user.organisation_id, PARCELS_MOST)]
            parcels = await open_some(db, self._envelopes, ids)
            asked = {row["parcel_id"]: row for row in await db.fetch(_ASKED, ids)}
        items = []
        for each in parcels:
            parcel, row = to_send(each), asked.get(each.row["id"])
            to = parcel.addressee
            items.append(
                SendableParcel(
                    parcel_id=parcel.parcel_id,
                    code=parcel.code,
                    state=parcel.state,
                    receiver=str(masked_value(parcel, "receiver_name")),
                    place="" if to is None else f"{to.ward}, {to.province}",
                    cod_vnd=parcel.cod_vnd,
                    weight_grams=parcel.weight_grams,
                    carrier=parcel.carrier,
                    tracking_code=parcel.tracking_code,
                    tracking_state=each.row["tracking_state"],
                    api_state=None if row is None else row["state"],
                    api_words=None if row is None else row["words"],
                    fee_vnd=None if row is None else row["fee_vnd"],
                )
            )
        return SendableParcels(items=items)

    async def preview(self, user: CurrentUser, wanted: FileWanted) -> FilePreview:
        """The first rows, masked, and what does not fit. Nobody is named. Raises `CarrierMappingNotFound`, `ParcelNotFound`."""
        async with self._database.pool.acquire() as db:
            columns, _, _ = await self._columns(db, user, wanted.mapping_id)
            parcels = [to_send(each) for each in await read_parcels(db, self._envelopes, user.organisation_id, _once(wanted))]
        problems = await asyncio.to_thread(_judged, parcels, columns)
        fitting = [each for each in parcels if fits(problems[each.parcel_id])]
        return FilePreview(
            heads=[column.head for column in columns.columns],
            rows=[[masked_value(each, column.field, column.fixed) for column in columns.columns] for each in fitting[:ROWS_SHOWN]],
            fitting=len(fitting),
            unfit=_views(parcels, problems),
        )

    async def make(self, user: CurrentUser, wanted: NewFile) -> WrittenFile:
        """The file of those that fit. Who had it, of which parcels, is written down before anybody has it; the file is not kept.

        Raises `CarrierMappingNotFound`, `ParcelNotFound`, `NothingFitsCarrier`.
        """
        now = utc_now()
        async with self._database.pool.acquire() as db, db.transaction():
            columns, name, version = await self._columns(db, user, wanted.mapping_id)
            opened = await read_parcels(db, self._envelopes, user.organisation_id, _once(wanted))
            problems = await asyncio.to_thread(_judged, [to_send(each) for each in opened], columns)
            fitting = [each for each in opened if fits(problems[each.row["id"]])]
            if not fitting:
                raise NothingFitsCarrier(details={"problems": dict(Counter(each for found in problems.values() for each in found))})
            await note_revealed(db, user, fitting, reason="carrier_file")
            file_id, ids = uuid4(), [each.row["id"] for each in fitting]
            await db.execute(_INSERT, file_id, user.organisation_id, name, version, wanted.form, ids, user.id, now)
            await insert_audit(
                db,
                organisation_id=user.organisation_id,
                user_id=user.id,
                action="carrier_file.made",
                subject_id=file_id,
                details={"mapping": name, "version": version, "form": wanted.form, "parcels": [each.row["code"] for each in fitting]},
            )
        # A thousand rows of XLSX take a good part of a second, which no socket waits for.
        content = await asyncio.to_thread(_written, wanted, columns, [to_send(each) for each in fitting])
        return WrittenFile(content, f"kien-hang-{now:%Y%m%d-%H%M}.{wanted.form}", len(fitting), len(opened) - len(fitting))

    async def made(self, user: CurrentUser) -> MadeFileList:
        """Files that were made, the newest first."""
        async with self._database.pool.acquire() as db:
            rows = await db.fetch(_LIST, user.organisation_id, FILES_SHOWN)
        return MadeFileList(
            items=[
                MadeFile(
                    file_id=row["id"],
                    mapping_name=row["mapping_name"],
                    mapping_version=row["mapping_version"],
                    form=row["form"],
                    parcels=row["parcels"],
                    made_by=row["display_name"],
                    made_at_ms=to_ms(row["made_at"]) or 0,
                )
                for row in rows
            ]
        )

    async def _columns(self, db: RawConnection, user: CurrentUser, mapping_id: UUID) -> tuple[FileColumns, str, int]:
        mapping = await self._mappings.read(db, user.organisation_id, mapping_id)
        if not isinstance(mapping.content, FileColumns):
            raise CarrierMappingNotFound
        return mapping.content, mapping.name, mapping.version


def _judged(parcels: Sequence[ParcelToSend], columns: FileColumns) -> dict[UUID, list[Unfit]]:
    return {each.parcel_id: unfit(each, columns) for each in parcels}


def _written(wanted: NewFile, columns: FileColumns, parcels: Sequence[ParcelToSend]) -> bytes:
    return written(wanted.form, rows_of(columns, parcels))


def _once(wanted: FileWanted) -> list[UUID]:
    return list(dict.fromkeys(wanted.parcel_ids))


def _views(parcels: Sequence[ParcelToSend], problems: dict[UUID, list[Unfit]]) -> list[UnfitParcel]:
    return [
        UnfitParcel(parcel_id=each.parcel_id, code=each.code, problems=found, stays_out=not fits(found))
        for each in parcels
        if (found := problems[each.parcel_id])
    ]
