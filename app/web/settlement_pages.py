"""The page of settlements: how things stand with producers, what is open, agreed, paid."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.web.page_route import PageRoute
from app.web.rendering import render

_WORDS = ("settlement.", "host.signed_out", "host.sign_in_again", "desk.state_")

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/organiser/settlements", dependencies=[needs(Action.SEE_SETTLEMENTS)])
async def settlements(request: Request, user: SignedInUser) -> Response:
    """What producers get; each producer sees their own."""
    facts = {"may_settle": user.may(Action.SETTLE)}
    return render(request, "settlements.html", script="settlements.js", words=_WORDS, user=user, facts=facts)
