"""When each product was shown in a session, for its recording: pins and open flash offers, as JSON and as WebVTT chapters.

Times are those of the recording: it began `recording_lead_seconds` before the session (`recording.py`), or after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from app.errors import MalformedRequest
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.sessions.errors import SessionNotFound

Shown = Literal["pin", "offer"]
_MOST = 1_000
_SESSION = """
SELECT id, organisation_id, started_at, ended_at, recording_lead_seconds FROM sessions WHERE id = $1 AND state <> 'draft' AND kind = 'stream'
"""
# A pin without a product takes the one before away.
_PINS = """
SELECT a.happened_at AS begins, (a.details ->> 'product_id')::uuid AS product_id
FROM audit_entries a
WHERE a.organisation_id = $1 AND a.action = 'session.pinned' AND a.subject_id = $2::text
ORDER BY a.id LIMIT $3
"""
_OFFERS = """
SELECT f.starts_at AS begins, f.ends_at AS ends, f.product_id FROM offers f
WHERE f.session_id = $1 AND f.state <> 'scheduled' AND f.starts_at IS NOT NULL ORDER BY f.starts_at, f.id LIMIT $2
"""
_PRODUCTS = """
SELECT p.id, p.name, p.producer_id, m.name AS producer_name,
  EXISTS (SELECT FROM sessions b WHERE b.producer_id = p.producer_id AND b.kind = 'booth' AND b.state = 'live') AS has_booth
FROM products p JOIN producers m ON m.id = p.producer_id
WHERE p.id = ANY($2::uuid[]) OR p.id IN (SELECT product_id FROM session_products WHERE session_id = $1)
ORDER BY p.name, p.id
"""


class Moment(BaseModel):
    """A stretch in which a product was shown, in milliseconds of the recording."""

    kind: Shown
    product_id: UUID
    product_name: str
    start_ms: int = Field(ge=0)
    end_ms: int = Field(description="later than start_ms")


class OpenBooth(BaseModel):
    """Where products of the session can be bought now: the page `/b/{producer_id}`."""

    producer_id: UUID
    producer_name: str


class Moments(BaseModel):
    """Moments by their start, and the open booths of the session's producers."""

    lead_seconds: int = Field(description="the recording began so long before the session, below zero: after it; the moments count that in")
    moments: list[Moment]
    booths: list[OpenBooth]


router = APIRouter(prefix="/api/v1/sessions/{session_id}", tags=["sessions"])


class VttResponse(Response):
    media_type = "text/vtt; charset=utf-8"


Stores = Annotated[Database, Depends(provided(Database))]


@router.get(
    "/moments.json",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="When each product was shown",
    description="Open to everybody, for streams that are no drafts; before the start there are no moments.",
    responses=problem_responses(SessionNotFound, MalformedRequest),
)
async def read_moments(session_id: UUID, database: Stores) -> Moments:
    return await _moments(database, session_id)


@router.get(
    "/moments.vtt",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="The same as chapters of a recording",
    description="Open to everybody. WebVTT, one cue per moment.",
    response_model=None,
    response_class=VttResponse,
    responses=problem_responses(SessionNotFound, MalformedRequest),
)
async def read_chapters(session_id: UUID, database: Stores) -> VttResponse:
    return VttResponse(web_vtt((await _moments(database, session_id)).moments))


def web_vtt(moments: Iterable[Moment]) -> str:
    """WebVTT. A name cannot end its cue nor look like a time line."""
    cues = [
        f"{number}\n{_time(each.start_ms)} --> {_time(each.end_ms)}\n{_cue(each.product_name)}\n" for number, each in enumerate(moments, 1)
    ]
    return "\n".join(["WEBVTT\n", *cues])


async def _moments(database: Database, session_id: UUID) -> Moments:
    async with database.pool.acquire() as db:
        session = await db.fetchrow(_SESSION, session_id)
        if session is None:
            raise SessionNotFound
        pins = await db.fetch(_PINS, session["organisation_id"], str(session_id), _MOST)
        offers = await db.fetch(_OFFERS, session_id, _MOST)
        asked = [row["product_id"] for row in (*pins, *offers) if row["product_id"]]
        products = {row["id"]: row for row in await db.fetch(_PRODUCTS, session_id, asked)}
    booths = {
        row["producer_id"]: OpenBooth(producer_id=row["producer_id"], producer_name=row["producer_name"])
        for row in products.values()
        if row["has_booth"]
    }
    began, lead_seconds = session["started_at"], session["recording_lead_seconds"]
    if began is None:
        return Moments(lead_seconds=lead_seconds, moments=[], booths=list(booths.values()))
    # What was shown before the recording began is not on it.
    recorded = began - timedelta(seconds=lead_seconds)
    over = session["ended_at"] or utc_now()
    shown: list[tuple[Shown, UUID | None, datetime, datetime]] = [
        *(("pin", row["product_id"], row["begins"], ends) for row, ends in zip(pins, _next_times(pins, over), strict=True)),
        *(("offer", row["product_id"], row["begins"], row["ends"]) for row in offers),
    ]
    found = [
        Moment(kind=kind, product_id=product_id, product_name=products[product_id]["name"], start_ms=start_ms, end_ms=end_ms)
        for kind, product_id, begins, ends in shown
        if product_id in products
        and (start_ms := _since(recorded, max(begins, began, recorded))) < (end_ms := _since(recorded, min(ends, over)))
    ]
    return Moments(
        lead_seconds=lead_seconds, moments=sorted(found, key=lambda each: (each.start_ms, each.kind)), booths=list(booths.values())
    )


def _next_times(pins: Sequence[asyncpg.Record], over: datetime) -> list[datetime]:
    return [*(row["begins"] for row in pins[1:]), over] if pins else []


def _since(began: datetime, moment: datetime) -> int:
    return int((moment - began).total_seconds() * 1000)


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _cue(words: str) -> str:
    return " ".join(words.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
