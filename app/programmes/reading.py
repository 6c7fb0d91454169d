"""The door to a programme's figures: totals with both figures, late corrections, weeks and months, and its sessions page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

import structlog

from app.accounts.service import CurrentUser
from app.catalog.addresses import book
from app.infra.clock import utc_now, vietnam_day
from app.infra.cursors import cursor_of, read_cursor
from app.infra.database import Database
from app.infra.limited_reading import Snapshot, reading_snapshot
from app.infra.stores_away import STORE_ERRORS
from app.ledger.kinds import KINDS
from app.programmes import members as queries
from app.programmes.definitions import OF_REPORTS
from app.programmes.grouping import TOTAL, Groups, closing_of, group_sums, sales_of
from app.programmes.members import Period
from app.programmes.programmes import find_programme
from app.programmes.reaching import Reach, Reader, reach_of
from app.programmes.schemas import (
    Audience,
    BothFigures,
    Candidate,
    CandidateList,
    LateCorrection,
    PeriodRow,
    ProgrammeReport,
    ProgrammeView,
    SessionRow,
    SessionRowPage,
)

log = structlog.get_logger(__name__)

SKETCHES_MOST = 1_000
CountTogether: TypeAlias = Callable[[Sequence[bytes]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A programme as one person may read it, at one moment."""

    programme: ProgrammeView
    reach: Reach
    snapshot: Snapshot
    members: Sequence[Mapping[str, Any]]
    groups: Groups

    @property
    def period(self) -> Period:
        return Period(self.programme.first_day, self.programme.last_day)

    @property
    def ids(self) -> list[UUID]:
        return [member["id"] for member in self.members]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a report needs beside the sums. `sketches` None: too many to be counted together."""

    late: Sequence[Mapping[str, Any]]
    measured: Sequence[Mapping[str, Any]]
    sketches: Sequence[bytes | None] | None


class ProgrammeReading:
    """Adds up stored sums; never reads a ledger. Raises `ProgrammeNotFound`, `ProgrammeTooLarge`, and `ReadTookTooLong` when the database
    is too busy."""

    def __init__(self, database: Database, viewers: CountTogether) -> None:
        self._database = database
        self._viewers = viewers

    async def report(self, user: CurrentUser, programme_id: UUID) -> ProgrammeReport:
        async with reading_snapshot(self._database) as snapshot:
            loaded = await load(snapshot, user, programme_id)
            beside = await read_beside(loaded)
        return await self.report_of(loaded, beside)

    async def report_of(self, loaded: Loaded, beside: Beside) -> ProgrammeReport:
        """The report of what was read in one snapshot, which may be over by now."""
        snapshot, late, measured = loaded.snapshot, beside.late, beside.measured
        unique_viewers = None if beside.sketches is None else await self._count_once(beside.sketches)
        behind = [member["summed_at"] for member in loaded.members if not member["is_current"]]
        groups, members = loaded.groups, loaded.members
        total = groups.by_key[TOTAL]
        is_hidden = groups.is_hidden(*TOTAL)
        return ProgrammeReport(
            programme=loaded.programme,
            as_of=snapshot.as_of,
            lag_seconds=snapshot.lag_seconds,
            whole_organisation=loaded.reach.ward_codes is None,
            streams=sum(member["kind"] == "stream" for member in members),
            booths=sum(member["kind"] == "booth" for member in members),
            communes=len({member["ward_code"] for member in members if member["ward_code"] is not None}),
            sessions_behind=len(behind),
            sums_as_of=min((each for each in behind if each is not None), default=None),
            sales=None if is_hidden else sales_of(total.now),
            both=None
            if is_hidden or not total.closed_sessions
            else BothFigures(
                closed_sessions=len(total.closed_sessions), at_closing=closing_of(total.closing), now=closing_of(total.closed)
            ),
            audience=audience_of(measured, unique_viewers),
            late=() if is_hidden else tuple(late_of(row) for row in late),
            months=_periods(loaded, "month"),
            weeks=_periods(loaded, "week"),
            definitions=OF_REPORTS,
        )

    async def candidates(self, user: CurrentUser, programme_id: UUID) -> CandidateList:
        """What can be chosen for it, and what is. Raises as the others do."""
        async with reading_snapshot(self._database) as snapshot:
            programme = await find_programme(snapshot.db, user.organisation_id, programme_id)
            period = Period(programme.first_day, programme.last_day)
            members = await queries.member_rows(snapshot.db, reach_of(user), period, chosen_by=None)
            chosen = await queries.chosen_ids(snapshot.db, programme_id)
        found = tuple(
            Candidate(
                session_id=member["id"],
                commune_name=None if member["ward_code"] is None else book.ward_name(member["ward_code"]),
                is_chosen=member["id"] in chosen,
                **{name: member[name] for name in ("title", "kind", "started_at")},
            )
            for member in members
        )
        return CandidateList(candidates=found, chosen_beside=len(chosen - {each.session_id for each in found}))

    async def _count_once(self, sketches: Sequence[bytes | None]) -> int | None:
        """Devices over sessions, each once; null while Redis is away, or where a sketch was not kept."""
        kept = [sketch for sketch in sketches if sketch is not None]
        if len(kept) < len(sketches):
            return None
        try:
            return await self._viewers(kept) if kept else 0
        except STORE_ERRORS as error:
            log.warning("viewers_not_counted_together", error=repr(error))
            return None

    async def sessions(self, user: CurrentUser, programme_id: UUID, *, cursor: str | None, limit: int) -> SessionRowPage:
        """Its sessions and booths, the newest first. Raises `MalformedRequest` for a cursor that is none of ours, too."""
        after = None if cursor is None else read_cursor(cursor)
        async with reading_snapshot(self._database) as snapshot:
            loaded = await load(snapshot, user, programme_id)
        rest = [member for member in loaded.members if after is None or (member["started_at"], member["id"]) < after]
        page = rest[:limit]
        last = page[-1] if len(rest) > limit else None
        return SessionRowPage(
            as_of=snapshot.as_of,
            sessions=tuple(session_row(member, loaded.groups) for member in page),
            next_cursor=None if last is None else cursor_of(last["started_at"], last["id"]),
        )


async def read_beside(loaded: Loaded) -> Beside:
    """Within the snapshot of what is loaded."""
    db = loaded.snapshot.db
    late = await queries.late_rows(db, loaded.ids, loaded.period)
    measured = measured_within(loaded.members, loaded.period)
    # a thousand sketches are twelve megabytes: beyond it the page would wait for them
    is_many = len(measured) > SKETCHES_MOST
    sketches = None if is_many else await queries.viewer_sketches(db, [member["id"] for member in measured])
    return Beside(late, measured, sketches)


async def load(snapshot: Snapshot, user: Reader, programme_id: UUID) -> Loaded:
    """Raises `ProgrammeNotFound`, also for one of another organisation."""
    programme = await find_programme(snapshot.db, user.organisation_id, programme_id)
    reach, period = reach_of(user), Period(programme.first_day, programme.last_day)
    chosen_by = programme.id if programme.takes == "chosen" else None
    members = await queries.member_rows(snapshot.db, reach, period, chosen_by=chosen_by)
    rows = await queries.sum_rows(snapshot.db, [member["id"] for member in members], period)
    return Loaded(programme, reach, snapshot, members, await asyncio.to_thread(group_sums, members, rows))


def session_row(member: Mapping[str, Any], groups: Groups) -> SessionRow:
    ward_code, session_id = member["ward_code"], member["id"]
    return SessionRow(
        session_id=session_id,
        commune_name=None if ward_code is None else book.ward_name(ward_code),
        sales=groups.sales("session", session_id),
        at_closing=groups.closing("session", session_id),
        **{
            name: member[name]
            for name in (
                *("title", "kind", "state", "started_at", "ended_at", "ward_code", "unit_id", "unit_name", "closed_at"),
                *("views", "unique_viewers", "viewers_peak", "summed_at", "is_current"),
            )
        },
    )


def measured_within(members: Sequence[Mapping[str, Any]], period: Period) -> list[Mapping[str, Any]]:
    """Those whose measured figures are figures of the period."""
    return [member for member in members if member["views"] is not None and _is_whole(member, period)]


def audience_of(measured: Sequence[Mapping[str, Any]], unique_viewers: int | None) -> Audience:
    return Audience(
        measured_sessions=len(measured),
        views=sum(member["views"] for member in measured),
        unique_viewers=unique_viewers if measured else None,
        session_unique_viewers=sum(member["unique_viewers"] for member in measured),
        watch_seconds=sum(member["watch_seconds"] for member in measured),
        comments=sum(member["comments"] for member in measured),
    )


def _is_whole(member: Mapping[str, Any], period: Period) -> bool:
    """A booth's measured figures are those of its whole life: they are the period's only where that lies in it."""
    if member["kind"] == "stream":
        return True
    ended_at = member["ended_at"]
    return vietnam_day(member["started_at"]) >= period.first_day and (
        period.last_day >= vietnam_day(utc_now()) if ended_at is None else vietnam_day(ended_at) <= period.last_day
    )


def late_of(row: Mapping[str, Any]) -> LateCorrection:
    label_vi, label_en = KINDS[row["kind"]].counted
    return LateCorrection(**row, label_vi=label_vi, label_en=label_en)


def _periods(loaded: Loaded, table: Literal["month", "week"]) -> tuple[PeriodRow, ...]:
    groups, period = loaded.groups, loaded.period
    return tuple(
        PeriodRow(
            first_day=max(first, period.first_day),
            last_day=min(_end_of(first, table), period.last_day),
            sessions=len(groups.of(table, first).sessions),
            sales=groups.sales(table, first),
        )
        for first in sorted(groups.names(table))
    )


def _end_of(first: date, table: Literal["month", "week"]) -> date:
    if table == "week":
        return first + timedelta(days=6)
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
