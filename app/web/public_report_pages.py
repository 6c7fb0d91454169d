"""The public page of one closed report: there as long as its organisation wishes it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.exports.publishing import Publishing
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.provided import provided
from app.web.page_route import PageRoute
from app.web.rendering import render

router = APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=[OPEN_TO_EVERYBODY])

_WORDS = ("public.", "report.", "source.", "ladder.", "desk.reason_")


@router.get("/r/{session_id}")
async def public_report(request: Request, session_id: UUID, shown: Annotated[Publishing, Depends(provided(Publishing))]) -> Response:
    """Figures, statement, and the check on the reader's own machine."""
    title, organisation = await shown.named(session_id)
    facts = {"session_id": str(session_id), "title": title}
    return render(
        request, "public_report.html", script="public_report.js", words=_WORDS, title=title, organisation=organisation, facts=facts
    )
