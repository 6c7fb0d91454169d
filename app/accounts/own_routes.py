"""HTTP: one's own account. What a found phone or an open browser shall not do by itself asks for the password again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, Request, Response, status

from app.accounts.access import SignedInUser, credential_of, device_of_browser, needs, remember_device, set_login_cookie
from app.accounts.api_tokens import NOT_BY_TOKEN, ApiTokens
from app.accounts.browsers import browser_in_words
from app.accounts.errors import (
    ActionNotYours,
    ApiTokenNotFound,
    IntentionKeyReused,
    InvalidUser,
    PasswordWrong,
    SecondFactorNotBegun,
    SecondFactorOn,
    SecondFactorWrong,
    SignInNotFound,
    TooManyApiTokens,
    TooManyLogins,
)
from app.accounts.intentions import Intended
from app.accounts.own_account import Asking, OwnAccount
from app.accounts.people_schemas import (
    AccountView,
    ApiTokenList,
    ApiTokenView,
    CodeShown,
    EnrolmentView,
    MadeApiToken,
    NewApiToken,
    PasswordAsked,
    PasswordChange,
    SignInView,
)
from app.accounts.permissions import Action
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused, Unavailable
from app.infra.body_limits import body_at_most
from app.infra.problems import problem_responses
from app.infra.provided import provided, provided_by
from app.settings import Settings

router = APIRouter(prefix="/api/v1/account", tags=["accounts"], dependencies=[needs(Action.OWN_ACCOUNT)])

Own = Annotated[OwnAccount, Depends(provided(OwnAccount))]
Tokens = Annotated[ApiTokens, Depends(provided(ApiTokens))]
_CHANGING: tuple[type[AppError], ...] = (NotSignedIn, OriginRefused, MalformedRequest)
_GUESSING: tuple[type[AppError], ...] = (*_CHANGING, PasswordWrong, TooManyLogins, Unavailable)
_SMALL = body_at_most(4 * 1024)


def asking_of(request: Request) -> Asking:
    settings = provided_by(request.app, Settings)
    return Asking(
        digest=credential_of(request),
        address="unknown" if request.client is None else request.client.host,
        device=device_of_browser(request, settings),
        browser=browser_in_words(request.headers.get("user-agent", "")),
    )


FromHere = Annotated[Asking, Depends(asking_of)]


@router.get("", summary="One's own account", responses=problem_responses(NotSignedIn))
async def read_account(user: SignedInUser, asking: FromHere, own: Own) -> AccountView:
    """Anyone signed in."""
    return AccountView(
        sign_ins=[SignInView.model_validate(each) for each in await own.sign_ins(user, asking)],
        has_second_factor=await own.has_second_factor(user),
        token_actions=[action for action in Action if action not in NOT_BY_TOKEN and user.may(action)],
    )


@router.put(
    "/password",
    summary="Change one's password",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=_SMALL,
    responses=problem_responses(*_GUESSING, InvalidUser),
)
async def change_password(
    body: PasswordChange, user: SignedInUser, asking: FromHere, own: Own, request: Request, response: Response
) -> None:
    """Anyone signed in. This browser gets a new sign-in, every other one ends."""
    current, new = body.password.get_secret_value(), body.new_password.get_secret_value()
    signed_in = await own.change_password(user, asking, current=current, new=new)
    settings = provided_by(request.app, Settings)
    set_login_cookie(response, signed_in.token, settings)
    remember_device(response, signed_in.device, settings)


@router.delete(
    "/sign-ins/{sign_in_id}",
    summary="Sign out one browser",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(*_CHANGING, SignInNotFound),
)
async def end_sign_in(sign_in_id: UUID, user: SignedInUser, own: Own) -> None:
    """Anyone signed in, of their own. Its boards close within a second."""
    await own.end_sign_in(user, sign_in_id)


@router.delete(
    "/sign-ins", summary="Sign out all other browsers", status_code=status.HTTP_204_NO_CONTENT, responses=problem_responses(*_CHANGING)
)
async def end_other_sign_ins(user: SignedInUser, asking: FromHere, own: Own) -> None:
    """Anyone signed in."""
    await own.end_others(user, asking)


@router.post(
    "/second-factor",
    summary="Begin to use one-time codes of a phone",
    openapi_extra=_SMALL,
    responses=problem_responses(*_GUESSING, SecondFactorOn),
)
async def begin_second_factor(body: PasswordAsked, user: SignedInUser, asking: FromHere, own: Own, response: Response) -> EnrolmentView:
    """Anyone signed in. Counts once a code was shown; begun again, the secret is another one."""
    enrolment = await own.begin_second_factor(user, asking, body.password.get_secret_value())
    response.headers["cache-control"] = "no-store"
    picture = segno.make(enrolment.uri, error="m", micro=False).svg_data_uri(scale=4, border=2)
    return EnrolmentView(secret=enrolment.secret, uri=enrolment.uri, qr=picture)


@router.post(
    "/second-factor/confirm",
    summary="Ask for codes from now on",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=_SMALL,
    responses=problem_responses(*_CHANGING, SecondFactorNotBegun, SecondFactorOn, SecondFactorWrong, TooManyLogins),
)
async def confirm_second_factor(body: CodeShown, user: SignedInUser, asking: FromHere, own: Own) -> None:
    """Anyone signed in who has begun to."""
    await own.confirm_second_factor(user, asking, body.code)


@router.post(
    "/second-factor/drop",
    summary="Sign in without codes again",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=_SMALL,
    responses=problem_responses(*_GUESSING),
)
async def drop_second_factor(body: PasswordAsked, user: SignedInUser, asking: FromHere, own: Own) -> None:
    """Anyone signed in."""
    await own.drop_second_factor(user, asking, body.password.get_secret_value())


@router.get("/tokens", summary="One's tokens for scripts", responses=problem_responses(NotSignedIn))
async def list_api_tokens(user: SignedInUser, tokens: Tokens) -> ApiTokenList:
    """Anyone signed in."""
    return ApiTokenList(items=[ApiTokenView.model_validate(each) for each in await tokens.list(user)])


@router.post(
    "/tokens",
    summary="Make a token for a script",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=_SMALL,
    responses=problem_responses(*_CHANGING, ActionNotYours, TooManyApiTokens, IntentionKeyReused),
)
async def create_api_token(body: NewApiToken, user: SignedInUser, tokens: Tokens, intention: Intended, response: Response) -> MadeApiToken:
    """Anyone signed in, for actions that they may do themselves. It does less as soon as they may do less."""
    row, token = await tokens.create(user, body.name, body.actions, days=body.days, intention=intention)
    response.headers["cache-control"] = "no-store"
    return MadeApiToken(**ApiTokenView.model_validate(row).model_dump(), token=token)


@router.delete(
    "/tokens/{token_id}",
    summary="End a token",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(*_CHANGING, ApiTokenNotFound),
)
async def revoke_api_token(token_id: UUID, user: SignedInUser, tokens: Tokens) -> None:
    """Anyone signed in, of their own."""
    await tokens.revoke(user, token_id)
