"""HTTP for whoever holds an invitation's link. Its secret travels in bodies, so that no address and no log holds it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status

from app.accounts.access import device_of_browser, remember_device, set_login_cookie, token_of
from app.accounts.browsers import browser_in_words
from app.accounts.errors import InvalidUser, InvitationInvalid, InvitationUsed, LoginTaken, TooManyLogins
from app.accounts.invitations import Invitations
from app.accounts.people_schemas import AcceptedInvitation, InvitationToken, InvitedToView
from app.accounts.routes import CurrentSettings, Service
from app.accounts.schemas import UserView
from app.errors import MalformedRequest, OriginRefused, Unavailable
from app.infra.body_limits import body_at_most
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1/invitation", tags=["people"], dependencies=[OPEN_TO_EVERYBODY])

Inviting = Annotated[Invitations, Depends(provided(Invitations))]
_REFUSALS = (OriginRefused, InvitationInvalid, InvitationUsed, MalformedRequest)


@router.post("/look", summary="What an invitation is for", openapi_extra=body_at_most(4 * 1024), responses=problem_responses(*_REFUSALS))
async def look(body: InvitationToken, invitations: Inviting) -> InvitedToView:
    """Open to everybody who has the link. Changes nothing; a POST so that the secret stands in no address."""
    return InvitedToView.model_validate(await invitations.look(body.token))


@router.post(
    "/accept",
    summary="Take up an invitation",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=body_at_most(4 * 1024),
    responses=problem_responses(*_REFUSALS, InvalidUser, LoginTaken, TooManyLogins, Unavailable),
)
async def accept(
    body: AcceptedInvitation, request: Request, response: Response, invitations: Inviting, service: Service, settings: CurrentSettings
) -> UserView:
    """Open to everybody who has the link, once. Makes the account and signs this browser in."""
    password = body.password.get_secret_value()
    user = await invitations.accept(body.token, login=body.login, display_name=body.display_name, password=password)
    signed_in = await service.sign_in(
        user.login,
        password,
        address="unknown" if request.client is None else request.client.host,
        device=device_of_browser(request, settings),
        replaces=token_of(request),
        browser=browser_in_words(request.headers.get("user-agent", "")),
    )
    set_login_cookie(response, signed_in.token, settings)
    remember_device(response, signed_in.device, settings)
    return UserView.model_validate(signed_in.user)
