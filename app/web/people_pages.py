"""Pages of people: who works for an organisation, one's own account, and what an invitation's link opens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.accounts.access import SignedInUser, needs
from app.accounts.invitations import Invitations
from app.accounts.people import PeopleService
from app.accounts.permissions import ROLES, Action
from app.catalog.addresses import book
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.provided import provided
from app.web.page_route import PageRoute
from app.web.pages import START_OF_ROLE, Sessions
from app.web.rendering import render

# Nobody keeps a copy, and where the page links to is not told where somebody came from.
_PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow", "referrer-policy": "no-referrer"}
_SIGNED_OUT = ("host.signed_out", "host.sign_in_again")
_OPEN = {"draft", "scheduled", "live", "ended"}

Staff = Annotated[PeopleService, Depends(provided(PeopleService))]
Invited = Annotated[Invitations, Depends(provided(Invitations))]

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/organiser/people", dependencies=[needs(Action.MANAGE_PEOPLE)])
async def people(request: Request, user: SignedInUser, sessions: Sessions, staff: Staff, invitations: Invited) -> Response:
    """Everybody with an account, and the way to invite somebody."""
    grants = [grant for person in await staff.list(user) for grant in person.grants]
    grants += [invitation.grant for invitation in await invitations.list(user)]
    wards = {grant.ward_code for grant in grants if grant.ward_code is not None}
    found = [view for view in await sessions.list_for(user) if view.state in _OPEN]
    facts = {
        "user_id": str(user.id),
        "roles": [role for role in ROLES if role != "producer"],
        "wards": {ward_code: book.ward_name(ward_code) for ward_code in sorted(wards)},
        "sessions": [{"id": str(view.id), "title": view.title} for view in found],
    }
    return render(
        request, "people.html", script="people.js", words=("people.", "form.nothing_found", "goods.", *_SIGNED_OUT), user=user, facts=facts
    )


@router.get("/account", dependencies=[needs(Action.OWN_ACCOUNT)])
async def account(request: Request, user: SignedInUser) -> Response:
    """Password, sign-ins, one-time codes and tokens of whoever is signed in."""
    return render(request, "account.html", script="account.js", words=("account.", "people.", *_SIGNED_OUT), user=user, facts={})


@router.get("/invitation", dependencies=[OPEN_TO_EVERYBODY])
async def invitation(request: Request) -> Response:
    """An invitation. What proves the right to take it up stands behind the `#`, where only the page's script reads it."""
    facts = {"starts": START_OF_ROLE}
    page = render(request, "invitation.html", script="invitation.js", words=("invitation.", "people.", "login."), facts=facts)
    page.headers.update(_PRIVATE)
    return page
