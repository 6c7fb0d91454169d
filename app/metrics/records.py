"""Statistics in PostgreSQL: the checkpoint of a running session, and its final figures after the end."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Text, cast, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.infra.clock import from_ms, to_ms
from app.metrics.figures import OutsideFigure, Sketches, Snapshot
from app.metrics.models import SessionMinute, SessionTotals

RecordState = Literal["live", "final"]
_KEPT_AS_THEY_ARE = (
    *("viewers_now", "measured", "ledger", "ledger_seq", "unique_viewers", "commenters", "buyers", "taken", "flushes"),
    *("restores", "lost_ms_at_most"),
)
# Records of before say nothing of these.
_KEPT_SINCE_LATER = ("product_openers", "basket_holders")

# Most minutes of a checkpoint are old and unchanged: those are not written again.
_WRITE_MINUTES = text(
    "INSERT INTO session_minutes (session_id, minute_at, figures) "
    "SELECT :session_id, minute_at, CAST(figures AS jsonb) "
    "FROM unnest(CAST(:minutes AS timestamptz[]), CAST(:figures AS text[])) AS given (minute_at, figures) "
    "ON CONFLICT (session_id, minute_at) DO UPDATE SET figures = EXCLUDED.figures "
    "WHERE session_minutes.figures IS DISTINCT FROM EXCLUDED.figures"
)


@dataclass(frozen=True, slots=True)
class Record:
    """What PostgreSQL keeps of a session's statistics."""

    state: RecordState
    snapshot: Snapshot
    sketches: Sketches


async def write_record(db: AsyncSession, session_id: UUID, record: Record) -> bool:
    """Write totals and minutes; repeating it changes nothing.

    False, and nothing written, when a newer record or a final one (for a live record) is there already.
    """
    statement = insert(SessionTotals).values(session_id=session_id, **_columns(record))
    new = statement.excluded
    written = await db.execute(
        statement.on_conflict_do_update(
            index_elements=[SessionTotals.session_id],
            set_={"figures": new.figures, "products": new.products, "outside": new.outside, "as_of": new.as_of},
            where=(SessionTotals.as_of <= new.as_of)
            & or_(
                func.jsonb_extract_path_text(SessionTotals.figures, cast("state", Text)) == "live",
                func.jsonb_extract_path_text(new.figures, cast("state", Text)) == "final",
            ),
        ).returning(SessionTotals.session_id)
    )
    if written.one_or_none() is None:
        return False
    minutes = sorted(record.snapshot.minutes.items())
    await db.execute(
        _WRITE_MINUTES,
        {
            "session_id": session_id,
            "minutes": [from_ms(minute * 60_000) for minute, _ in minutes],
            "figures": [json.dumps(figures) for _, figures in minutes],
        },
    )
    return True


async def read_record(db: AsyncSession, session_id: UUID) -> Record | None:
    """The stored statistics of a session; None when it never had a checkpoint."""
    row = await db.get(SessionTotals, session_id)
    if row is None:
        return None
    minutes = await db.scalars(select(SessionMinute).where(SessionMinute.session_id == session_id))
    return _record(row, {(to_ms(minute.minute_at) or 0) // 60_000: minute.figures for minute in minutes})


def _columns(record: Record) -> dict[str, Any]:
    snapshot = record.snapshot
    figures: dict[str, Any] = {name: getattr(snapshot, name) for name in (*_KEPT_AS_THEY_ARE, *_KEPT_SINCE_LATER)}
    sketches = {name: base64.b64encode(value).decode() for name, value in asdict(record.sketches).items() if value is not None}
    return {
        "figures": {"state": record.state, **figures, "sketches": sketches},
        "products": snapshot.products,
        "outside": {source: asdict(figure) for source, figure in snapshot.outside.items()},
        "as_of": snapshot.as_of,
    }


def _record(row: SessionTotals, minutes: Mapping[int, Mapping[str, int]]) -> Record:
    sketches = {name: base64.b64decode(value) for name, value in row.figures["sketches"].items()}
    return Record(
        state=row.figures["state"],
        snapshot=Snapshot(
            as_of=row.as_of,
            is_open=True,
            minutes=minutes,
            products=row.products,
            outside={source: OutsideFigure(**figure) for source, figure in row.outside.items()},
            **{name: row.figures[name] for name in _KEPT_AS_THEY_ARE},
            **{name: row.figures.get(name, 0) for name in _KEPT_SINCE_LATER},
        ),
        sketches=Sketches(**{each.name: sketches.get(each.name) for each in fields(Sketches)}),
    )
