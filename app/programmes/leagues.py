"""League tables of a programme: communes, youth-union units, producers, ordered by a figure that is fair to who held few sessions."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from app.accounts.service import CurrentUser
from app.catalog.addresses import book
from app.infra.database import Database
from app.infra.limited_reading import reading_snapshot
from app.programmes import members as queries
from app.programmes.definitions import OF_LEAGUES
from app.programmes.errors import LeagueOrderUnfit
from app.programmes.grouping import Groups
from app.programmes.members import PRODUCER_SALES
from app.programmes.rates import MINIMUM_DENOMINATORS, per_each, percent
from app.programmes.reading import Loaded, load
from app.programmes.schemas import League, LeagueBy, LeagueOrder, LeagueRow
from app.programmes.small_groups import Cell, Part, hidden_cells

_OF_SESSIONS: tuple[LeagueOrder, ...] = (
    *("net_vnd", "net_per_session_vnd", "buyers_per_unique_viewer_percent"),
    *("lost_per_order_placed_percent", "returned_per_order_delivered_percent"),
)
ORDERS: Mapping[LeagueBy, tuple[LeagueOrder, ...]] = {
    "commune": _OF_SESSIONS,
    "unit": _OF_SESSIONS,
    "producer": ("kept_vnd", "lost_per_order_placed_percent", "returned_per_order_delivered_percent"),
}
"""What each table can be ordered by; the first is the usual one."""
_LOWEST_FIRST = {"lost_per_order_placed_percent", "returned_per_order_delivered_percent"}


class Leagues:
    """Reads stored sums; hides what is small as the programme's other tables do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def table(self, user: CurrentUser, programme_id: UUID, by: LeagueBy, order: LeagueOrder | None) -> League:
        """Raises `ProgrammeNotFound`, `LeagueOrderUnfit`, `ReadTookTooLong`."""
        ordered_by = order or ORDERS[by][0]
        if ordered_by not in ORDERS[by]:
            raise LeagueOrderUnfit(details={"orders": list(ORDERS[by])})
        async with reading_snapshot(self._database) as snapshot:
            loaded = await load(snapshot, user, programme_id)
            return await league_of(loaded, by, ordered_by)


async def league_of(loaded: Loaded, by: LeagueBy, ordered_by: LeagueOrder) -> League:
    """Within the snapshot of what is loaded."""
    db = loaded.snapshot.db
    if by == "producer":
        sums = await queries.producer_rows(db, loaded.ids, loaded.period)
        names = await queries.producer_names(db, list({row["producer_id"] for row in sums}))
        rows = await asyncio.to_thread(_producers, loaded, sums, names)
    else:
        rows = _communes_or_units(loaded, by)
    lowest_first = ordered_by in _LOWEST_FIRST
    return League(
        by=by,
        ordered_by=ordered_by,
        lowest_first=lowest_first,
        as_of=loaded.snapshot.as_of,
        rows=ranked(rows, ordered_by, lowest_first=lowest_first),
        hidden_rows=sum(row.is_hidden for row in rows),
        minimum_denominators={name: least for name, least in MINIMUM_DENOMINATORS.items() if name in LeagueRow.model_fields},
        definitions=OF_LEAGUES,
    )


def ranked(rows: Iterable[LeagueRow], ordered_by: LeagueOrder, *, lowest_first: bool) -> tuple[LeagueRow, ...]:
    """Equal figures share a rank and stand by name; what has no figure, and what belongs to no group, stands last without one."""

    def figure(row: LeagueRow) -> float | None:
        found: float | None = None if row.group_id is None else getattr(row, ordered_by)
        return found

    in_order = sorted(rows, key=lambda row: row.name or "")
    with_figure = sorted(
        (row for row in in_order if figure(row) is not None), key=lambda row: (figure(row) or 0) * (1 if lowest_first else -1)
    )
    found: list[LeagueRow] = []
    for place, row in enumerate(with_figure, start=1):
        is_tie = bool(found) and figure(found[-1]) == figure(row)
        found.append(row.model_copy(update={"rank": found[-1].rank if is_tie else place}))
    rest = [row for row in in_order if figure(row) is None]
    return (*found, *(row for row in rest if row.group_id is not None), *(row for row in rest if row.group_id is None))


def _communes_or_units(loaded: Loaded, by: Literal["commune", "unit"]) -> list[LeagueRow]:
    column = "ward_code" if by == "commune" else "unit_id"
    of_group: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for member in loaded.members:
        of_group[member[column]].append(member)
    name_of: Callable[[Any, Mapping[str, Any]], str | None] = (
        (lambda code, _: book.ward_name(code) or str(code)) if by == "commune" else (lambda _, member: member["unit_name"])
    )
    return [
        LeagueRow(
            rank=None,
            group_id=None if name is None else str(name),
            name=None if name is None else name_of(name, members[0]),
            about=None,
            sessions=len(members),
            **_figures(loaded.groups, by, name, members),
        )
        for name, members in of_group.items()
    ]


