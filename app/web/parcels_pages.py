"""The page of parcels: what waits, what is made, packed and gone, papers, and packing by scanning."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.web.page_route import PageRoute
from app.web.rendering import render

_WORDS = ("parcels.", "host.signed_out", "host.sign_in_again")

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/organiser/parcels", dependencies=[needs(Action.PACK_PARCELS)])
async def parcels(request: Request, user: SignedInUser) -> Response:
    """Parcels, from confirmed orders to the carrier."""
    facts = {
        "may_make": user.may(Action.MAKE_PARCELS),
        "may_print": user.may(Action.PRINT_RECEIVERS),
        "may_set": user.may(Action.SET_RULES),
        "may_send": user.may(Action.SEND_PARCELS),
    }
    page = render(request, "parcels.html", script="parcels.js", words=_WORDS, user=user, facts=facts)
    # A phone reads codes with its camera, on this page alone.
    page.headers["permissions-policy"] = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"
    return page
