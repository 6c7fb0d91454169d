"""Two to eight sessions side by side: the same definitions for all, each as of its own moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.accounts.permissions import Action, Place
from app.accounts.service import CurrentUser
from app.catalog.addresses import book
from app.infra.database import Database
from app.infra.limited_reading import reading_snapshot
from app.programmes import members as queries
from app.programmes.definitions import OF_COMPARISONS
from app.programmes.errors import ComparisonUnfit
from app.programmes.grouping import Group, closing_of, sales_of
from app.programmes.members import Period
from app.programmes.rates import per_each, percent
from app.programmes.reading import late_of
from app.programmes.schemas import ComparedSession, Comparison
from app.sessions.errors import SessionNotFound

FEWEST, MOST = 2, 8
_WHOLE_LIFE = Period(date.min, date.max)
_AS_THEY_ARE = (
    *("title", "kind", "state", "started_at", "ended_at", "unit_name", "summed_at", "is_current", "closed_at"),
    *("views", "unique_viewers", "viewers_peak", "watch_seconds", "comments"),
)
_PLACES = "SELECT id, host_id, ward_code FROM sessions WHERE id = ANY($1::uuid[]) AND organisation_id = $2"


class Comparing:
    """Reads stored sums. Whoever compares may read the report of each session, so nothing is hidden."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def compare(self, user: CurrentUser, session_ids: Sequence[UUID]) -> Comparison:
        """In the order in which they were named. Raises `ComparisonUnfit`, `SessionNotFound` where one is out of reach, `ReadTookTooLong`."""
        wanted = list(dict.fromkeys(session_ids))
        if not FEWEST <= len(wanted) <= MOST:
            raise ComparisonUnfit(details={"fewest": FEWEST, "most": MOST})
        async with reading_snapshot(self._database) as snapshot:
            places = {row["id"]: Place(*row) for row in await snapshot.db.fetch(_PLACES, wanted, user.organisation_id)}
            for session_id in wanted:
                if session_id not in places or not user.may_at(Action.READ_REPORTS, places[session_id]):
                    raise SessionNotFound(details={"session_id": str(session_id)})
            members = {row["id"]: row for row in await queries.session_rows(snapshot.db, user.organisation_id, wanted)}
            if unfit := [str(each) for each in wanted if each not in members]:
                raise ComparisonUnfit(details={"session_ids": unfit})
            groups: dict[UUID, Group] = defaultdict(Group)
            for row in await queries.sum_rows(snapshot.db, wanted, _WHOLE_LIFE):
                groups[row["session_id"]].add(row)
            late: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
            for entry in await queries.late_rows_of_each(snapshot.db, wanted):
                late[entry.pop("session_id")].append(entry)
        return Comparison(
            as_of=snapshot.as_of,
            lag_seconds=snapshot.lag_seconds,
            sessions=tuple(_compared(members[each], groups[each], late[each]) for each in wanted),
            definitions=OF_COMPARISONS,
        )


def _compared(member: Mapping[str, Any], group: Group, late: Sequence[Mapping[str, Any]]) -> ComparedSession:
    sales = sales_of(group.now)
    ended_at, ward_code = member["ended_at"], member["ward_code"]
    return ComparedSession(
        session_id=member["id"],
        commune_name=None if ward_code is None else book.ward_name(ward_code),
        sales=sales,
        at_closing=closing_of(group.closing) if group.closed_sessions else None,
        late=tuple(late_of(row) for row in late),
        duration_seconds=None if ended_at is None else max(0, int((ended_at - member["started_at"]).total_seconds())),
        lost_per_order_placed_percent=percent("lost_per_order_placed_percent", sales.lost_orders, sales.orders_placed),
        returned_per_order_delivered_percent=percent("returned_per_order_delivered_percent", sales.returned_orders, sales.delivered_orders),
        buyers_per_unique_viewer_percent=percent("buyers_per_unique_viewer_percent", sales.session_buyers, member["unique_viewers"] or 0),
        placed_per_1000_views_vnd=per_each("placed_per_1000_views_vnd", sales.placed_vnd, member["views"] or 0, times=1000),
        **{name: member[name] for name in _AS_THEY_ARE},
    )
