"""A planned session as a calendar file (RFC 5545), so that a phone reminds its owner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.infra.clock import utc_now
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.provided import provided
from app.sessions.errors import SessionNotFound
from app.sessions.lookup import SessionLookup
from app.web.page_route import PageRoute
from app.web.sharing import share_card

router = APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=[OPEN_TO_EVERYBODY])

# Nobody plans an end; the reminder is what matters.
_LASTS = timedelta(hours=2)
_LINE_OCTETS = 75


@router.get("/s/{session_id}/calendar.ics")
async def calendar(request: Request, session_id: UUID, sessions: Annotated[SessionLookup, Depends(provided(SessionLookup))]) -> Response:
    """One event. There is none for a draft or a session without a planned time."""
    facts = await sessions.facts(session_id)
    start = facts.record.planned_start_at
    if start is None or facts.record.state == "draft":
        raise SessionNotFound
    card = share_card(request, facts)
    text = calendar_event(session_id, start=start, title=facts.record.title, words=card.words, address=f"{card.site}/s/{session_id}")
    headers = {"content-disposition": f'attachment; filename="ocop-{session_id}.ics"', "cache-control": "no-cache"}
    return Response(text.encode(), media_type="text/calendar; charset=utf-8", headers=headers)


def calendar_event(session_id: UUID, *, start: datetime, title: str, words: str, address: str) -> str:
    """The whole file. Times are UTC, so that no time zone has to be described; an event that is fetched again replaces itself by its UID."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//OCOP Live//Sessions//VI",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{session_id}@ocop-live",
        f"DTSTAMP:{_utc(utc_now())}",
        f"DTSTART:{_utc(start)}",
        f"DTEND:{_utc(start + _LASTS)}",
        f"SUMMARY:{_escaped(title)}",
        f"DESCRIPTION:{_escaped(words)}",
        f"URL:{address}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(plain.splitlines())


def _folded(line: str) -> str:
    """No line is longer than 75 octets, and no letter is torn apart; what goes on begins with a space."""
    parts, size = [""], 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > _LINE_OCTETS:
            parts.append(" ")
            size = 1
        parts[-1] += letter
        size += octets
    return "\r\n".join(parts)
