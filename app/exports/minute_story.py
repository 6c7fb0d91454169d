"""The minute story: what was shown and what came of it, minute by minute, without personal data and without counts that point at a buyer.

The rule: what was ordered in a minute is said only when nobody or at least `BUYERS_LEAST` buyers ordered in it. When too few minutes would be
hidden to keep their sum from saying the same, the smallest of the others are hidden with them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.exports.columns import figure, text, time
from app.exports.definitions import dictionary
from app.exports.json_text import FORMAT, moment
from app.exports.tables import Cell, Column, Document, Row, Table, Words, at_once
from app.infra.clock import VIETNAM_TIME, to_ms
from app.infra.database import Database
from app.reports.csv_export import safe_cell
from app.reports.schemas import Marker, Report
from app.reports.service import ReportService

BUYERS_LEAST: Final = 5
_MEASURED: Final = ("viewers_peak", "viewers_average", "views", "likes", "comments")
_SALES: Final = ("orders_placed", "units_placed", "revenue_placed_vnd")

_BUYERS = """
SELECT floor(extract(epoch FROM e.happened_at) / 60 / $2)::bigint AS minute, count(DISTINCT o.phone_digest) AS buyers
FROM ledger_entries e JOIN orders o ON o.id = e.order_id
WHERE e.session_id = $1 AND e.kind = 'placed' AND e.seq <= $3 GROUP BY 1
"""
RULE: Final[Words] = (
    f"Đơn, số phần và tiền của một phút chỉ được nêu khi phút ấy không có ai hoặc có ít nhất {BUYERS_LEAST} người mua; phút bị ẩn để trống "
    "và có is_hidden.",
    f"Orders, units and value of a minute are said only when nobody or at least {BUYERS_LEAST} buyers ordered in it; hidden ones are empty "
    "and marked is_hidden.",
)


@dataclass(frozen=True, slots=True)
class Story:
    """Both forms of the same rows, with a tag over both."""

    json: bytes
    csv: bytes
    tag: str
    name: str


async def story_of(database: Database, reports: ReportService, session_id: UUID, licence: str) -> Story:
    """Read and write it. Raises `SessionNotFound`, `ReportBeingPrepared`."""
    report = await reports.whole(session_id)
    async with database.reading.acquire() as db:
        rows = await db.fetch(_BUYERS, session_id, report.step_minutes, report.reconciliation.ledger_last_seq)
    buyers = {row["minute"]: row["buyers"] for row in rows}
    return written(report, buyers, licence)


def written(report: Report, buyers: Mapping[int, int], licence: str) -> Story:
    """`buyers`: how many ordered, by minutes since 1970 divided by the report's step."""
    rows = story_rows(report, buyers)
    day = (report.started_at or report.as_of).astimezone(VIETNAM_TIME).strftime("%Y-%m-%d")
    document = Document(
        title=report.title,
        organisation=report.organisation_name,
        as_of=report.as_of,
        licence=licence,
        file_stem=f"minutes-{day}-{str(report.session_id)[:8]}",
        tables=(Table(name="minutes", title=("Từng phút", "Minutes"), about=RULE, columns=COLUMNS, rows=at_once(rows)),),
    )
    table = _csv(rows)
    # the moment of reading is no news: figures that stay the same keep their tag
    tag = hashlib.sha256(f"{licence}\n{report.title}\n{report.figures_are}\n".encode() + table).hexdigest()[:24]
    return Story(_json(document, report, rows), table, tag, document.file_stem)


def hidden_minutes(buyers: Mapping[int, int]) -> set[int]:
    """Which minutes are not told: those of few buyers, and with them as many of the smallest others as it takes."""
    told = sorted((count, minute) for minute, count in buyers.items() if count >= BUYERS_LEAST)
    hidden = {minute for minute, count in buyers.items() if 0 < count < BUYERS_LEAST}
    sum_of_hidden = sum(buyers[minute] for minute in hidden)
    while hidden and told and (len(hidden) < 2 or sum_of_hidden < BUYERS_LEAST):
        count, minute = told.pop(0)
        hidden.add(minute)
        sum_of_hidden += count
    return hidden


def story_rows(report: Report, buyers: Mapping[int, int]) -> list[Row]:
    hidden = hidden_minutes(buyers)
    step = timedelta(minutes=report.step_minutes)
    rows: list[Row] = []
    for minute in report.minutes:
        number = (to_ms(minute.minute_at) or 0) // 60_000 // report.step_minutes
        is_hidden = number in hidden
        sales: list[Cell] = [None if is_hidden else getattr(minute, name) for name in _SALES]
        pinned, opened = _shown(report.markers, minute.minute_at + step)
        rows.append(
            (minute.minute_at, pinned, "; ".join(opened) or None, *(getattr(minute, name) for name in _MEASURED), *sales, is_hidden or None)
        )
    return rows


def _shown(markers: Sequence[Marker], until: datetime) -> tuple[str | None, list[str]]:
    """What was pinned last and which offers were open just before a moment."""
    pinned: str | None = None
    opened: dict[UUID, str] = {}
    for marker in markers:
        if marker.at >= until:
            break
        if marker.kind == "product.pinned":
            pinned = marker.product_name
        elif marker.kind == "offer.opened" and marker.offer_id is not None:
            opened[marker.offer_id] = f"{marker.product_name} ({marker.flash_price_vnd} VND)"
        elif marker.kind == "offer.ended" and marker.offer_id is not None:
            opened.pop(marker.offer_id, None)
    return pinned, list(opened.values())


COLUMNS: Final[tuple[Column, ...]] = (
    time("minute_at", ("Phút", "Minute"), ("Lúc phút này bắt đầu, UTC.", "When this minute begins, UTC."), source="measured"),
    text("pinned", ("Đang ghim", "Pinned"), ("Sản phẩm được ghim sau cùng cho tới hết phút.", "Product pinned last until its end.")),
    text(
        "offers_open", ("Ưu đãi đang mở", "Offers open"), ("Ưu đãi mở lúc hết phút, kèm giá.", "Offers open at its end, with their prices.")
    ),
    *map(figure, (*_MEASURED, *_SALES)),
    Column(
        key="is_hidden",
        label=("Bị ẩn", "Hidden"),
        kind="yes",
        definition=("Ẩn vì quá ít người mua.", "Sales are hidden: too few buyers."),
        source="derived",
    ),
)


def _json(document: Document, report: Report, rows: Sequence[Row]) -> bytes:
    keys = [column.key for column in COLUMNS]
    about = {
        "format": FORMAT,
        "title": document.title,
        "organisation": document.organisation,
        "session_id": str(report.session_id),
        "started_at": None if report.started_at is None else moment(report.started_at),
        "ended_at": None if report.ended_at is None else moment(report.ended_at),
        "as_of": moment(document.as_of),
        "figures_are": report.figures_are,
        "step_minutes": report.step_minutes,
        "licence": document.licence,
        "hiding_rule_vi": RULE[0],
        "hiding_rule_en": RULE[1],
        "dictionary": dictionary(document),
        "minutes": [dict(zip(keys, map(_plain, row), strict=True)) for row in rows],
    }
    return json.dumps(about, ensure_ascii=False).encode()


def _csv(rows: Sequence[Row]) -> bytes:
    """For programs: keys as heads, commas, points, times in UTC; nothing that a spreadsheet would run."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.key for column in COLUMNS])
    writer.writerows([safe_cell(cell) if isinstance(cell, str) else _plain(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def _plain(cell: Cell) -> object:
    return moment(cell) if isinstance(cell, datetime) else cell
