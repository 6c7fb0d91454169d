"""HTTP: signing in and out, and who is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status

from app.accounts.access import SignedInUser, clear_login_cookie, device_of_browser, needs, remember_device, set_login_cookie, token_of
from app.accounts.browsers import browser_in_words
from app.accounts.errors import LoginFailed, SecondFactorNeeded, SecondFactorUnreadable, SecondFactorWrong, TooManyLogins
from app.accounts.permissions import Action
from app.accounts.schemas import LoginRequest, UserView
from app.accounts.service import AccountService
from app.errors import MalformedRequest, NotSignedIn, OriginRefused, Unavailable
from app.infra.body_limits import body_at_most
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["accounts"])


Service = Annotated[AccountService, Depends(provided(AccountService))]
CurrentSettings = Annotated[Settings, Depends(provided(Settings))]


@router.post(
    "/login",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="Sign in as organiser or host",
    openapi_extra=body_at_most(4 * 1024),
    responses=problem_responses(
        LoginFailed,
        SecondFactorNeeded,
        SecondFactorWrong,
        SecondFactorUnreadable,
        OriginRefused,
        MalformedRequest,
        TooManyLogins,
        Unavailable,
    ),
)
async def login(body: LoginRequest, request: Request, response: Response, service: Service, settings: CurrentSettings) -> UserView:
    """Open to everybody. Sets the login cookie for 12 hours under a new token; an older sign-in of this browser ends."""
    address = "unknown" if request.client is None else request.client.host
    signed_in = await service.sign_in(
        body.login,
        body.password.get_secret_value(),
        address=address,
        code=body.code,
        device=device_of_browser(request, settings),
        replaces=token_of(request),
        browser=browser_in_words(request.headers.get("user-agent", "")),
    )
    set_login_cookie(response, signed_in.token, settings)
    remember_device(response, signed_in.device, settings)
    return UserView.model_validate(signed_in.user)


@router.post(
    "/logout",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="Sign out",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(OriginRefused),
)
async def logout(request: Request, response: Response, service: Service, settings: CurrentSettings) -> None:
    """Open to everybody. Ends the sign-in on the server and clears the cookie. Also right when nobody is signed in."""
    token = token_of(request)
    if token is not None:
        await service.sign_out(token)
    clear_login_cookie(response, settings)


@router.get("/me", dependencies=[needs(Action.OWN_ACCOUNT)], summary="The signed-in user", responses=problem_responses(NotSignedIn))
async def me(user: SignedInUser) -> UserView:
    """Anyone signed in."""
    return UserView.model_validate(user)