def _figures(groups: Groups, by: Literal["commune", "unit"], name: object, members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if groups.is_hidden(by, name):
        return {"is_hidden": True}
    group = groups.of(by, name)
    return {
        "is_hidden": False,
        "orders_placed": group.now["orders_placed"],
        "placed_vnd": group.now["placed_vnd"],
        "net_vnd": group.now["net_vnd"],
        "late_change_vnd": group.closed["net_vnd"] - group.closing["net_vnd"] if group.closed_sessions else None,
        "lost_per_order_placed_percent": percent("lost_per_order_placed_percent", group.now["lost_orders"], group.now["orders_placed"]),
        "returned_per_order_delivered_percent": percent(
            "returned_per_order_delivered_percent", group.now["returned_orders"], group.now["delivered_orders"]
        ),
        "net_per_session_vnd": per_each("net_per_session_vnd", group.now["net_vnd"], len(members)),
        "buyers_per_unique_viewer_percent": _buyers_per_viewer(groups, members),
    }


def _buyers_per_viewer(groups: Groups, members: Sequence[Mapping[str, Any]]) -> float | None:
    """Of streams with measured viewers that are shown: a booth's viewers are those of its whole life, its buyers those of the period."""
    measured = [member for member in members if member["kind"] == "stream" and member["unique_viewers"] is not None]
    if any(groups.is_hidden("session", member["id"]) for member in measured):
        # the buyers of a hidden session would follow from this rate and the others' buyers
        return None
    buyers = sum(groups.of("session", member["id"]).now["session_buyers"] for member in measured)
    return percent("buyers_per_unique_viewer_percent", buyers, sum(member["unique_viewers"] for member in measured))


def _producers(loaded: Loaded, sums: Sequence[Mapping[str, Any]], names: Mapping[UUID, Mapping[str, Any]]) -> list[LeagueRow]:
    by_producer: dict[UUID, Counter[str]] = defaultdict(Counter)
    sessions: dict[UUID, set[UUID]] = defaultdict(set)
    closed: set[UUID] = set()
    for row in sums:
        producer = row["producer_id"]
        sessions[producer].add(row["session_id"])
        counted = (*PRODUCER_SALES, "closing_placed_vnd", "closing_kept_vnd", "closed_kept_vnd")
        by_producer[producer].update({name: row[name] for name in counted})
        if loaded.groups.of("session", row["session_id"]).closed_sessions:
            closed.add(producer)
    hidden = _hidden_producers(loaded.groups, sums)
    found = []
    for producer, now in by_producer.items():
        known = names.get(producer)
        of = {
            "group_id": str(producer),
            "name": known["name"] if known else str(producer),
            "about": known["commune_name"] if known else None,
        }
        if producer in hidden:
            found.append(LeagueRow(rank=None, sessions=len(sessions[producer]), is_hidden=True, **of))
            continue
        found.append(
            LeagueRow(
                rank=None,
                sessions=len(sessions[producer]),
                is_hidden=False,
                orders_placed=now["orders_placed"],
                placed_vnd=now["placed_vnd"],
                kept_vnd=now["kept_vnd"],
                late_change_vnd=now["closed_kept_vnd"] - now["closing_kept_vnd"] if producer in closed else None,
                lost_per_order_placed_percent=percent("lost_per_order_placed_percent", now["lost_orders"], now["orders_placed"]),
                returned_per_order_delivered_percent=percent(
                    "returned_per_order_delivered_percent", now["returned_orders"], now["delivered_orders"]
                ),
                **of,
            )
        )
    return found


def _hidden_producers(groups: Groups, sums: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Producers that must not be shown, given the sessions that the programme's other tables show."""
    of_session: dict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for row in sums:
        of_session[row["session_id"]].append(row)
    parts: dict[Hashable, Part] = {}
    cells: dict[Hashable, set[Hashable]] = defaultdict(set)
    fixed: set[Hashable] = set()
    for session_id, rows in of_session.items():
        is_shown = not groups.is_hidden("session", session_id)
        if is_shown and len(rows) == 1:
            # a booth, or a session of one producer: known from the table of sessions, so it covers nothing
            continue
        for row in rows:
            part = (session_id, row["producer_id"])
            parts[part] = Part(row["orders_placed"], None if row["few"] is None else frozenset(row["few"].split()))
            cells["producer", row["producer_id"]].add(part)
            cells["", None].add(part)
            if is_shown:
                cells["shown", session_id].add(part)
                fixed.add(("shown", session_id))
    if ("", None) in cells and not groups.is_hidden("", None):
        fixed.add(("", None))
    whole: dict[Hashable, Cell] = {
        key: Cell("" if key == ("", None) else str(key[0]), frozenset(found)) for key, found in cells.items() if isinstance(key, tuple)
    }
    return {key[1] for key in hidden_cells(parts, whole, fixed=frozenset(fixed)) if isinstance(key, tuple) and key[0] == "producer"}
