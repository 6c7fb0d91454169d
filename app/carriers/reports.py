"""Carriers' reports come in: first what each row would do, then all of them, each once; and what waits for a person."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.service import CurrentUser
from app.carriers.errors import CarrierMappingNotFound, CarrierRowNotFound
from app.carriers.events import CarrierEvents, Said
from app.carriers.mapping import TrackingColumns
from app.carriers.mappings import CarrierMappings
from app.carriers.report_reading import SaidInRow, read_report
from app.carriers.schemas import CarrierWorkItem, CarrierWorkList, ReportOutcome, ReportPreview, ReportRow, RowFate
from app.catalog.errors import SheetUnreadable
from app.infra.child_work import ChildWork, WorkFailed
from app.infra.clock import monotonic, to_ms, utc_now
from app.infra.database import Database, RawConnection

REPORT_MAX_BYTES = 4 * 1024 * 1024
ROWS_SHOWN = 300
WORK_SHOWN = 200
# Of one request; the rest is for the next one, with the same file.
WORKS_SECONDS = 8.0
_FIRST: dict[RowFate, int] = {"formula": 0, "no_parcel": 1, "no_state": 2, "no_time": 3, "bad_amount": 4, "news": 5}

_PARCELS = """
SELECT id, code, tracking_code FROM parcels
WHERE organisation_id = $1 AND state <> 'dissolved' AND (code = ANY($2::text[]) OR tracking_code = ANY($3::text[]))
"""
_KNOWN = "SELECT digest FROM carrier_events WHERE organisation_id = $1 AND digest = ANY($2::bytea[])"
_WORK = """
SELECT * FROM carrier_events WHERE organisation_id = $1 AND problem IS NOT NULL AND settled_at IS NULL ORDER BY noted_at DESC, id LIMIT $2
"""
_SETTLE = """
UPDATE carrier_events SET settled_at = $3, settled_by = $4, words = ''
WHERE organisation_id = $1 AND id = $2 AND problem IS NOT NULL AND settled_at IS NULL RETURNING id
"""


class CarrierReports:
    """Staff bring in what carriers report."""

    def __init__(self, database: Database, mappings: CarrierMappings, events: CarrierEvents) -> None:
        self._database = database
        self._mappings = mappings
        self._events = events
        self._reading = ChildWork(
            "app.fulfilment.table_reading", at_once=1, waiting_max=10, seconds=60.0, answer_max_bytes=64 * 1024 * 1024
        )

    async def preview(self, user: CurrentUser, mapping_id: UUID, content: bytes) -> ReportPreview:
        """What each row would do; nothing is changed. Raises `SheetUnreadable`, `CarrierMappingNotFound`."""
        heads, judged = await self._judged(user, mapping_id, content)
        shown = sorted(judged, key=lambda pair: (_FIRST.get(pair[1], 9), pair[0].line))[:ROWS_SHOWN]
        return ReportPreview(
            heads=heads, counts=dict(Counter(fate for _, fate, _ in judged)), rows=[_view(row, fate) for row, fate, _ in shown]
        )

    async def bring_in(self, user: CurrentUser, mapping_id: UUID, content: bytes) -> ReportOutcome:
        """Note every row once; what nobody can place waits for a person. Again changes nothing. Raises as `preview` does."""
        _, judged = await self._judged(user, mapping_id, content)
        counts: Counter[RowFate] = Counter()
        waiting, ends_at = 0, monotonic() + WORKS_SECONDS
        for number, (_, fate, said) in enumerate(judged):
            if monotonic() > ends_at and any(each[1] != "known" for each in judged[number:]):
                return ReportOutcome(counts=dict(counts), waiting=waiting, is_whole=False)
            if fate == "known":
                counts["known"] += 1
                continue
            noted = await self._events.note(said)
            counts[fate if noted.is_new else "known"] += 1
            waiting += noted.is_new and noted.problem is not None
        return ReportOutcome(counts=dict(counts), waiting=waiting, is_whole=True)

    async def work_list(self, user: CurrentUser) -> CarrierWorkList:
        """What nobody could place, the newest first."""
        async with self._database.pool.acquire() as db:
            rows = await db.fetch(_WORK, user.organisation_id, WORK_SHOWN + 1)
        return CarrierWorkList(
            items=[
                CarrierWorkItem(
                    event_id=row["id"],
                    problem=row["problem"],
                    parcel_code=row["parcel_code"],
                    tracking_code=row["tracking_code"],
                    words=row["words"],
                    state=row["state"],
                    happened_at_ms=to_ms(row["happened_at"]),
                    collected_vnd=row["collected_vnd"],
                    noted_at_ms=to_ms(row["noted_at"]) or 0,
                )
                for row in rows[:WORK_SHOWN]
            ],
            more=len(rows) > WORK_SHOWN,
        )

    async def settle(self, user: CurrentUser, event_id: UUID, intention: Intention | None) -> CarrierWorkList:
        """Somebody has dealt with it. Raises `CarrierRowNotFound`."""
        async with self._database.pool.acquire() as db, db.transaction():
            if (await claim_intention_raw(db, user.id, intention, event_id)).is_first:
                if await db.fetchval(_SETTLE, user.organisation_id, event_id, utc_now(), user.id) is None:
                    raise CarrierRowNotFound
                await insert_audit(
                    db, organisation_id=user.organisation_id, user_id=user.id, action="carrier_row.settled", subject_id=event_id
                )
        return await self.work_list(user)

    async def _judged(self, user: CurrentUser, mapping_id: UUID, content: bytes) -> tuple[list[str], list[tuple[SaidInRow, RowFate, Said]]]:
        async with self._database.pool.acquire() as db:
            mapping = await self._mappings.read(db, user.organisation_id, mapping_id)
        if not isinstance(mapping.content, TrackingColumns):
            raise CarrierMappingNotFound
        heads, rows = read_report(await self._read(content), mapping.content)
        async with self._database.pool.acquire() as db:
            said = await self._said(db, user, None if mapping.carrier == "other" else mapping.carrier, rows)
            known = {row["digest"] for row in await db.fetch(_KNOWN, user.organisation_id, [each.digest for each in said])}
        judged = []
        for row, each in zip(rows, said, strict=True):
            judged.append((row, _fate(row, each, known), each))
            known.add(each.digest)
        return heads, judged

    @staticmethod
    async def _said(db: RawConnection, user: CurrentUser, carrier: str | None, rows: Sequence[SaidInRow]) -> list[Said]:
        """By our code, else by the carrier's."""
        parcels = await db.fetch(
            _PARCELS, user.organisation_id, [row.parcel_code for row in rows if row.parcel_code],
            [row.tracking_code for row in rows if row.tracking_code],
        )  # fmt: skip
        by_code = {row["code"]: row["id"] for row in parcels}
        by_tracking = {row["tracking_code"]: row["id"] for row in parcels if row["tracking_code"]}
        return [
            Said(
                organisation_id=user.organisation_id,
                source="file",
                parcel_id=by_code.get(row.parcel_code) or by_tracking.get(row.tracking_code),
                parcel_code=row.parcel_code,
                tracking_code=row.tracking_code,
                words=row.words if row.problem != "formula" else f"#{row.line}",
                state=row.state,
                happened_at=row.happened_at,
                collected_vnd=row.collected_vnd,
                carrier=carrier,
                by=user.id,
                problem=row.problem,
            )
            for row in rows
        ]

    async def _read(self, content: bytes) -> list[list[str]]:
        try:
            answer = json.loads(await self._reading.run(content))
        except WorkFailed:
            raise SheetUnreadable(details={"reason": "too_large"}) from None
        if "unreadable" in answer:
            raise SheetUnreadable(details={"reason": answer["unreadable"]})
        rows: list[list[str]] = answer["rows"]
        return rows


def _fate(row: SaidInRow, said: Said, known: set[bytes]) -> RowFate:
    if said.digest in known:
        return "known"
    if row.problem is not None:
        return row.problem
    if said.parcel_id is None:
        return "no_parcel"
    return "no_state" if said.state is None else "news"


def _view(row: SaidInRow, fate: RowFate) -> ReportRow:
    return ReportRow(
        line=row.line,
        fate=fate,
        parcel_code=row.parcel_code,
        tracking_code=row.tracking_code,
        words=row.words,
        state=row.state,
        happened_at_ms=to_ms(row.happened_at),
        collected_vnd=row.collected_vnd,
    )
