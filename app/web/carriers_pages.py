"""The page of carriers: files, reports, columns and connections."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.web.page_route import PageRoute
from app.web.rendering import render

_WORDS = (
    "carriers.",
    "payments.sheet_",
    "payments.choose_file",
    "payments.reading_file",
    "payments.feed_",
    "host.signed_out",
    "host.sign_in_again",
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/organiser/carriers", dependencies=[needs(Action.SEND_PARCELS)])
async def carriers(request: Request, user: SignedInUser) -> Response:
    """What goes to carriers, and what they report."""
    facts = {"may_set": user.may(Action.SET_CARRIERS), "may_print": user.may(Action.PRINT_RECEIVERS)}
    return render(request, "carriers.html", script="carriers.js", words=_WORDS, user=user, facts=facts)
