"""The organiser's page of complaints about orders and sessions."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.web.page_route import PageRoute
from app.web.rendering import render

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_WORDS = ("complaints.", "host.signed_out", "host.sign_in_again")


@router.get("/organiser/complaints", dependencies=[needs(Action.HANDLE_COMPLAINTS)])
async def complaints(request: Request, user: SignedInUser) -> Response:
    """What waits for an answer in all sessions, the longest waiting first."""
    return render(request, "complaints.html", script="complaints.js", words=_WORDS, user=user, facts={})
