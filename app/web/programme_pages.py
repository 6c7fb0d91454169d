"""The organiser's pages of programmes: all of them, one with its figures, and single sessions side by side."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.infra.provided import provided
from app.programmes.programmes import Programmes
from app.web.page_route import PageRoute
from app.web.pages import Sessions
from app.web.rendering import language_of, render, when_in_words

_WORDS = ("programme.", "report.", "source.", "ladder.", "session.", "booth.title", "host.signed_out", "host.sign_in_again")

Kept = Annotated[Programmes, Depends(provided(Programmes))]

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/organiser/programmes", dependencies=[needs(Action.READ_PROGRAMMES)])
async def programmes(request: Request, user: SignedInUser) -> Response:
    """All programmes of the organisation, and the form for a new one."""
    facts = {"may_keep": user.may(Action.KEEP_PROGRAMMES)}
    return render(request, "programmes.html", script="programmes.js", words=_WORDS, user=user, facts=facts)


@router.get("/organiser/programmes/{programme_id}", dependencies=[needs(Action.READ_PROGRAMMES)])
async def programme(request: Request, programme_id: UUID, user: SignedInUser, kept: Kept) -> Response:
    """One programme: its figures, weeks and months, sessions and league tables."""
    found = await kept.find(user, programme_id)
    facts = {
        "programme_id": str(found.id),
        "name": found.name,
        "may_keep": user.may(Action.KEEP_PROGRAMMES),
        "sees_settlements": user.may_everywhere(Action.SEE_SETTLEMENTS),
    }
    return render(request, "programme.html", script="programme.js", words=_WORDS, user=user, title=found.name, facts=facts)


@router.get("/organiser/compare", dependencies=[needs(Action.OPEN_REPORTS)])
async def compare(
    request: Request, user: SignedInUser, sessions: Sessions, session: Annotated[list[UUID] | None, Query(max_length=50)] = None
) -> Response:
    """Two to eight sessions side by side."""
    language = language_of(request)
    found = [view for view in await sessions.list_for(user) if view.started_at_ms is not None and not view.is_rehearsal]
    facts = {
        "sessions": [{"id": str(view.id), "title": view.title, "when": when_in_words(view.started_at_ms, language)} for view in found],
        "chosen": [str(each) for each in dict.fromkeys(session or [])],
    }
    return render(request, "compare.html", script="compare.js", words=_WORDS, user=user, facts=facts)
