"""The page of money by bank: what needs a person, and for organisers the accounts that buyers transfer to."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.web.page_route import PageRoute
from app.web.rendering import render

_WORDS = ("payments.", "desk.matter", "desk.settle", "host.signed_out", "host.sign_in_again")

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/organiser/payments", dependencies=[needs(Action.BOOK_PAYMENTS)])
async def payments(request: Request, user: SignedInUser) -> Response:
    """Money that came in, and where it comes to."""
    facts = {"may_set": user.may(Action.SET_BANK_ACCOUNTS)}
    return render(request, "payments.html", script="payments.js", words=_WORDS, user=user, facts=facts)
